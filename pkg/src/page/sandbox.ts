/**
 * What the sandboxes of the frames around this page lack: a window inherits it. Browsers tell only of frames in pages of
 * this origin.
 */
export const sandboxLacks = (): string[] => {
  const lacking = new Set<string>();
  let frame = globalThis.frameElement;
  while (frame) {
    const sandbox = frame.getAttribute("sandbox")?.toLowerCase().split(/\s+/);
    const has = (...words: string[]) => !sandbox || words.some((word) => sandbox.includes(word));
    if (!has("allow-popups")) lacking.add("allow-popups");
    if (!has("allow-forms", "allow-popups-to-escape-sandbox")) lacking.add("allow-forms");
    frame = frame.ownerDocument.defaultView?.frameElement ?? null;
  }
  return [...lacking];
};
