// What survives the trip to the login page: public values only, in this tab. Works without storage, too.

const PREFIX = "procore-spa-auth-demo:";

export function recall(name) {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + name) ?? "null");
  } catch {
    return null;
  }
}

export function remember(name, value) {
  try {
    if (value === null) sessionStorage.removeItem(PREFIX + name);
    else sessionStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Blocked or full. The SDK reports that itself, as `storage_unavailable`, when it matters.
  }
}
