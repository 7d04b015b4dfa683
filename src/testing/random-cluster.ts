import fc from "fast-check";
import type { Labels } from "../model/labels.ts";
import type { Namespace, NamedPort, Pod, PodPhase } from "../model/world.ts";
import { KEYS, NAMESPACES, policyArbitrary, VALUES } from "./random-policy.ts";
import { namespaceOf, podOf, type SmallCluster } from "./table.ts";

/** Clusters of a few pods in which every choice that decides a verdict is made both ways. */
export function clusterArbitrary(): fc.Arbitrary<SmallCluster> {
  return fc.record({ namespaces: namespaces(), pods: pods(), policies: policies() });
}

/** Addresses that are no pod's: outside, beside the pods, and the nodes themselves. */
export const OUTSIDE: readonly string[] = [
  "192.0.2.1",
  "192.0.2.200",
  "10.0.1.99",
  "10.9.0.1",
  "10.9.0.2",
  "2001:db8::1",
  "fd00::99",
  "fd09::1",
];

/** Declared, named, in a range, at the edges, and of every protocol. */
export const PROBED: readonly string[] = [
  "TCP/80",
  "TCP/81",
  "TCP/8080",
  "TCP/65535",
  "UDP/53",
  "UDP/80",
  "SCTP/80",
];

function namespaces(): fc.Arbitrary<ReadonlyMap<string, Namespace>> {
  const described = fc.tuple(
    ...NAMESPACES.map(() => fc.oneof({ weight: 5, arbitrary: labels() }, fc.constant("unknown" as const))),
  );
  return described.map(
    (each) => new Map(NAMESPACES.map((name, i) => [name, namespaceOf(name, each[i] ?? {})])),
  );
}

function labels(): fc.Arbitrary<Labels> {
  return fc.dictionary(fc.constantFrom(...KEYS), fc.constantFrom(...VALUES), { maxKeys: 2 });
}

function pods(): fc.Arbitrary<readonly Pod[]> {
  return fc.array(sketch(), { minLength: 2, maxLength: 5 }).map((sketches) => sketches.map(place));
}

function policies(): fc.Arbitrary<SmallCluster["policies"]> {
  return fc
    .integer({ min: 0, max: 5 })
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => policyArbitrary(index))));
}

interface Sketch {
  readonly namespace: string;
  readonly labels: Labels;
  readonly families: "v4" | "v6" | "dual" | "none";
  readonly node: number;
  readonly hostNetwork: boolean;
  readonly phase: PodPhase;
  readonly ports: readonly NamedPort[];
  readonly replicas: number;
}

function sketch(): fc.Arbitrary<Sketch> {
  return fc.record({
    namespace: fc.constantFrom(...NAMESPACES),
    labels: labels(),
    families: fc.constantFrom("v4", "v4", "v4", "dual", "dual", "v6", "none"),
    node: fc.integer({ min: 0, max: 2 }),
    hostNetwork: rarely(8),
    phase: fc.constantFrom<PodPhase[]>(...COMMON_PHASES, "Pending", "Succeeded", "Failed", "Unknown"),
    ports: fc.subarray([...NAMED]),
    replicas: fc.constantFrom(0, 0, 0, 0, 0, 1, 2),
  });
}

function rarely(times: number): fc.Arbitrary<boolean> {
  return fc.integer({ min: 1, max: times }).map((n) => n === times);
}

const COMMON_PHASES: readonly PodPhase[] = Array.from({ length: 16 }, () => "Running");

/** The same name with another number and with another protocol, beside its own. */
const NAMED: readonly NamedPort[] = [
  { name: "web", protocol: "TCP", number: 80 },
  { name: "web", protocol: "TCP", number: 8080 },
  { name: "web", protocol: "UDP", number: 80 },
  { name: "dns", protocol: "UDP", number: 53 },
  { name: "dns", protocol: "TCP", number: 81 },
];

/** The n-th pod has its own addresses, a pod on the host's network those of its node; node 0 is no node at all. */
function place(sketch: Sketch, n: number): Pod {
  const { namespace, labels, node, hostNetwork, phase, ports } = sketch;
  const [v4, v6] =
    hostNetwork && node > 0 ? [`10.9.0.${node}`, `fd09::${node}`] : [`10.0.${n % 2}.${n}`, `fd00::${n}`];
  const ips = { v4: [v4], v6: [v6], dual: [v4, v6], none: [] }[sketch.families];
  const pod = podOf(`${namespace}/pod-${n}`, {
    ips,
    labels,
    hostNetwork,
    phase,
    node: node === 0 ? "" : `node-${node}`,
    nodeIPs: node === 0 ? [] : [`10.9.0.${node}`, `fd09::${node}`],
    ...(sketch.replicas > 0 ? { replicas: sketch.replicas } : {}),
  });
  return { ...pod, ports };
}
