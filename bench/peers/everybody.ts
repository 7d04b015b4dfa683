import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRecord } from "../../src/manifest/decode-json.ts";
import { reachabilityTest } from "../../src/testing/manifests.ts";
import { clusterOf, type ClusterSketch } from "../../src/testing/table.ts";
import { ask, type Column, COLUMNS, type PeerAnswer } from "./ask.ts";
import type { Peer } from "./build.ts";
import { type Flow, readFlow, writeSmall } from "./small.ts";

/** What is asked of all tools alike. */
export interface Question {
  readonly sketch: ClusterSketch;
  /** Manifests besides the sketch, such as cluster-scoped policies. */
  readonly others: readonly object[];
  /** `x/a > x/b TCP/80` */
  readonly flows: readonly string[];
  /** Whom it would be unfair to ask. */
  readonly without?: readonly Column[];
}

export const OURS = "serviceaccess";

/** The answers of every tool that can be had, from the same files, in the order of the flows. */
export function askEverybody(
  peers: ReadonlyMap<Peer, string>,
  { sketch, others, flows, without = [] }: Question,
): ReadonlyMap<string, readonly PeerAnswer[]> {
  const folder = mkdtempSync(join(tmpdir(), "serviceaccess-peers-"));
  const asked = flows.map(readFlow);
  try {
    writeSmall(folder, sketch, others, asked);
    const answers = new Map([[OURS, ours(folder, sketch, asked)]]);
    for (const [column, peer] of COLUMNS) {
      const program = peers.get(peer);
      if (program === undefined || without.includes(column)) continue;
      answers.set(column, ask(column, program, folder, asked));
    }
    return answers;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const COMMAND = join(import.meta.dirname, "..", "..", "hack", "serviceaccess");

function ours(folder: string, sketch: ClusterSketch, flows: readonly Flow[]): readonly PeerAnswer[] {
  const cases = flows.map(({ from, to, protocol, port }) => ({
    from,
    to,
    port: `${protocol}/${port}`,
    expect: "Allowed" as const,
  }));
  writeFileSync(join(folder, "test.json"), reachabilityTest(clusterOf(sketch), cases));
  const { stdout, stderr } = spawnSync(COMMAND, ["test", "test.json", "-f", "k8s", "-o", "json"], {
    cwd: folder,
    encoding: "utf8",
  });
  if (stdout === "") return flows.map(() => `no answer: ${stderr.trim()}` as const);
  const report: unknown = JSON.parse(stdout);
  const results: readonly unknown[] =
    isRecord(report) && Array.isArray(report["results"]) ? report["results"] : [];
  return results.map((result) => {
    const verdict = isRecord(result) ? result["verdict"] : undefined;
    if (verdict === "Allowed") return "allowed";
    return verdict === "Denied" ? "denied" : "unknown";
  });
}
