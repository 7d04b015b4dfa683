/**
 * Bundles the operator and the command line into `dist/`, each into one file that needs nothing but Node and the two
 * files it reads: npm's `overrides` hold for this project only, so an unbundled package would bring the framework's old
 * client along.
 */
import { cpSync, rmSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { build, type BuildOptions } from "esbuild";

const ROOT = join(import.meta.dirname, "..");
const DIST = process.argv[2] ?? join(ROOT, "dist");

/** What modules read at run time. They look for it as seen from `src/<layer>/`, where a bundle says it lies. */
const READ = ["package.json", "crds/serviceaccesses.yaml"];
const PLACE = "./src/bundle/main.js";

const COMMON: BuildOptions = {
  bundle: true,
  platform: "node",
  target: "node22",
  minify: true,
  keepNames: true,
  legalComments: "linked",
  logLevel: "warning",
  define: { "import.meta.main": "true", "import.meta.url": "__place" },
};

rmSync(DIST, { recursive: true, force: true });
for (const file of READ) cpSync(join(ROOT, file), join(DIST, file));

// CommonJS starts fastest.
await bundle("operator.cjs", {
  entryPoints: [join(ROOT, "src/operator/main.ts")],
  format: "cjs",
  banner: { js: `const __place = new URL("${PLACE}", require("node:url").pathToFileURL(__filename)).href;` },
});

// A module, for the command line waits at its top level; the packages inside that are not modules get a `require`.
await bundle("serviceaccess.mjs", {
  entryPoints: [join(ROOT, "src/cli/main.ts")],
  format: "esm",
  banner: {
    js: [
      "#!/usr/bin/env node",
      'import { createRequire as __require } from "node:module";',
      "const require = __require(import.meta.url);",
      `const __place = new URL("${PLACE}", import.meta.url).href;`,
    ].join("\n"),
  },
});

async function bundle(name: string, options: BuildOptions): Promise<void> {
  const outfile = join(DIST, name);
  await build({ ...COMMON, ...options, outfile });
  console.log(`${relative(ROOT, outfile)}  ${(statSync(outfile).size / 1e6).toFixed(1)} MB`);
}
