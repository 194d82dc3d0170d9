// The rows about sign-in by popup: which windows are there, and what they say to each other.

import { configOf, customServer } from "./app.mjs";

const GOOD = "/cb?code=C1-canarycode&state={state}";

/** A row's words for who speaks, as the origins that are there. */
function originOf(words, { page, strangers }) {
  return {
    "https://app.example": page,
    "https://evil.example": strangers.evil,
    "https://app.example.evil.example": strangers.longer,
    null: strangers.opaque,
  }[words];
}

/** The row's URLs in a message, at the page that is there and with the state that this sign-in has. */
const inMessage = (data, page) =>
  JSON.parse(
    JSON.stringify(data)
      .replaceAll("https://app.example/", `${page}/`)
      .replaceAll("code=C&", "code=C-canarycode&")
      .replaceAll("state=S1", "state={state}"),
  );

/** A client whose login page does what `path` says, see poster.js. */
const client = ({ page, origin, path, as = "main" }) => {
  const server = { ...customServer(origin), authorizationEndpoint: `${origin}${path}/oauth/authorize` };
  return { do: "new", as, config: configOf(`${page}/cb`, { servers: { production: server } }) };
};

/** A sign-in under way, its window at a login page of another origin. */
function popupOpen({ page, strangers }, steps, { before = [], options = {}, ...more } = {}) {
  return {
    page: "/blank",
    isPopup: true,
    steps: [
      client({ page, origin: strangers.login, path: "/stay" }),
      { do: "ready", isSetUp: true },
      ...before,
      { do: "popup", options, isSetUp: true },
      { do: "isWatched", isSetUp: true },
      ...steps,
    ],
    origins: [strangers.login],
    tokens: 0,
    ...more,
  };
}

const comeBack = ({ page }) => ({ do: "comeBack", url: page + GOOD });
/** That nothing is left of a sign-in: its response is good for nothing any more. */
const discarded = ({ page }) => ({ do: "comeBackAgain", url: page + GOOD, isRefused: true });

/** What has no effect: the sign-in is under way as before, and the true response ends it well. */
function ignored(context, steps) {
  return popupOpen(context, [
    ...steps,
    { do: "isPending", isJudged: true },
    { do: "look" },
    comeBack(context),
    { do: "ended", isAfterwards: true },
  ]);
}

const PROSE = [
  [
    /^data with getters\/huge cyclic object$/,
    (context) => {
      const say = ["cyclic", "huge", "many"].map((make) => ({ make, url: context.page + GOOD }));
      // A getter is read when a message is sent, so that only the page itself can make up one that has some.
      return ignored(context, [
        { do: "say", origin: context.page, say },
        { do: "forge", isSetUp: true },
      ]);
    },
  ],
  [
    /^two valid messages$/,
    (context) => {
      const say = ["C1", "C2"].map((code) => ({
        data: { type: "procore:auth", url: `${context.page}/cb?code=${code}-canarycode&state={state}` },
      }));
      const steps = [{ do: "say", origin: context.page, say }, { do: "ended", isJudged: true }, { do: "look" }];
      return popupOpen(context, steps, { tokens: 1 });
    },
  ],
  [
    /^message after timeout$/,
    (context) => {
      const { page, sink } = context;
      return {
        page: "/blank",
        isPopup: true,
        steps: [
          // Its login page never comes, so that the window stays this origin's, and can be held.
          client({ page, origin: sink, path: "" }),
          { do: "ready", isSetUp: true },
          { do: "popup", options: { timeoutSeconds: 0.3 }, isSetUp: true },
          { do: "holdOpen", isSetUp: true },
          { do: "ended", isVariant: "err:timeout" },
          { do: "say", origin: page, say: [{ data: { type: "procore:auth", url: page + GOOD } }], isSetUp: true },
          { do: "isSignedIn", isJudged: true },
          { do: "look" },
          discarded(context),
        ],
        origins: [sink],
        tokens: 0,
      };
    },
  ],
  [
    /^popup posts result$/,
    (context) =>
      popupOpen(context, [comeBack(context), { do: "ended", isJudged: true }, { do: "windows" }, { do: "look" }], {
        tokens: 1,
      }),
  ],
  [
    /^popup posts: opener is cross-origin page that opened our callback$/,
    (context) =>
      popupOpen(
        context,
        [
          { do: "lure", origin: context.strangers.evil, opens: context.page + GOOD },
          { do: "isPending", isVariant: "none" },
          comeBack(context),
          { do: "ended", isJudged: true },
          { do: "look" },
        ],
        { tokens: 1 },
      ),
  ],
  [
    /^(popup blocked \(window\.open null\)|window\.open \+ login\(\) w\/o user gesture)$/,
    (context) => ({
      page: "/blank",
      isPopup: true,
      steps: [
        client({ page: context.page, origin: context.strangers.login, path: "/stay" }),
        { do: "ready", isSetUp: true },
        { do: "popup", isUnclicked: true, isSetUp: true },
        { do: "ended", isJudged: true },
        { do: "look" },
        discarded(context),
      ],
      origins: [context.strangers.login],
      tokens: 0,
    }),
  ],
  [
    /^user closes popup$/,
    (context) =>
      popupOpen(context, [
        { do: "closeWindow", isSetUp: true },
        { do: "ended", isJudged: true },
        { do: "look" },
        discarded(context),
      ]),
  ],
  [/^COOP severs opener\b/, (context) => severed(context, "/stay")],
  [
    /^login page in the popup chain sends COOP same-origin \(or same-origin-allow-popups\), then returns to our callback$/,
    (context) => severed(context, "/return", { leftovers: 2 }),
  ],
  [
    /^iframe embedded cross-site: storage partitioned$/,
    (context) =>
      popupOpen(context, [comeBack(context), { do: "ended", isJudged: true }, { do: "look" }], {
        tokens: 1,
        around: context.strangers.evil,
      }),
  ],
  [
    /^popup name reuse: attacker pre-opens window with same name$/,
    (context) =>
      popupOpen(context, [comeBack(context), { do: "ended", isJudged: true }, { do: "windows" }, { do: "look" }], {
        before: [
          { do: "takeNames", names: ["popup", "procore:auth", "procore-spa-auth", "procore-spa-auth:popup", "_blank"] },
        ],
        tokens: 1,
      }),
  ],
  [
    /^iframe parent \(procore\.com\) sends forged postMessage$/,
    (context) => ({
      ...ignored(context, [{ do: "askParent", data: { type: "procore:auth", url: context.page + GOOD } }]),
      around: context.strangers.evil,
    }),
  ],
  [
    /^SDK page framed by evil\.example$/,
    ({ page, strangers }) => {
      const framedBy = (...allowedParents) => ({ do: "embeddedContext", options: { allowedParents } });
      return {
        page: "/blank?companyId=8589934593",
        isPopup: true,
        steps: [
          client({ page, origin: strangers.login, path: "/stay" }),
          { ...framedBy("https://app.procore.com"), isJudged: true },
          { ...framedBy(), isVariant: "err:framing_not_allowed" },
          { ...framedBy(`${strangers.evil}/`), isVariant: "err:framing_not_allowed" },
          { ...framedBy(strangers.evil), isSetUp: true },
          { do: "look" },
        ],
        tokens: 0,
        around: strangers.evil,
      };
    },
  ],
];

/** With either policy that cuts windows off from each other. */
function severed({ page, strangers }, path, more = {}) {
  const steps = strangers.severing.flatMap((origin, index) => {
    const as = `main${index || ""}`;
    return [
      client({ page, origin, path, as }),
      { do: "ready", as, isSetUp: true },
      { do: "popup", as, isSetUp: true },
      { do: "ended", as, isJudged: true },
    ];
  });
  return { page: "/blank", isPopup: true, steps: [...steps, { do: "look" }], origins: strangers.severing, tokens: 0, ...more };
}

/** A message as the row has it, said by whom the row names. */
function said(row, context) {
  const { origin: words, source, data } = row.input;
  const origin = originOf(words, context);
  const via = { popup: "popup", otherWindow: "frame" }[source];
  if (!origin || !via) return undefined;
  const messages = [data];
  // Where it is the speaker that must not be heard, not even the right words may be.
  if (origin !== context.page || via === "frame") {
    messages.push({ type: "procore:auth", url: "https://app.example/cb?code=C&state=S1" });
  }
  const say = { do: "say", origin, via, say: messages.map((data) => ({ data: inMessage(data, context.page) })) };
  if (row.expected === "ignored") return ignored(context, [say]);
  // What is refused is told in the end; until then a right one would still be heard.
  return popupOpen(context, [
    say,
    { do: "isPending", isVariant: "none" },
    { do: "closeWindow", isSetUp: true },
    { do: "ended", isJudged: true },
    { do: "look" },
    { do: "popup", isSetUp: true },
    { do: "isWatched", isSetUp: true },
    say,
    comeBack(context),
    { do: "ended", isAfterwards: true },
  ]);
}

/** The plan for a row of windows; nothing if it is none, or one that nobody knows here. */
export function windowPlan(row, context) {
  if (typeof row.input === "object") return row.cat === "message" ? said(row, context) : undefined;
  for (const [words, make] of PROSE) if (words.test(row.input)) return make(context);
  return undefined;
}
