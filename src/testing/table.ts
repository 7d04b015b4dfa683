import { NAMESPACE_NAME_LABEL, type Labels } from "../model/labels.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import {
  PROTOCOLS,
  type NamedPort,
  type Namespace,
  type Pod,
  type PodPhase,
  type Protocol,
  type Unreadable,
  type WorkloadRef,
} from "../model/world.ts";

/**
 * The little language of the tables. A pod is written `x/a`: it has the label `pod: a`, and listens on 80 and 81 of
 * every protocol under names such as `serve-80-tcp`. A namespace has no label but its name. A table says only what
 * differs from that.
 */
export interface ClusterSketch {
  readonly pods: Readonly<Record<string, PodSketch>>;
  /** Labels besides the name; `unknown` where no Namespace object was given. Namespaces of pods need no entry. */
  readonly namespaces?: Readonly<Record<string, Labels | "unknown">>;
  readonly policies?: readonly NetworkPolicy[];
}

/** The address alone, or what is special about the pod. */
export type PodSketch = string | PodDetails;

export interface PodDetails {
  readonly ips?: readonly string[];
  /** All of the labels, `pod` included. */
  readonly labels?: Labels;
  /** All of the named ports, as `web=TCP/8080`. */
  readonly ports?: readonly string[];
  /** Those of a native sidecar, which count as well. */
  readonly sidecarPorts?: readonly string[];
  /** Those of an init container that has ended, which do not. */
  readonly initPorts?: readonly string[];
  /** `StatefulSet/db` */
  readonly owner?: string;
  readonly node?: string;
  readonly nodeIPs?: readonly string[];
  readonly hostNetwork?: boolean;
  readonly phase?: PodPhase;
  readonly terminating?: boolean;
  /** Given: the pod stands for a workload's template with so many replicas. */
  readonly replicas?: number;
}

/** A cluster small enough to draw: what the evaluator and the naive reference both read. */
export interface SmallCluster {
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly pods: readonly Pod[];
  readonly policies: readonly NetworkPolicy[];
  /** Objects that are there and cannot be read; none where it is not said. */
  readonly unreadable?: readonly Unreadable[];
}

export function clusterOf(sketch: ClusterSketch): SmallCluster {
  const pods = Object.entries(sketch.pods).map(([name, details]) => podOf(name, details));
  const given = Object.entries(sketch.namespaces ?? {});
  const namespaces = new Map(pods.map((pod) => [pod.namespace, namespaceOf(pod.namespace, {})]));
  for (const [name, labels] of given) namespaces.set(name, namespaceOf(name, labels));
  return { pods, namespaces, policies: sketch.policies ?? [] };
}

export function namespaceOf(name: string, labels: Labels | "unknown"): Namespace {
  const labelsKnown = labels !== "unknown";
  const others = labels === "unknown" ? {} : labels;
  const known = { labels: { ...others, [NAMESPACE_NAME_LABEL]: name }, labelsKnown };
  return { name, ...known, terminating: false, acceptsPermitsFrom: [] };
}

export function podOf(text: string, sketch: PodSketch): Pod {
  const [namespace = "", name = ""] = text.split("/");
  const details = typeof sketch === "string" ? { ips: [sketch] } : sketch;
  return {
    namespace,
    name,
    uid: text,
    labels: details.labels ?? { pod: name },
    owner: ownerOf(details.owner),
    addresses: details.ips ?? [],
    node: details.node ?? "",
    nodeAddresses: details.nodeIPs ?? [],
    hostNetwork: details.hostNetwork ?? false,
    phase: details.phase ?? "Running",
    terminating: details.terminating ?? false,
    ports: [...(details.ports?.map(namedPort) ?? SERVED), ...(details.sidecarPorts ?? []).map(namedPort)],
    replicas: details.replicas ?? 1,
    fromTemplate: details.replicas !== undefined,
  };
}

const SERVED: readonly NamedPort[] = PROTOCOLS.flatMap((protocol) =>
  [80, 81].map((number) => ({ name: `serve-${number}-${protocol.toLowerCase()}`, protocol, number })),
);

function ownerOf(text: string | undefined): WorkloadRef | undefined {
  const [kind, name] = text?.split("/") ?? [];
  return kind === undefined || name === undefined ? undefined : { kind, name };
}

/** `web=TCP/8080` */
export function namedPort(text: string): NamedPort {
  const [name = "", port = ""] = text.split("=");
  const { protocol, number } = readPort(port);
  return { name, protocol, number };
}

/** `TCP/80` */
export function readPort(text: string): { readonly protocol: Protocol; readonly number: number } {
  const [name, number] = text.split("/");
  const protocol = PROTOCOLS.find((known) => known === name);
  if (protocol === undefined || !/^\d+$/.test(number ?? ""))
    throw new Error(`${text} is no port such as TCP/80`);
  return { protocol, number: Number(number) };
}

export type Cell = "Allowed" | "Denied" | "Unknown";

const CELLS: Readonly<Record<Cell, string>> = { Allowed: ".", Denied: "X", Unknown: "?" };

/** Draws who reaches whom: a row a source, a column a destination; X is denied, ? is unknown. */
export function picture(names: readonly string[], cell: (from: string, to: string) => Cell): string {
  const width = Math.max(...names.map((name) => name.length)) + 1;
  const line = (head: string, cells: readonly string[]): string =>
    [head, ...cells]
      .map((text) => text.padEnd(width))
      .join("")
      .trimEnd();
  const rows = names.map((from) =>
    line(
      from,
      names.map((to) => CELLS[cell(from, to)]),
    ),
  );
  return [line("", names), ...rows].join("\n");
}
