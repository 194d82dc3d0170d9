// A session and what may become of it. Values in, values out: no clock, no network.
//
// `step` counts what has happened to a session. Of two states of one session the one with more steps is the newer.

/**
 * @typedef {object} Session
 * @property {string} client Client ID and
 * @property {string} login login server of the application it is of.
 * @property {string} handle
 * @property {number} step
 * @property {number} began
 * @property {number} used
 * @property {import("./upstream.mjs").Access | null} access
 * @property {string | null} refresh Not there in doubt, and after the end.
 * @property {string[]} retired To be revoked with the sign-out, and for nothing else.
 * @property {"live" | "ended" | "replaced"} state `replaced`: a newer session owns the browser's cookie.
 * @property {number} [pausedUntil] Nothing is sent to renew it before.
 * @property {{ error: string, at: number }} [refused] How the last renewal failed, for those who have waited for it.
 */

/** @returns {Session} */
export const begin = ({ clientId, loginOrigin }, handle, { access, refresh }, before, now) => ({
  client: clientId,
  login: loginOrigin,
  handle,
  step: 0,
  began: now,
  used: now,
  access,
  refresh: refresh ?? null,
  retired: before ? tokensOf(before) : [],
  state: "live",
});

/** The newer one of what the store has and what the request's cookie has. */
export const newer = (stored, held) => (stored && stored.step >= held.step ? stored : held);

/** Every token that has to be revoked for the session to be over. */
export const tokensOf = ({ state, refresh, access, retired }) =>
  state === "replaced" ? [] : [refresh, access?.token, ...retired].filter(Boolean);

export const isOver = ({ began, used }, { idle, absolute }, now) => now >= began + absolute || now >= used + idle;

/** 17: an access token that lives for less is not worth being handed out. */
export const SHORTEST_LIFE = 30_000;

export const livesFor = ({ access }, milliseconds, now) => Boolean(access) && access.until - now >= milliseconds;

/** 15: for how many seconds nothing is sent to renew it. */
export const pauseOf = ({ pausedUntil = 0 }, now) =>
  pausedUntil > now ? Math.ceil((pausedUntil - now) / 1000) : undefined;

/** Whether what was asked for has been done, for somebody with the same cookie. Without a refresh token nobody knows. */
export const isAhead = (session, held, now) =>
  session.step > held.step && session.refresh !== null && !session.refused && livesFor(session, 1000, now);

/** Written down before the refresh token is sent: who dies on the way leaves a session that does not send it again. */
export const inDoubt = (session) => ({ ...session, step: session.step + 1, refresh: null });

/** After a renewal was answered with `answer`: a step further than `inDoubt`, for the store may have that one only. */
export function settle(session, answer, now) {
  const { pausedUntil, refused, ...rest } = session;
  const next = { ...rest, step: session.step + 2, used: now };
  if (answer.kind === "tokens") return { ...next, access: answer.access, refresh: answer.refresh ?? session.refresh };
  const failed = { ...next, refused: { error: answer.kind, at: now } };
  if (answer.kind === "in_doubt") return { ...failed, refresh: null };
  if (answer.kind === "invalid_grant") return { ...failed, state: "ended", refresh: null };
  return answer.kind === "rate_limited" ? { ...failed, pausedUntil: now + answer.retryAfter * 1000 } : failed;
}

/** Signed out: good for nothing but to have the rest of its tokens revoked. */
export const end = (session, left) => ({
  ...session,
  step: session.step + 1,
  state: session.state === "replaced" ? "replaced" : "ended",
  refresh: null,
  access: null,
  retired: left,
});

/** Another sign-in has taken its tokens over. */
export const replace = (session) => ({ ...end(session, []), state: "replaced" });

export const use = (session, now) => ({ ...session, used: now });
