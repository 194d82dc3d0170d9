/** Everybody who can sign in, and what the API knows. Invented, like the companies. */

export const USERS = [
  { id: 1001, email: "pat@example.com", name: "Pat Rivera", password: "sandbox-demo" },
  { id: 1002, email: "kim@example.com", name: "Kim Okafor", password: "sandbox-demo" },
];

/** The first id needs more than 32 bits, as ids at Procore may. */
export const COMPANIES = [
  { id: 8589934593, name: "Northwind Builders", is_active: true },
  { id: 4268, name: "Harbor Civil", is_active: true },
];

export const PROJECTS = [
  { id: 31, company: 8589934593, name: "Library extension" },
  { id: 32, company: 8589934593, name: "Rail station roof" },
  { id: 41, company: 4268, name: "Quay wall 7" },
];

export const userById = (id) => USERS.find((user) => String(user.id) === String(id));

export const userByLogin = (email, password) =>
  USERS.find((user) => user.email === email?.trim().toLowerCase() && user.password === password);
