// People paste more than a client ID: a line of a .env file, the portal's JSON, a whole query string. What was pasted is
// given to the SDK as what it says it is, so that the SDK, and not this page, refuses a secret in it.

/** Public credentials as the text of the client ID field says them; `plain` if it is nothing but an ID. */
export function readClientId(text) {
  const trimmed = text.trim();
  const parsed = readJsonObject(trimmed) ?? readAssignments(trimmed);
  if (!parsed) return { plain: true, fields: { clientId: trimmed } };

  const fields = {};
  for (const [key, value] of Object.entries(parsed)) fields[PORTAL_NAMES[key] ?? key] = value;
  if (typeof fields.redirectUris === "string") fields.redirectUris = readRedirectUris(fields.redirectUris);
  return { plain: false, fields };
}

/** The lines of the redirect URI field, byte for byte; empty lines are not lines. */
export function readRedirectUris(text) {
  return text.split(/\r?\n/).filter((line) => line.trim() !== "");
}

function readJsonObject(text) {
  if (!text.startsWith("{")) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** `name=value`, `NAME: value`, one a line or joined by `&`. A base64url client ID never matches. */
function readAssignments(text) {
  const parts = text.split(/[\n&;]+/).map((part) => part.trim()).filter(Boolean);
  const pairs = parts.map((part) => /^(?:export\s+)?["']?([A-Za-z][\w.-]*)["']?\s*(?:=|:(?!\/\/))\s*["']?(.*?)["',]*$/.exec(part));
  if (!pairs.length || pairs.includes(null)) return null;
  return Object.fromEntries(pairs.map(([, name, value]) => [name, value]));
}

const PORTAL_NAMES = {
  client_id: "clientId",
  CLIENT_ID: "clientId",
  redirect_uri: "redirectUris",
  redirect_uris: "redirectUris",
  REDIRECT_URI: "redirectUris",
};
