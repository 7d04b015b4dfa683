import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { arch, platform } from "node:process";

import { defaultKubernetes, type Program, type Source } from "./programs.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What `go build` is told besides the package; part of the cache key, because it changes the result. */
export const buildFlags = ["-trimpath"];

/**
 * The folder of the programs built from one source: the same for every checkout of the user, another as soon as a
 * version, a checksum or a flag changes. One folder per source, so a second Kubernetes version reuses etcd and kwok.
 */
export function cacheFolder(source: Source, environment: Environment): string {
  const base = environment["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(
    base,
    "serviceaccess",
    "control-plane",
    `${source.name}-${source.version}-${fingerprint(source)}`,
  );
}

export function cached(source: Source, program: Program, environment: Environment): string | undefined {
  const file = join(cacheFolder(source, environment), program);
  return existsSync(file) ? file : undefined;
}

/** go.sum is committed for the default Kubernetes version only; the others are checked by Go's checksum database. */
export function isCommitted(source: Source): boolean {
  return source.name !== "kubernetes" || source.version === defaultKubernetes;
}

function fingerprint(source: Source): string {
  const hash = createHash("sha256");
  for (const part of [source.version, platform, arch, ...buildFlags, ...source.stamp])
    hash.update(`${part}\n`);
  const pins = isCommitted(source) ? ["tools.go", "go.sum"] : ["tools.go"];
  for (const file of pins) hash.update(readFileSync(join(source.folder, file)));
  return hash.digest("hex").slice(0, 12);
}
