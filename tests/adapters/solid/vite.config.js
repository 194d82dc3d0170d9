import { defineConfig } from "vite";
import solid from "vite-plugin-solid";

export default defineConfig({
  plugins: [solid()],
  // A second app, of which not all is behind a sign-in.
  build: { rolldownOptions: { input: ["index.html", "public.html"] } },
});
