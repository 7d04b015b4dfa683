import { table } from "../../src/cli/output.ts";
import { readTables, type TableStep } from "../../src/testing/decode-cases.ts";
import type { PeerAnswer } from "./ask.ts";
import { obtainPeers } from "./build.ts";
import { askEverybody } from "./everybody.ts";

/** One picture of the Kubernetes suite: who may not reach whom on one port, at one moment. */
interface Picture {
  readonly title: string;
  readonly step: TableStep;
  readonly pairs: readonly string[];
  readonly port: string;
  readonly denied: readonly string[];
}

/** How many of the pictures each tool draws rightly, and which it does not. */
export function endToEndText(): string {
  const peers = obtainPeers(process.env);
  const wrong = new Map<string, string[]>();
  const pictures = readTables("e2e.yaml").flatMap(({ id, steps }) =>
    steps.flatMap((step, i) => picturesOf(`${id}.${i + 1}`, step)),
  );
  for (const { title, step, pairs, port, denied } of pictures) {
    const flows = pairs.map((pair) => `${pair} ${port}`);
    for (const [tool, answers] of askEverybody(peers, { sketch: step, others: [], flows, without: RAW })) {
      const misses = wrong.get(tool) ?? [];
      wrong.set(tool, misses);
      const miss = pairs.flatMap((pair, i) => missOf(pair, answers[i], denied));
      if (miss.length > 0) misses.push(`${title} ${port} (${miss[0]})`);
    }
  }
  const rows = [...wrong].map(([tool, misses]) => [
    tool,
    String(pictures.length - misses.length),
    String(misses.length),
    misses.join("; "),
  ]);
  return table([["TOOL", "RIGHT", "WRONG", "WHERE"], ...rows]);
}

/** What the suite applies goes through the API server. */
const RAW = ["kube-network-policies raw"] as const;

function picturesOf(title: string, step: TableStep): readonly Picture[] {
  const names = Object.keys(step.pods);
  const pairs = names.flatMap((from) => names.filter((to) => to !== from).map((to) => `${from} > ${to}`));
  return Object.entries(step.denied).map(([port, denied]) => ({ title, step, pairs, port, denied }));
}

function missOf(pair: string, answer: PeerAnswer | undefined, denied: readonly string[]): readonly string[] {
  const right = denied.includes(pair) ? "denied" : "allowed";
  return answer === right ? [] : [`${pair}: ${answer ?? "nothing"}`];
}
