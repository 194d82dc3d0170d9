// Building and finding elements. Text goes in as text only: nothing here can parse markup.

/** The element with this id. A missing one is a mistake in index.html, so say which. */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no #${id}`);
  return element;
}

/** A new element. `attributes` with a function value are listeners; the others are set as they are. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** Sets the text, and leaves the node alone if nothing changed, so that live regions speak once. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A value too long to read, as its first and last characters. */
export function shorten(value, ends = 6) {
  return value.length <= ends * 2 + 3 ? value : `${value.slice(0, ends)}…${value.slice(-ends)}`;
}

/** A confidential value, as its length only. */
export function mask(value) {
  return `•••••••• (${value.length} characters)`;
}

/** A link that leaves the page. */
export function outside(href, text) {
  return el("a", { href, target: "_blank", rel: "noreferrer noopener" }, text);
}

export async function copy(text, note) {
  try {
    await navigator.clipboard.writeText(text);
    setText(note, "Copied.");
  } catch {
    setText(note, "The browser did not allow copying; select the text instead.");
  }
  setTimeout(() => setText(note, ""), 4000);
}
