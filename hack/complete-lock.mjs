/**
 * Adds to package-lock.json the platform packages that the registry at hand did not have.
 *
 * `npm install` behind a mirror that holds one platform only leaves the others out of the lock file, and `npm ci` then
 * refuses it on every platform. Run this after such an install; with a complete registry it changes nothing.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const LOCK = fileURLToPath(new URL("../package-lock.json", import.meta.url));
const SYSTEMS = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const PROCESSORS = ["arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64", "arm"];

const lock = JSON.parse(readFileSync(LOCK, "utf8"));
const missing = Object.values(lock.packages).flatMap((parent) => missingOf(parent, lock.packages));
const packages = { ...lock.packages, ...Object.fromEntries(missing) };
const sorted = Object.fromEntries(Object.entries(packages).toSorted(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(LOCK, `${JSON.stringify({ ...lock, packages: sorted }, undefined, 2)}\n`);
console.error(`${missing.length} platform packages added to package-lock.json`);

function missingOf(parent, known) {
  return Object.entries(parent.optionalDependencies ?? {})
    .map(([name, version]) => [`node_modules/${name}`, platformEntry(name, version, parent)])
    .filter(([path, entry]) => known[path] === undefined && entry !== undefined);
}

/** What npm itself writes for such a package, but for the checksum, which only the registry that holds it can give. */
function platformEntry(name, version, parent) {
  const words = name.split("/").at(-1).split("-");
  const os = SYSTEMS.find((system) => words.includes(system));
  const cpu = PROCESSORS.find((processor) => words.includes(processor));
  if (os === undefined || cpu === undefined || !/^\d/.test(version)) return undefined;
  const libc = libcOf(words);
  return {
    version,
    cpu: [cpu],
    ...(parent.dev === true && { dev: true }),
    ...(libc !== undefined && { libc: [libc] }),
    optional: true,
    os: [os],
  };
}

function libcOf(words) {
  if (words.some((word) => word.startsWith("musl"))) return "musl";
  return words.some((word) => word === "gnu" || word === "gnueabihf") ? "glibc" : undefined;
}
