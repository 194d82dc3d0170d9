// The package's worker, to which the token endpoint answers at once, as page.js has it in the page.
const tokens = { access_token: "AT", token_type: "Bearer", expires_in: 5400, refresh_token: "RT" };
globalThis.fetch = async () => Response.json(tokens);
importScripts("/package/worker-script.js");
