// Makes docs/failing-build.svg of what a real build of Vite's says when a client secret is in it. Needs `npm run build` first.

import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { alphabets } from "../tests/audit/corpus/secrets.mjs";
import { root, run, target } from "./run.mjs";

const WIDTH = 100;

const app = join(target, "audit/picture");
rmSync(app, { recursive: true, force: true });
mkdirSync(join(app, "src"), { recursive: true });
mkdirSync(join(app, "node_modules"));
symlinkSync(join(root, "pkg"), join(app, "node_modules/procore-spa-auth"));
const files = {
  "package.json": '{ "name": "app", "private": true, "type": "module" }',
  "vite.config.js": `import procoreAudit from "procore-spa-auth/audit/vite";\nexport default { plugins: [procoreAudit()] };\n`,
  "index.html": '<!doctype html><script type="module" src="/src/token.js"></script>',
  "src/token.js": `const code = new URL(location.href).searchParams.get("code");
fetch("https://login.procore.com/oauth/token", {
  method: "POST",
  body: new URLSearchParams({
    grant_type: "authorization_code",
    code,
    client_secret: "${alphabets.hex()}",
  }),
});
`,
};
for (const [name, text] of Object.entries(files)) writeFileSync(join(app, name), text);

const vite = join(root, "node_modules/vite/bin/vite.js");
const { code, output } = await run(process.execPath, [vite, "build"], { cwd: app, env: { NO_COLOR: "1" } });
if (!code) throw new Error(`the build did not fail\n${output}`);

/** Without the stack, which is long and tells a reader of the picture nothing. */
const said = output.split("\n").filter((line) => !/^\s+at |^\s+errors: |^\}$/.test(line));
const lines = ["$ npx vite build", ...said.flatMap((line) => wrap(line.replace(/ \{$/, "")))];
while (!lines.at(-1)) lines.pop();
lines.push(`$ echo $?`, String(code));
writeFileSync(join(root, "docs/failing-build.svg"), svg(lines));

function wrap(line) {
  const out = [];
  let left = line;
  while (left.length > WIDTH) {
    const space = left.lastIndexOf(" ", WIDTH);
    const cut = space > 0 ? space : WIDTH;
    out.push(left.slice(0, cut));
    left = left.slice(cut).trimStart();
  }
  return [...out, left];
}

function svg(lines) {
  const [step, side] = [20, 18];
  const escape = (text) => text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const colour = (line) => (line.startsWith("$") ? "#6cc5c1" : /error|failed|secret is in/i.test(line) ? "#ff9d92" : "#e4ebe9");
  const texts = lines.map((line, at) => `<text x="${side}" y="${side + (at + 1) * step}" fill="${colour(line)}" xml:space="preserve">${escape(line)}</text>`);
  const [width, height] = [WIDTH * 8.45 + 2 * side, lines.length * step + 2 * side + 8];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="A build of Vite's that fails: a client secret is in the build">
<rect width="100%" height="100%" rx="8" fill="#111716"/>
<g font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
${texts.join("\n")}
</g>
</svg>
`;
}
