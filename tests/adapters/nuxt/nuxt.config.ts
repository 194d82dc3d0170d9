export default defineNuxtConfig({
  compatibilityDate: "2026-01-01",
  telemetry: false,
  // The browser's alone: a server would write the page's URL into it, with the code, and Nuxt would go by that.
  routeRules: { "/callback": { ssr: false } },
  app: {
    head: {
      meta: [{ name: "referrer", content: "no-referrer" }],
      link: [{ rel: "icon", href: "data:," }],
      script: [{ src: "/support/config.js", tagPriority: "critical" }],
    },
  },
  // For the test's own server, on a port that it does not know before.
  nitro: { preset: "node-listener", serveStatic: true },
});
