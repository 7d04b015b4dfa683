/**
 * Bundles the operator and the command line into `dist/`, each into one file that needs nothing but Node: npm's
 * `overrides` hold for this project only, so an unbundled package would bring the framework's old client along.
 */
import { mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { build, type BuildOptions, type Plugin } from "esbuild";

const ROOT = join(import.meta.dirname, "..");
const DIST = join(ROOT, "dist");

/** A file that a module reads beside itself, such as the CRD, becomes a text inside the bundle. */
const READS_A_FILE = /readFileSync\(new URL\("([^"]+)", import\.meta\.url\), "utf8"\)/g;

const inlineFiles: Plugin = {
  name: "inline-files",
  setup(bundle) {
    bundle.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8").replaceAll(READS_A_FILE, (_call, file: string) =>
        JSON.stringify(readFileSync(join(dirname(path), file), "utf8")),
      );
      return { contents: text, loader: "ts" };
    });
  },
};

const COMMON: BuildOptions = {
  bundle: true,
  platform: "node",
  target: "node22",
  minify: true,
  keepNames: true,
  legalComments: "linked",
  metafile: true,
  logLevel: "warning",
  plugins: [inlineFiles],
};

rmSync(DIST, { recursive: true, force: true });
mkdirSync(DIST);

// CommonJS starts fastest; what the sources call import.meta is spelled out for it.
await bundle("operator.cjs", {
  entryPoints: [join(ROOT, "src/operator/main.ts")],
  format: "cjs",
  define: { "import.meta.main": "true", "import.meta.url": "__url" },
  banner: { js: 'const __url = require("node:url").pathToFileURL(__filename).href;' },
});

// A module, for the command line waits at its top; packages inside that are not modules get their `require`.
await bundle("serviceaccess.mjs", {
  entryPoints: [join(ROOT, "src/cli/main.ts")],
  format: "esm",
  banner: {
    js: '#!/usr/bin/env node\nimport { createRequire as __require } from "node:module"; const require = __require(import.meta.url);',
  },
});

async function bundle(name: string, options: BuildOptions): Promise<void> {
  const outfile = join(DIST, name);
  await build({ ...COMMON, ...options, outfile });
  console.log(`${relative(ROOT, outfile)}  ${(statSync(outfile).size / 1e6).toFixed(1)} MB`);
}
