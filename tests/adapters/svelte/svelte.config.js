import served from "@sveltejs/adapter-node";
import files from "@sveltejs/adapter-static";

const adapter = process.env.SERVED ? served({ out: "served" }) : files({ pages: "dist", fallback: "index.html" });

export default { kit: { adapter, outDir: process.env.SERVED ? ".svelte-kit-served" : ".svelte-kit" } };
