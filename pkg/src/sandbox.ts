/**
 * What the sandbox of the frame around this page lacks: a window inherits it. Browsers tell only of a frame in a page of
 * this origin.
 */
export const sandboxLacks = (): string[] => {
  const sandbox = globalThis.frameElement?.getAttribute("sandbox")?.toLowerCase().split(/\s+/);
  const has = (...words: string[]) => !sandbox || words.some((word) => sandbox.includes(word));
  return [
    ...(has("allow-popups") ? [] : ["allow-popups"]),
    ...(has("allow-forms", "allow-popups-to-escape-sandbox") ? [] : ["allow-forms"]),
  ];
};
