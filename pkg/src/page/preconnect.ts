/** Opens the connection to a server that is asked soon, while something else is waited for. A page without a head has to wait. */
export const preconnect = (origin: string): void => {
  const link = globalThis.document?.createElement("link");
  if (!link) return;
  Object.assign(link, { rel: "preconnect", crossOrigin: "anonymous", href: origin });
  // Browsers look at it when it comes in; and a page that compares its head with another finds nothing there.
  document.head?.append(link);
  link.remove();
};
