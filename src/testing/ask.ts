import { parseRange } from "../core/addresses.ts";
import type { Answer, Connections, Verdict } from "../core/answer.ts";
import { check, connections } from "../core/check.ts";
import type { Endpoint } from "../core/endpoint.ts";
import { compileCluster, type Evaluator } from "../core/evaluator.ts";
import { hasPort } from "../core/ports.ts";
import { type NaiveEnd, type NaiveVerdict, naiveVerdict } from "./naive.ts";
import { readPort, type SmallCluster } from "./table.ts";

/** A cluster that can be asked in the words of the tables. */
export interface Asked {
  readonly evaluator: Evaluator;
  /** `x/a > 10.0.0.0/8 TCP/80` */
  answer(flow: string): Answer;
  /** The same flow's verdict, read off everything that may pass between its ends. */
  passes(flow: string): Verdict;
  /** What the naive reference says to it. */
  naively(flow: string): NaiveVerdict;
}

export function asked(cluster: SmallCluster): Asked {
  const evaluator = compileCluster(cluster);
  const known = new Map<string, Connections>();
  return {
    evaluator,
    answer(flow) {
      const { from, to, port } = readFlow(flow);
      const { protocol, number } = readPort(port);
      return check(evaluator, endpointOf(cluster, from), endpointOf(cluster, to), { protocol, port: number });
    },
    passes(flow) {
      const { from, to, port } = readFlow(flow);
      const { protocol, number } = readPort(port);
      const pair = `${from} > ${to}`;
      const between =
        known.get(pair) ?? connections(evaluator, endpointOf(cluster, from), endpointOf(cluster, to));
      known.set(pair, between);
      const { allowed, unknown } = between;
      if (hasPort(allowed, protocol, number)) return "Allowed";
      return hasPort(unknown, protocol, number) ? "Unknown" : "Denied";
    },
    naively(flow) {
      const { from, to, port } = readFlow(flow);
      const { protocol, number } = readPort(port);
      return naiveVerdict(cluster, naiveEndOf(cluster, from), naiveEndOf(cluster, to), protocol, number);
    },
  };
}

export function endpointOf(cluster: SmallCluster, text: string): Endpoint {
  const pod = cluster.pods.find(({ namespace, name }) => `${namespace}/${name}` === text);
  if (pod !== undefined) return { kind: "pod", pod };
  const address = parseRange(text);
  if (address === undefined) throw new Error(`${text} is neither a pod of the table nor an address`);
  return { kind: "address", address };
}

/** The same end for the naive reference, which knows single addresses only. */
export function naiveEndOf(cluster: SmallCluster, text: string): NaiveEnd {
  return cluster.pods.find(({ namespace, name }) => `${namespace}/${name}` === text) ?? text;
}

interface FlowText {
  readonly from: string;
  readonly to: string;
  readonly port: string;
}

function readFlow(text: string): FlowText {
  const [, from, to, port] = /^(\S+) > (\S+) (\S+)$/.exec(text) ?? [];
  if (from === undefined || to === undefined || port === undefined) {
    throw new Error(`${text} is no flow such as x/a > x/b TCP/80`);
  }
  return { from, to, port };
}
