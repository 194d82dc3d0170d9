// Faults in who may ask and how (sentences 1 to 3), and in the cookie (4 to 6). See index.mjs.

const REQUEST = "request.mjs";
const ORIGIN_READ = 'const origin = request.headers.get("origin") ?? "";';
const ORIGIN_ANY = "!applications.some(({ origins }) => origins.includes(origin))";
const ORIGIN_OWN = "known.find(({ origins }) => origins.includes(origin))";
const origins = (compare) => [
  [REQUEST, ORIGIN_ANY, `!applications.some(({ origins }) => origins.some((own) => ${compare}))`],
  [REQUEST, ORIGIN_OWN, `known.find(({ origins }) => origins.some((own) => ${compare}))`],
];
const SITE = 'site !== null && site !== "same-origin"';
const METHOD = 'if (request.method !== "POST") throw new Refusal(405);';
const TYPE = '!/^application\\/x-www-form-urlencoded *(?:;|$)/i.test(type)';
const TWICE = "if (Object.keys(fields).length !== pairs.length) throw new Refusal(400);";
const HEADERS = 'if (status === 405) headers.set("allow", "POST");';

const requests = [
  [1, "any origin may ask", ...origins("true")],
  [1, "the origin of any application may ask for any", [REQUEST, ORIGIN_OWN, "known[0]"]],
  [1, "no Origin is as good as the right one", [REQUEST, ORIGIN_READ, 'const origin = request.headers.get("origin") ?? applications[0].origins[0];']],
  [1, "the Origin null may ask", ...origins('own === origin || origin === "null"')],
  [1, "an Origin with a slash at the end may ask", ...origins('own === origin.replace(/\\/$/, "")')],
  [1, "an Origin in capitals may ask", ...origins("own === origin.toLowerCase()")],
  [1, "an Origin that begins alike may ask", ...origins("origin.startsWith(own)")],
  [1, "an Origin that is a part of the right one may ask", ...origins("own.includes(origin)")],
  [1, "only the host of the Origin is compared", ...origins("URL.canParse(origin) && new URL(origin).hostname === new URL(own).hostname")],
  [1, "subdomains may ask", ...origins('origin.endsWith(own.replace("https://", ""))')],
  [1, "the first of two Origins counts", [REQUEST, ORIGIN_READ, 'const origin = (request.headers.get("origin") ?? "").split(", ")[0];']],
  [1, "Origin is not checked at revoke", [REQUEST, ORIGIN_ANY, `path !== "revoke" && ${ORIGIN_ANY}`], [REQUEST, ORIGIN_OWN, `path === "revoke" ? known[0] : ${ORIGIN_OWN}`]],
  [1, "Origin is checked only where it is sent", [REQUEST, ORIGIN_ANY, `origin && ${ORIGIN_ANY}`], [REQUEST, ORIGIN_OWN, `origin ? ${ORIGIN_OWN} : known[0]`]],
  [1, "Sec-Fetch-Site is not heard", [REQUEST, SITE, "false"]],
  [1, "Sec-Fetch-Site: same-site may ask", [REQUEST, SITE, `${SITE} && site !== "same-site"`]],
  [1, "Sec-Fetch-Site: none may ask", [REQUEST, SITE, `${SITE} && site !== "none"`]],
  [1, "a foreign origin is refused with 400", [REQUEST, "throw new Refusal(403);\n  const site", "throw new Refusal(400);\n  const site"]],
  [2, "any method does", [REQUEST, METHOD, ""]],
  [2, "GET and PUT do", [REQUEST, METHOD, METHOD.replace('request.method !== "POST"', '!["GET", "PUT", "POST"].includes(request.method)')]],
  [2, "another method is refused with 404", [REQUEST, METHOD, METHOD.replace("405", "404")]],
  [2, "any content type does", [REQUEST, TYPE, "false"]],
  [2, "text/plain does", [REQUEST, TYPE, `${TYPE} && type !== "text/plain"`]],
  [2, "a content type that names a form does", [REQUEST, TYPE, '!type.includes("application/x-www-form-urlencoded")']],
  [2, "no content type is as good as the right one", [REQUEST, 'request.headers.get("content-type") ?? ""', 'request.headers.get("content-type") ?? "application/x-www-form-urlencoded"']],
  [2, "a charset is refused", [REQUEST, TYPE, '!/^application\\/x-www-form-urlencoded$/.test(type)']],
  [2, "a body of any length is read", [REQUEST, "LONGEST_BODY = 16_384", "LONGEST_BODY = Infinity"]],
  [2, "a body of 64 KiB is read", [REQUEST, "LONGEST_BODY = 16_384", "LONGEST_BODY = 65_536"]],
  [2, "a body may have 16,000 bytes only", [REQUEST, "LONGEST_BODY = 16_384", "LONGEST_BODY = 16_000"]],
  [2, "the length of a body is believed", [REQUEST, "(length += chunk.byteLength) > LONGEST_BODY", 'Number(request.headers.get("content-length")) > LONGEST_BODY']],
  [2, "each chunk of a body is measured by itself", [REQUEST, "(length += chunk.byteLength)", "(length = Math.max(0, chunk.byteLength - 1000))"]],
  [2, "every path is the token path", [REQUEST, "paths.get(new URL(request.url).pathname)", '(paths.get(new URL(request.url).pathname) ?? "token")']],
  [2, "a path need only begin alike", [REQUEST, "paths.get(new URL(request.url).pathname)", "[...paths].find(([one]) => new URL(request.url).pathname.startsWith(one))?.[1]"]],
  [2, "of a field that is there twice the last counts", [REQUEST, TWICE, ""]],
  [2, "of a field that is there twice the first counts", [REQUEST, TWICE, "for (const [name, value] of pairs.reverse()) fields[name] = value;"]],
  [2, "a field that is there twice with one value is taken", [REQUEST, TWICE, "if (pairs.some(([name, value]) => fields[name] !== value)) throw new Refusal(400);"]],
  [2, "only known fields may not be there twice, and token is not one", [REQUEST, TWICE, 'if (Object.keys(fields).length !== pairs.filter(([name], index) => name !== "token" || pairs.findIndex(([one]) => one === name) === index).length) throw new Refusal(400);']],
  [2, "an unknown client_id is the first application's", [REQUEST, "if (!known.length) throw new Refusal(400);", "if (!known.length) known.push(applications[0]);"]],
  [2, "a client_id need only begin alike", [REQUEST, "clientId === fields.client_id", 'clientId.startsWith(fields.client_id ?? "")']],
  [2, "an unknown client_id is refused with 403", [REQUEST, "if (!known.length) throw new Refusal(400);", ""]],
  [2, "an unknown grant_type redeems", [REQUEST, "? actions[grant] : undefined", '? actions[grant] : "redeem"']],
  [2, "grant types are looked up with what objects inherit", [REQUEST, 'Object.hasOwn(actions, grant ?? "") ? actions[grant] : undefined', "actions[grant]"]],
  [2, "any redirect_uri does", [REQUEST, "!redirectUris.includes(fields.redirect_uri)", "false"]],
  [2, "a redirect_uri need only begin alike", [REQUEST, "!redirectUris.includes(fields.redirect_uri)", "!redirectUris.some((uri) => fields.redirect_uri.startsWith(uri))"]],
  [2, "a slash at the end of a redirect_uri is overlooked", [REQUEST, "!redirectUris.includes(fields.redirect_uri)", '!redirectUris.includes(fields.redirect_uri.replace(/\\/$/, ""))']],
  [2, "the query of a redirect_uri is overlooked", [REQUEST, "!redirectUris.includes(fields.redirect_uri)", '!redirectUris.includes(fields.redirect_uri.split("?")[0])']],
  [2, "a missing redirect_uri is filled in", [REQUEST, "const NEEDED", "const FILLED = true;\nconst NEEDED"], [REQUEST, '  const action = path === "revoke"', '  fields.redirect_uri ||= redirectUris[0];\n  const action = path === "revoke"']],
  [3, "every origin may read every answer", ["answers.mjs", HEADERS, 'headers.set("access-control-allow-origin", "*");']],
  [3, "a preflight is answered as if it were allowed", ["answers.mjs", HEADERS, 'if (status === 405) headers.set("access-control-allow-methods", "POST");']],
  [3, "a refusal may be read by every origin", ["answers.mjs", HEADERS, 'if (status === 403) headers.set("access-control-allow-origin", "null");']],
  [3, "credentials are allowed", ["answers.mjs", HEADERS, 'if (status === 200) headers.set("access-control-allow-credentials", "true");']],
];

const COOKIE = "cookie.mjs";
const LINE = "return `${name}=${value ?? \"\"}; Path=/${life}; Secure; HttpOnly; SameSite=Strict`;";
const line = (text) => [COOKIE, LINE, `return \`\${name}=\${value ?? ""}; ${text}\`;`];
const SPLIT = '.split(";")';
const NAMED = ".filter((pair) => pair.startsWith(`${name}=`))";
const VALUE = ".map((pair) => pair.slice(name.length + 1));";
const SINGLE = "return values.length === 1 ? values[0] : undefined;";
const SEAL = 'return new CompactEncrypt(plaintext).setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: id }).encrypt(bytes);';
const OPEN = "const { plaintext } = await compactDecrypt(sealed, key, only);";
const BOUND = "session.client === clientId && session.login === loginOrigin";
const sealing = (seal, open) => [[COOKIE, SEAL, seal], [COOKIE, OPEN, open]];

const cookies = [
  [4, "the cookie is not Secure", line("Path=/${life}; HttpOnly; SameSite=Strict")],
  [4, "the cookie is not HttpOnly", line("Path=/${life}; Secure; SameSite=Strict")],
  [4, "the cookie has no SameSite", line("Path=/${life}; Secure; HttpOnly")],
  [4, "the cookie is SameSite=Lax", line("Path=/${life}; Secure; HttpOnly; SameSite=Lax")],
  [4, "the cookie is SameSite=None", line("Path=/${life}; Secure; HttpOnly; SameSite=None")],
  [4, "the cookie is of one folder", line("Path=/oauth${life}; Secure; HttpOnly; SameSite=Strict")],
  [4, "the cookie is the whole domain's", line("Path=/${life}; Domain=example.com; Secure; HttpOnly; SameSite=Strict")],
  [4, "the cookie is kept for 30 days", [COOKIE, 'maxAge === undefined ? "" :', 'maxAge === undefined ? "; Max-Age=2592000" :']],
  [4, "the cookie has an Expires", [COOKIE, 'maxAge === undefined ? "" :', 'maxAge === undefined ? "; Expires=Fri, 31 Dec 2100 00:00:00 GMT" :']],
  [4, "the cookie is removed at another path", [COOKIE, LINE, `if (value === undefined) return \`\${name}=; Max-Age=0; Secure; HttpOnly; SameSite=Strict\`;\n  ${LINE}`]],
  [4, "the name has no __Host-", [COOKIE, "`__Host-procore-${clientId}`", "`procore-${clientId}`"]],
  [4, "the name has __Secure- only", [COOKIE, "`__Host-procore-${clientId}`", "`__Secure-procore-${clientId}`"]],
  [4, "the cookie grows with each sign-in until no browser keeps it", ["sign-in.mjs", "LONGEST_COOKIE = 3800", "LONGEST_COOKIE = 100_000"]],
  [5, "cookies are read as a form", [COOKIE, `const values = (header ?? "")`, 'const form = new URLSearchParams((header ?? "").replace(/; */g, "&"));\n  if (form.has(name)) return form.get(name);\n  const values = (header ?? "")']],
  [5, "of a name that is there twice the first counts", [COOKIE, SINGLE, "return values[0];"]],
  [5, "of a name that is there twice the last counts", [COOKIE, SINGLE, "return values.at(-1);"]],
  [5, "of a name that is there twice the one that is no sealed session is overlooked", [COOKIE, SINGLE, "return values.filter((value) => value.length > 50).length === 1 ? values.find((value) => value.length > 50) : undefined;"]],
  [5, "a name that is there twice with one value is taken", [COOKIE, SINGLE, "return new Set(values).size === 1 ? values[0] : undefined;"]],
  [5, "an empty cookie beside it is overlooked", [COOKIE, SINGLE, "return values.filter(Boolean).length === 1 ? values.find(Boolean) : undefined;"]],
  [5, "cookies are split at semicolon and space only", [COOKIE, SPLIT, '.split("; ")']],
  [5, "names are percent-decoded", [COOKIE, '.map((pair) => pair.replace(/^[ \\t]+|[ \\t]+$/g, ""))', '.map((pair) => decodeURIComponent(pair.replace(/^[ \\t]+|[ \\t]+$/g, "")))']],
  [5, "names are compared without regard to case", [COOKIE, NAMED, ".filter((pair) => pair.toLowerCase().startsWith(`${name.toLowerCase()}=`))"]],
  [5, "names need only end alike", [COOKIE, NAMED, ".filter((pair) => pair.includes(`${name}=`))"], [COOKIE, VALUE, ".map((pair) => pair.slice(pair.indexOf(`${name}=`) + name.length + 1));"]],
  [5, "names need only begin alike", [COOKIE, NAMED, ".filter((pair) => pair.startsWith(name))"], [COOKIE, VALUE, '.map((pair) => pair.slice(pair.indexOf("=") + 1));']],
  [5, "cookies are split at commas, too", [COOKIE, SPLIT, ".split(/[;,]/)"]],
  [5, "a quoted value ends at its semicolon for others, not here", [COOKIE, `(header ?? "")\n    ${SPLIT}`, '(header ?? "")\n    .split(/;(?=(?:[^"]*"[^"]*")*[^"]*$)/)']],
  [5, "a cookie that can't be opened is taken as it is", [COOKIE, "} catch {\n        return undefined;", "} catch {\n        return { client: clientId, login: loginOrigin, handle: \"x\", step: 0, began: Date.now(), used: Date.now(), access: null, refresh: sealed, retired: [], state: \"live\" };"]],
  [5, "a cookie that can't be opened is a fault", [COOKIE, "} catch {\n        return undefined;", "} catch {\n        throw new Error();"]],
  [5, "the cookie of another application is a session", [COOKIE, BOUND, "true"]],
  [5, "the key is always the same", [COOKIE, "const [{ id, bytes }] = keys;", "keys = [{ id: keys[0].id, bytes: new Uint8Array(32) }];\n  const [{ id, bytes }] = keys;"]],
  [5, "a damaged cookie is read without its seal", ...sealing('return Buffer.from(plaintext).toString("base64url");', 'const plaintext = Buffer.from(sealed, "base64url");')],
  [6, "the cookie is base64url", ...sealing('return Buffer.from(plaintext).toString("base64url");', 'const plaintext = Buffer.from(sealed, "base64url");')],
  [6, "the cookie is hexadecimal", ...sealing('return Buffer.from(plaintext).toString("hex");', 'const plaintext = Buffer.from(sealed, "hex");')],
  [6, "the cookie is percent-encoded", ...sealing("return encodeURIComponent(JSON.stringify(session));", "const plaintext = new TextEncoder().encode(decodeURIComponent(sealed));")],
  [6, "the cookie is signed, not encrypted", [COOKIE, "import { CompactEncrypt, compactDecrypt }", "import { CompactSign, compactVerify }"], [COOKIE, SEAL, 'return new CompactSign(plaintext).setProtectedHeader({ alg: "HS256", kid: id }).sign(bytes);'], [COOKIE, OPEN, "const { payload: plaintext } = await compactVerify(sealed, key);"]],
  [6, "the access token stands beside the sealed session", [COOKIE, SEAL, `return (async () => \`\${await (async () => { ${SEAL} })()}~\${session.access?.token ?? ""}\`)();`], [COOKIE, OPEN, 'const { plaintext } = await compactDecrypt(sealed.split("~")[0], key, only);']],
];

export const asking = [...requests, ...cookies];
