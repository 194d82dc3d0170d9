/** @type {import("next").NextConfig} */
export default {
  // The app is found by itself, and not by lockfiles in folders above.
  outputFileTracingRoot: import.meta.dirname,
  turbopack: { root: import.meta.dirname },
  distDir: process.env.DIST_DIR,
};
