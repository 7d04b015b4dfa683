/**
 * Makes a checkout ready to run: dependencies as package-lock.json says, and the Node that they bring along.
 * Plain JavaScript without dependencies, because it runs before any of that is there, under Node 20 or later.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The Node to run the project with, after whatever had to be installed is installed. */
export function setUp() {
  if (!isInstalled()) install();
  const pinned = join(
    ROOT,
    "node_modules",
    "node",
    "bin",
    process.platform === "win32" ? "node.exe" : "node",
  );
  if (runs(pinned)) return pinned;
  // Install scripts switched off, or a system the pinned binary is not made for: any Node with type stripping will do.
  if (isRecent(process.versions.node)) return process.execPath;
  fail(`${pinned} does not run and this is Node ${process.versions.node}: install Node 22.19 or later`);
}

/** npm writes the inner lock file last, so an install that was cut short never looks complete. */
function isInstalled() {
  const wanted = packagesIn("package-lock.json");
  const present = packagesIn(join("node_modules", ".package-lock.json"));
  if (wanted === undefined) fail("package-lock.json cannot be read");
  if (present === undefined) return false;
  return Object.entries(wanted)
    .filter(([path, entry]) => path !== "" && entry.optional !== true)
    .every(([path, entry]) => present[path]?.version === entry.version);
}

function packagesIn(lockFile) {
  try {
    return JSON.parse(readFileSync(join(ROOT, lockFile), "utf8")).packages;
  } catch {
    return undefined;
  }
}

function install() {
  console.error("installing dependencies with npm ci, about half a minute…");
  const started = Date.now();
  // stdout belongs to the command that follows, so all of npm's goes to stderr.
  const { status, error } = npm(["ci", "--loglevel=error"], { cwd: ROOT, stdio: ["ignore", 2, 2] });
  if (status !== 0)
    fail(`npm ci failed${error === undefined ? "" : `: ${error.message}`}; its output is above`);
  console.error(`installed in ${Math.round((Date.now() - started) / 1000)} s`);
}

/** The npm that started us, if any: on Windows a bare `npm` needs a shell. */
function npm(args, options) {
  const running = process.env.npm_execpath ?? "";
  if (running.endsWith("npm-cli.js")) return spawnSync(process.execPath, [running, ...args], options);
  return spawnSync("npm", args, { ...options, shell: process.platform === "win32" });
}

function runs(node) {
  return spawnSync(node, ["--version"], { stdio: "ignore" }).status === 0;
}

function isRecent(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 19);
}

function fail(message) {
  console.error(`setup: ${message}`);
  process.exit(1);
}
