/** Opens the connection to the server of a URL that is asked soon, while something else is waited for. Only a page can. */
export const preconnect = (url: string | undefined): void => {
  if (!url || typeof document === "undefined") return;
  const { origin: href } = new URL(url);
  // The page has seen to it; Firefox would wait for a second one.
  if (document.querySelector(`link[rel=preconnect][href^="${href}"]`)) return;
  const link = Object.assign(document.createElement("link"), { rel: "preconnect", crossOrigin: "anonymous", href });
  // Browsers look at it when it comes in; and a page that compares its head with another finds nothing there.
  document.head?.append(link);
  link.remove();
};
