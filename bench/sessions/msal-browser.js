import { msalOf } from "../contestants/msal-browser.js";

export async function session(config) {
  const msal = await msalOf(config);
  let result;
  return {
    loginUrl: async () => {
      // What every page of an app with MSAL begins with. It gives up a sign-in that has not come back.
      await msal.application.handleRedirectPromise({ hash: `#${crypto.randomUUID()}` }).catch(() => {});
      return msal.loginUrl();
    },
    redeem: async (url) => {
      result = await msal.application.handleRedirectPromise({ hash: new URL(url).hash, navigateToLoginRequestUrl: false });
    },
    token: async () => result.accessToken,
  };
}
