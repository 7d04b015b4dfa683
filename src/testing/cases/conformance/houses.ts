import type { NetworkPolicy } from "../../../model/network-policy.ts";
import type { Family } from "../../../core/answer.ts";
import type { ClusterSketch, PodDetails } from "../../table.ts";

/**
 * The cast of the network-policy-api conformance suite: four houses of two pods each, and a forest whose pods are on the
 * network of their nodes. `G0` is the first pod of gryffindor.
 */
export const HOUSES = {
  G: "gryffindor",
  S: "slytherin",
  H: "hufflepuff",
  R: "ravenclaw",
  F: "forbidden-forrest",
} as const;

export type House = keyof typeof HOUSES;

/** One subtest of the suite: the cluster at one moment after another, and who gets through. */
export interface Subtest {
  /** The suite's own name of the test. */
  readonly test: string;
  readonly name: string;
  readonly steps: readonly Step[];
}

export interface Step {
  /** ClusterNetworkPolicies, as one would apply them. */
  readonly clusterPolicies: readonly object[];
  readonly policies?: readonly NetworkPolicy[];
  /** Houses whose namespace says that it is another. */
  readonly disguised?: Partial<Record<House, string>>;
  /** `G0 > H1 TCP/80` */
  readonly allowed: readonly string[];
  readonly denied: readonly string[];
}

/** A flow of a step in the words of the tables. */
export function flowOf(text: string): string {
  return text.replaceAll(/\b([GSHRF])([01])\b/g, (_, house: House, n: string) => `${HOUSES[house]}/${n}`);
}

export function sketchOf({ policies = [], disguised = {} }: Step, family: Family): ClusterSketch {
  const houses: readonly House[] = ["G", "S", "H", "R", "F"];
  const pods = houses.flatMap((house, h) =>
    [0, 1].map((n) => [`${HOUSES[house]}/${n}`, podOf(house, h, n, family)] as const),
  );
  const namespaces = houses.map(
    (house) => [HOUSES[house], { "conformance-house": disguised[house] ?? HOUSES[house] }] as const,
  );
  return { pods: Object.fromEntries(pods), namespaces: Object.fromEntries(namespaces), policies };
}

function podOf(house: House, h: number, n: number, family: Family): PodDetails {
  const onNode = { node: `node-${n}`, nodeIPs: [nodeAddress(n, family)] };
  const labels = { "conformance-house": HOUSES[house] };
  if (house === "F") return { ...onNode, labels, ips: onNode.nodeIPs, hostNetwork: true, ports: [] };
  return { ...onNode, labels, ips: [address(h, n, family)], ports: ["web=TCP/80", "dns=UDP/53"] };
}

/** The addresses of a pod, as a network of its own. */
export function networkOf(house: House, n: number, family: Family): string {
  const h = Object.keys(HOUSES).indexOf(house);
  return `${address(h, n, family)}/${family === "IPv4" ? 32 : 128}`;
}

function address(h: number, n: number, family: Family): string {
  return family === "IPv4" ? `10.0.${h}.${n + 1}` : `fd00::${h}:${n + 1}`;
}

export function nodeAddress(n: number, family: Family): string {
  return family === "IPv4" ? `10.9.0.${n + 1}` : `fd09::${n + 1}`;
}
