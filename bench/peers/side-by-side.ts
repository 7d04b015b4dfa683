import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Figure } from "../figures.ts";
import type { Reading } from "../tasks/task.ts";
import { shape } from "../shapes/shapes.ts";
import { type Answers, differences, readNetpol, readOurs } from "./answers.ts";
import { obtainPeers, type Peer, peerTitle } from "./build.ts";
import { writeCluster } from "./files.ts";
import { type Measured, measure, ourCommands, peerCommand } from "./commands.ts";

/** The port that most pods of the shop serve: tools that answer for one port are asked about this one. */
const PROBE = { protocol: "TCP", port: 8080 };

/** On how many pods a peer is asked: beyond that it takes more than five minutes, or more memory than there is. */
const LIMITS: Readonly<Partial<Record<Peer, number>>> = {
  "netpol-analyzer": 3206,
  cyclonus: 806,
  "kube-network-policies": 806,
};
const SIZES: readonly number[] = [406, 806, 1606, 3206];
const OUR_RUNS = 7;

/** Process to process on the shop: start-up, reading the same files, and the complete answer written out. */
export function* sideBySide(): Iterable<readonly Figure[]> {
  const peers = obtainPeers(process.env);
  for (const size of SIZES) yield atSize(size, peers);
}

function atSize(size: number, peers: ReadonlyMap<Peer, string>): readonly Figure[] {
  const folder = mkdtempSync(join(tmpdir(), "serviceaccess-bench-"));
  try {
    const cluster = shape("S", size);
    writeCluster(folder, cluster, PROBE);
    const { pods, policies, namespaces } = cluster;
    const sizes = { pods: pods.length, policies: policies.length, namespaces: namespaces.length };
    const ours = ourCommands(folder).map((command) => measure(command, folder, OUR_RUNS));
    const answers = ours.map(({ output }) => readOurs(output));
    const asked = [...peers].filter(([peer]) => size <= (LIMITS[peer] ?? 0));
    const theirs = asked.flatMap(([peer, program]) => {
      const title = peerTitle(peer);
      process.stderr.write(`${title} on ${size} pods\n`);
      const measured = measure({ title, line: peerCommand(peer, program, PROBE) }, folder, 1);
      return [
        ...timeAndMemory(measured),
        ...ours.map((own) => ratio(measured, own)),
        ...(peer === "netpol-analyzer" ? answers.map((own) => disagreements(own, measured.output)) : []),
      ];
    });
    return [...ours.flatMap(timeAndMemory), ...theirs].map((reading) => ({
      ...reading,
      input: { shape: "S", ...sizes },
    }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function timeAndMemory({ title, seconds, megabytes }: Measured): readonly Reading[] {
  const time: Reading = { name: `${title}: process to process`, value: seconds, unit: "s" };
  if (megabytes === undefined) return [time];
  return [time, { name: `${title}: largest memory`, value: megabytes, unit: "MB" }];
}

function ratio(theirs: Measured, ours: Measured): Reading {
  return { name: `${theirs.title} / ${ours.title}`, value: theirs.seconds / ours.seconds, unit: "x" };
}

/** It does not list a pod's way to itself, nor do we. */
function disagreements(ours: Answers, output: string): Reading {
  const found = differences(ours, readNetpol(output));
  for (const line of found.slice(0, 10)) process.stderr.write(`${line}\n`);
  return { name: "pairs of pods on which netpol-analyzer differs", value: found.length, unit: "" };
}
