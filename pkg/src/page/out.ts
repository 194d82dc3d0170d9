/** In the storage of a tab whose user has signed out: its pages do not go to the login page by themselves. */
export const OUT = "procore-spa-auth.out";
