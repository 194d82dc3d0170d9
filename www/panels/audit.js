// A build, searched for a client secret in this page: what is dropped here is read here, and goes nowhere.

import { bothCredentials } from "../flow/config-forms.js";
import { byId, el, setText } from "../base/dom.js";
import { clearError, showError } from "../base/errors.js";
import { note } from "../base/timeline.js";

/** A page holds a file as a whole; the command reads any size in pieces. */
const LARGEST = 256 * 2 ** 20;

export function startAudit() {
  const input = byId("audit-files");
  const place = byId("audit-drop");
  input.addEventListener("change", () => run([...input.files]));
  for (const type of ["dragenter", "dragover"]) {
    place.addEventListener(type, (event) => {
      event.preventDefault();
      place.dataset.over = "true";
    });
  }
  place.addEventListener("dragleave", ({ relatedTarget }) => {
    if (!place.contains(relatedTarget)) delete place.dataset.over;
  });
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    delete place.dataset.over;
    run([...event.dataTransfer.files]);
  });
  byId("audit-sample").addEventListener("click", () => run([sample()]));
}

let loading;

/** The auditor, 1.5 MB of WebAssembly that is fetched when the first file is there. */
function auditor() {
  loading ??= import("/procore-spa-auth/audit/core.js").then(async (core) => {
    await core.default({ module_or_path: "/procore-spa-auth/audit/core_bg.wasm" });
    return core;
  });
  // What failed once may be there the next time.
  loading.catch(() => (loading = undefined));
  return loading;
}

let isBusy = false;

async function run(files) {
  if (isBusy || !files.length) return;
  setBusy(true);
  clearError();
  setText(byId("audit-summary"), "Loading the auditor …");
  try {
    draw(await search(files));
  } catch (error) {
    setText(byId("audit-summary"), "");
    byId("audit-list").replaceChildren();
    showError(error);
  }
  setBusy(false);
}

async function search(files) {
  const { Audit } = await auditor();
  const known = { environment: [], envFiles: [], baselines: [], today: new Date().toISOString().slice(0, 10) };
  // What the forms above have is public.
  const clientIds = Object.values(bothCredentials()).map(({ clientId }) => clientId).filter(Boolean);
  const audit = new Audit({ noEnv: true, clientIds }, known);
  for (const [at, file] of files.entries()) {
    setText(byId("audit-summary"), `Searching ${file.name}, ${at + 1} of ${files.length} …`);
    if (file.size > LARGEST) {
      audit.unread(file.name, false, "It is too large for a page: use npx procore-spa-auth audit.");
      continue;
    }
    try {
      audit.bytes(file.name, new Uint8Array(await file.arrayBuffer()));
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) throw error;
      audit.unread(file.name, false, "The browser can't read it. Of a folder, choose the files, or an archive.");
    }
  }
  const result = audit.finish();
  audit.free();
  return result;
}

function draw({ findings, unread, files, bytes }) {
  const rank = ({ severity }) => Object.keys(SEVERITIES).indexOf(severity);
  const sorted = [...findings].sort((a, b) => rank(a) - rank(b));
  byId("audit-list").replaceChildren(...sorted.slice(0, SHOWN).map(item), ...unread.slice(0, SHOWN).map(unreadItem));
  const count = (severity) => findings.filter((finding) => finding.severity === severity).length;
  const parts = Object.entries(SEVERITIES).map(([severity, { words }]) => counted(count(severity), ...words));
  const found = [...parts.filter(Boolean), unread.length ? `${unread.length} not looked into` : ""].filter(Boolean);
  const more = findings.length > SHOWN ? ` The first ${SHOWN} are shown.` : "";
  const result = found.length ? found.join(", ") : "Nothing found";
  const searched = `${counted(files, "file", "files") || "No file"}, ${bytes.toLocaleString("en")} bytes`;
  setText(byId("audit-summary"), `${result}. ${searched}; nothing was sent.${more}`);
  note("audit", `Audit: ${result.toLowerCase()}`, { failed: count("error") > 0 });
}

const counted = (number, one, many) => (number ? `${number} ${number === 1 ? one : many}` : "");

function item({ severity, kind, path, line, column, source, value, why, whatToDo }) {
  const { kind: colour, words } = SEVERITIES[severity];
  const origin = source ? `, from ${source.name}:${source.line}:${source.column}` : "";
  return el("li", { "data-kind": kind, "data-severity": severity },
    el("p", { class: "finding-line" },
      el("span", { class: "pill", "data-kind": colour }, words[0]),
      el("code", {}, kind),
      el("code", { class: "quiet" }, `${path}:${line}:${column}${origin}`)),
    el("p", {}, `${why} `, el("code", {}, `${value.first}…`), ` (${value.length} characters, SHA-256 ${value.sha256.slice(0, 8)}…)`),
    el("p", { class: "finding-advice" }, whatToDo));
}

function unreadItem({ path, reason, detail }) {
  return el("li", { "data-kind": reason, "data-severity": "unread" },
    el("p", { class: "finding-line" },
      el("span", { class: "pill", "data-kind": "warn" }, "not looked into"),
      el("code", {}, reason),
      el("code", { class: "quiet" }, path)),
    detail ? el("p", {}, detail) : undefined);
}

function setBusy(busy) {
  isBusy = busy;
  for (const id of ["audit-files", "audit-sample"]) byId(id).disabled = busy;
  byId("audit-list").setAttribute("aria-busy", String(busy));
  // The same file, chosen again, is a change again.
  if (!busy) byId("audit-files").value = "";
}

/** What a bundler makes of a snippet that works on a server, with a secret that is made up now. */
function sample() {
  const hex = (length) => [...crypto.getRandomValues(new Uint8Array(length))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const text = `var t=e=>fetch("https://login.procore.com/oauth/token",{method:"POST",body:new URLSearchParams({grant_type:"authorization_code",code:e,client_id:"${hex(32)}",client_secret:"${hex(32)}"})});export{t as redeem};\n`;
  return new File([text], "sample-bundle.js");
}

const SHOWN = 100;

/** In the order of the list. The words: one, and many. */
const SEVERITIES = {
  error: { kind: "bad", words: ["error", "errors"] },
  warning: { kind: "warn", words: ["warning", "warnings"] },
  info: { kind: "idle", words: ["for information", "for information"] },
};
