// A script that comes after the app's own, as analytics does: what does it get to see of the URL?

addEventListener("DOMContentLoaded", () => (globalThis.seenByBystander = location.href));
