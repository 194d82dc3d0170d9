import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // A second app, of which not all is behind a sign-in.
  build: { rolldownOptions: { input: ["index.html", "public.html"] } },
});
