import type { Engine, Touched } from "../../src/core/engine.ts";
import { reachability } from "../../src/core/queries.ts";
import type { NetworkPolicy, NetworkPolicySpec, PolicyPeer } from "../../src/model/network-policy.ts";
import type { DecodedCluster } from "../shapes/decoded.ts";
import { LARGE } from "../shapes/shapes.ts";
import { dice, latency, loadedEngine, pick, type Reading } from "./task.ts";

const EACH = 1000;
const BUDGET = 4000;

/** A policy is put, and removed again: both are events. In equal shares whatever may be hard about a policy. */
export function policyEvents(cluster: DecodedCluster): readonly Reading[] {
  const engine = loadedEngine(cluster);
  reachability(engine);
  const all = Object.entries(kindsIn(cluster)).map(([name, make]) => ({
    name,
    ...putAndRemove(engine, make),
  }));
  return [
    ...latency("policy event", equalShares(all.map(({ event }) => event))),
    ...latency("policy event and what applies", equalShares(all.map(({ settled }) => settled))),
    ...all.flatMap(({ name, event }) => latency(`policy event: ${name}`, event)),
  ];
}

function kindsIn({
  namespaces,
}: DecodedCluster): Readonly<Record<string, (number: number) => NetworkPolicy>> {
  const roll = dice();
  const small = (): string => pick(namespaces, roll).name;
  return {
    "one workload": () => policy(small(), { podSelector: { matchLabels: { app: `app${roll(20)}` } } }),
    "a whole namespace of 1,000 classes": () => policy(LARGE, {}),
    "new own label key": (i) => policy(LARGE, from({ podSelector: { matchLabels: { [`own-${i}`]: "x" } } })),
    "new label key anywhere": (i) => policy(LARGE, from(anywhere(`any-${i}`))),
    "label key that every pod has": () => policy(LARGE, from(anywhere("pod-template-hash"))),
    "new block outside": (i) => policy(small(), from(block(`203.${i >> 8}.${i & 255}.0/24`))),
    "new block of pods": (i) => policy(small(), from(block(`10.${i & 1}.${i & 255}.${(i >> 3) & 224}/27`))),
    "new port name": (i) => policy(small(), { ingress: [{ ports: [{ port: `port-${i}` }] }] }),
  };
}

/** Every event is followed by what the operator does next: find out what applies to the classes it touched. */
function putAndRemove(engine: Engine, make: (number: number) => NetworkPolicy): Times {
  const event: number[] = [];
  const settled: number[] = [];
  const happens = (change: () => Touched): void => {
    const start = performance.now();
    const { classes } = change();
    event.push((performance.now() - start) * 1000);
    for (const { pod } of classes === "all" ? [] : classes) {
      engine.applyingTo("egress", pod);
      engine.applyingTo("ingress", pod);
    }
    settled.push((performance.now() - start) * 1000);
  };
  const end = performance.now() + BUDGET;
  for (let i = 0; i < EACH && performance.now() < end; i++) {
    const changing = make(i);
    happens(() => engine.putPolicy(changing));
    happens(() => engine.removePolicy(changing.metadata));
  }
  return { event, settled };
}

interface Times {
  readonly event: readonly number[];
  readonly settled: readonly number[];
}

/** Slow kinds were perhaps ended early; they count as much as the others. */
function equalShares(kinds: readonly (readonly number[])[]): readonly number[] {
  const most = Math.max(...kinds.map((times) => times.length));
  return kinds.flatMap((times) => Array.from({ length: most }, (_, i) => times[i % times.length] ?? 0));
}

function policy(namespace: string, spec: NetworkPolicySpec): NetworkPolicy {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { namespace, name: "changing" },
    spec: { podSelector: {}, policyTypes: ["Ingress"], ...spec },
  };
}

function from(peer: PolicyPeer): NetworkPolicySpec {
  return { ingress: [{ from: [peer] }] };
}

function anywhere(key: string): PolicyPeer {
  return { namespaceSelector: {}, podSelector: { matchLabels: { [key]: "x" } } };
}

function block(cidr: string): PolicyPeer {
  return { ipBlock: { cidr } };
}
