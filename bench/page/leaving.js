/** Where `begin` would take this page, which stays. */
export const leaving = (begin) =>
  new Promise((resolve, reject) => {
    const stay = (event) => {
      event.preventDefault();
      resolve(event.destination.url);
    };
    navigation.addEventListener("navigate", stay, { once: true });
    begin().catch(reject);
  });
