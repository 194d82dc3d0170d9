// The redirect URI's page in the window of a sign-in: relays, and shows what came of it.

const sdk = await import("/package/index.js");

const { opener: real } = window;
if (real) {
  // Says for whom the relay's message is.
  const postMessage = (data, target) => {
    try {
      real.posted.push(target);
    } catch {
      // Another site's window can't be told.
    }
    real.postMessage(data, target);
  };
  Object.defineProperty(window, "opener", { value: { closed: real.closed, postMessage } });
}

const redirectUris = [`${location.origin}/cb`];
const auth = sdk.createProcoreAuth({ credentials: { production: { clientId: "CID", redirectUris } } });
auth.handleRedirect().catch(({ code, message }) => {
  document.body.textContent = message;
  document.title = code;
  // Opened by a stranger: then that page waits until this one has nothing more to say.
  if (code === "opener_reloaded") close();
});
