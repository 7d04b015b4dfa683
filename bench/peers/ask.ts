import { spawnSync } from "node:child_process";
import { isRecord } from "../../src/manifest/decode-json.ts";
import { parseRange, contains } from "../../src/core/addresses.ts";
import { hasPort } from "../../src/core/ports.ts";
import { PROTOCOLS } from "../../src/model/world.ts";
import { readConnection } from "./answers.ts";
import type { Peer } from "./build.ts";
import type { Flow } from "./small.ts";

/** What a tool says to a flow: `allowed`, `denied`, `unknown`, which only we say, or why it says nothing. */
export type PeerAnswer = "allowed" | "denied" | "unknown" | `no answer: ${string}`;

/**
 * The ways in which the peers can be asked about single flows. netpol-analyzer has two that differ; kube-network-policies
 * may also be given policies raw, with the empty lists that the API server would drop.
 */
export type Column =
  | Exclude<Peer, "netpol-analyzer">
  | "netpol-analyzer list"
  | "netpol-analyzer eval"
  | "kube-network-policies raw";

export const COLUMNS: readonly (readonly [Column, Peer])[] = [
  ["netpol-analyzer list", "netpol-analyzer"],
  ["netpol-analyzer eval", "netpol-analyzer"],
  ["cyclonus", "cyclonus"],
  ["policy-assistant", "policy-assistant"],
  ["kube-network-policies", "kube-network-policies"],
  ["kube-network-policies raw", "kube-network-policies"],
];

/** Asks about flows of the cluster that `writeSmall` put into the folder, and gives an answer for each. */
export function ask(
  column: Column,
  program: string,
  folder: string,
  flows: readonly Flow[],
): readonly PeerAnswer[] {
  switch (column) {
    case "netpol-analyzer list":
      return netpolList(program, folder, flows);
    case "netpol-analyzer eval":
      return flows.map((flow) => netpolEval(program, folder, flow));
    case "cyclonus":
      return cyclonus(program, folder, flows);
    case "policy-assistant":
      return policyAssistant(program, folder, flows);
    case "kube-network-policies":
      return packets(program, folder, flows);
    case "kube-network-policies raw":
      return packets(program, folder, flows, "-raw");
  }
}

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function runIn(cwd: string, program: string, ...args: readonly string[]): Ran {
  return spawnSync(program, args, { cwd, encoding: "utf8", timeout: 60_000, maxBuffer: 1e8 });
}

/** A pair that the list does not name is denied; a pod and itself are never named. */
function netpolList(program: string, folder: string, flows: readonly Flow[]): readonly PeerAnswer[] {
  const ran = runIn(folder, program, "list", "-q", "--dirpath", "k8s", "-o", "json");
  if (ran.status !== 0) return flows.map(() => noAnswer(ran));
  const lines = jsonArray(ran.stdout)
    .filter(isRecord)
    .map(({ src, dst, conn }) => ({
      from: String(src),
      to: String(dst),
      connection: readConnection(String(conn)),
    }));
  return flows.map((flow) => {
    if (flow.from === flow.to) return "no answer: it lists no pod's way to itself";
    const isListed = lines.some(
      ({ from, to, connection }) =>
        isEnd(from, flow.from) && isEnd(to, flow.to) && hasFlowPort(connection, flow),
    );
    return isListed ? "allowed" : "denied";
  });
}

/** `x/a[Pod]`, or a range of addresses outside, `0.0.0.0-9.255.255.255`. */
function isEnd(listed: string, asked: string): boolean {
  const address = parseRange(asked);
  if (address === undefined) return listed.replace(/\[\w+\]$/, "") === asked;
  const [first, last] = (/^([\d.]+)-([\d.]+)/.exec(listed) ?? []).slice(1).map(parseRange);
  return (
    first !== undefined &&
    last !== undefined &&
    contains({ family: "IPv4", first: first.first, last: last.last }, address)
  );
}

function hasFlowPort(connection: ReturnType<typeof readConnection>, { protocol, port }: Flow): boolean {
  const known = PROTOCOLS.find((each) => each === protocol);
  return known !== undefined && hasPort(connection, known, port);
}

function netpolEval(program: string, folder: string, { from, to, protocol, port }: Flow): PeerAnswer {
  const source = isAddress(from) ? ["--source-ip", from] : podArguments(from, "-n", "-s");
  const destination = isAddress(to)
    ? ["--destination-ip", to]
    : podArguments(to, "--destination-namespace", "-d");
  const flow = [...source, ...destination, "-p", String(port), "--protocol", protocol.toLowerCase()];
  const ran = runIn(folder, program, "eval", "-q", "--dirpath", "k8s", ...flow);
  const verdict = /: (true|false)\s*$/m.exec(ran.stdout + ran.stderr)?.[1];
  if (ran.status !== 0 || verdict === undefined) return noAnswer(ran);
  return verdict === "true" ? "allowed" : "denied";
}

function podArguments(text: string, namespaceFlag: string, podFlag: string): readonly string[] {
  const [namespace = "", name = ""] = text.split("/");
  return [namespaceFlag, namespace, podFlag, name];
}

function isAddress(text: string): boolean {
  return parseRange(text) !== undefined;
}

const TRAFFIC = ["--policy-path", "k8s/policies", "--traffic-path", "traffic.json"];

function cyclonus(program: string, folder: string, flows: readonly Flow[]): readonly PeerAnswer[] {
  const ran = runIn(folder, program, "analyze", "--mode", "query-traffic", ...TRAFFIC);
  const verdicts = [...ran.stdout.matchAll(/IS ALLOWED\? \|\s+(TRUE|FALSE)/g)].map(
    ([, word]) => word === "TRUE",
  );
  return inOrder(verdicts, flows, ran);
}

/** Its table leaves a cell empty that says the same as the one above. */
function policyAssistant(program: string, folder: string, flows: readonly Flow[]): readonly PeerAnswer[] {
  const ran = runIn(folder, program, "analyze", "--mode", "walkthrough", ...TRAFFIC);
  const verdicts: boolean[] = [];
  for (const line of ran.stdout.split("\n").filter((row) => /^\|.*->/.test(row))) {
    const word = line.split("|")[2]?.trim() ?? "";
    verdicts.push(word === "" ? verdicts.at(-1) === true : word === "Allowed");
  }
  return inOrder(verdicts, flows, ran);
}

function inOrder(verdicts: readonly boolean[], flows: readonly Flow[], ran: Ran): readonly PeerAnswer[] {
  if (verdicts.length !== flows.length) return flows.map(() => noAnswer(ran));
  return verdicts.map((isAllowed) => (isAllowed ? "allowed" : "denied"));
}

function packets(
  program: string,
  folder: string,
  flows: readonly Flow[],
  ...options: readonly string[]
): readonly PeerAnswer[] {
  const probes = [...new Set(flows.map(probeOf))].join();
  const outside = [...new Set(flows.flatMap(({ from, to }) => [from, to]).filter(isAddress))].join();
  const ran = runIn(folder, program, "-dir", "k8s", "-probe", probes, "-address", outside, ...options);
  if (ran.status !== 0) return flows.map(() => noAnswer(ran));
  const answers: unknown = JSON.parse(ran.stdout);
  return flows.map((flow) => {
    const answer = isRecord(answers) ? answers[probeOf(flow)] : undefined;
    const pair = `${flow.from} > ${flow.to}`;
    if (holds(answer, "allowed", pair)) return "allowed";
    return holds(answer, "denied", pair) ? "denied" : "no answer: no packet leaves the pod";
  });
}

function probeOf({ protocol, port }: Flow): string {
  return `${protocol}/${port}`;
}

function holds(answer: unknown, list: "allowed" | "denied", pair: string): boolean {
  const pairs = isRecord(answer) ? answer[list] : undefined;
  return Array.isArray(pairs) && pairs.includes(pair);
}

function jsonArray(text: string): readonly unknown[] {
  const parsed: unknown = JSON.parse(text.slice(text.indexOf("[")));
  return Array.isArray(parsed) ? parsed : [];
}

/** The line of its last words that says most. */
function noAnswer({ stdout, stderr }: Ran): PeerAnswer {
  const lines = `${stderr}\n${stdout}`.split("\n").filter((line) => line.trim() !== "");
  const telling =
    lines.find((line) => /^panic|level=fatal/.test(line)) ?? lines.find((line) => /error/i.test(line));
  const words =
    (telling ?? lines[0] ?? "nothing was said").replace(/^time=.*?msg="/, "").split("\\n")[0] ?? "";
  return `no answer: ${words.slice(0, 150)}`;
}
