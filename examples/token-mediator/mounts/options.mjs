// The mediator's options from the environment, for the mounts beside this file. A second application, or the same one in another
// of Procore's environments, has the same names with a number behind: CLIENT_ID_2 and so on.

/** @param {Record<string, string | undefined>} env @returns {import("../config.mjs").Options} */
export function optionsFrom(env) {
  return {
    applications: Object.keys(env)
      .flatMap((name) => /^CLIENT_ID((?:_\d+)?)$/.exec(name)?.[1] ?? [])
      .map((suffix) => ({
        clientId: env[`CLIENT_ID${suffix}`],
        clientSecret: env[`CLIENT_SECRET${suffix}`],
        origins: env[`APP_ORIGINS${suffix}`]?.split(" "),
        redirectUris: env[`REDIRECT_URIS${suffix}`]?.split(" "),
        loginOrigin: env[`LOGIN_ORIGIN${suffix}`],
      })),
    // `id:key`, the one that seals first.
    cookieKeys: env.COOKIE_KEYS?.split(" ").map((pair) => ({ id: pair.split(":")[0], key: pair.split(":")[1] })),
    idleSeconds: seconds(env.IDLE_SECONDS),
    absoluteSeconds: seconds(env.ABSOLUTE_SECONDS),
    timeoutSeconds: seconds(env.TIMEOUT_SECONDS),
    keepCookie: env.KEEP_COOKIE === "true",
  };
}

const seconds = (text) => (text === undefined ? undefined : Number(text));
