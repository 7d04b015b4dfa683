import fc from "fast-check";
import { NAMESPACE_NAME_LABEL } from "../model/labels.ts";
import type { LabelSelector, LabelSelectorRequirement } from "../model/network-policy.ts";
import type {
  PodScope,
  TierAction,
  TierPeer,
  TierPolicy,
  TierPolicyKind,
  TierPort,
  TierRule,
} from "../model/tier-policy.ts";
import type { Node } from "../model/world.ts";
import type { TieredCluster } from "./naive-tiers.ts";
import { clusterArbitrary } from "./random-cluster.ts";
import { BLOCKS, KEYS, selector, VALUES } from "./random-policy.ts";

/** Random clusters with policies of all three kinds around the NetworkPolicies, often of equal priority. */
export function tieredClusterArbitrary(): fc.Arbitrary<TieredCluster> {
  return fc
    .tuple(clusterArbitrary(), tierPoliciesArbitrary(), nodesArbitrary())
    .map(([cluster, tierPolicies, nodes]) => ({ ...cluster, tierPolicies, nodes }));
}

function tierPoliciesArbitrary(): fc.Arbitrary<readonly TierPolicy[]> {
  return fc
    .integer({ min: 1, max: 4 })
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, i) => tierPolicyArbitrary(`p${i}`))));
}

/** The nodes whose addresses random pods on the host's network have; sometimes one is not there. */
export function nodesArbitrary(): fc.Arbitrary<readonly Node[]> {
  const labels = fc.dictionary(fc.constantFrom(...KEYS), fc.constantFrom(...VALUES), { maxKeys: 2 });
  const node = (n: number): fc.Arbitrary<Node> =>
    labels.map((own) => ({ name: `node-${n}`, labels: own, addresses: [`10.9.0.${n}`, `fd09::${n}`] }));
  const nodes = fc.tuple(node(1), node(2));
  return nodes.chain((both) => fc.oneof({ weight: 4, arbitrary: fc.constant(both) }, fc.subarray([...both])));
}

export function tierPolicyArbitrary(name: string): fc.Arbitrary<TierPolicy> {
  return fc
    .constantFrom<TierPolicyKind[]>(
      "ClusterNetworkPolicy",
      "ClusterNetworkPolicy",
      "AdminNetworkPolicy",
      "BaselineAdminNetworkPolicy",
    )
    .chain((kind) => policyOf(kind, name));
}

function policyOf(kind: TierPolicyKind, name: string): fc.Arbitrary<TierPolicy> {
  const isBaseline = kind === "BaselineAdminNetworkPolicy";
  return fc.record({
    kind: fc.constant(kind),
    name: fc.constant(name),
    tier:
      kind === "ClusterNetworkPolicy"
        ? fc.constantFrom("Admin", "Baseline")
        : fc.constant(isBaseline ? "Baseline" : "Admin"),
    priority: isBaseline ? fc.constant(0) : fc.constantFrom(0, 1, 2, 3),
    subject: fc.oneof({ weight: 40, arbitrary: scope() }, fc.constant(undefined)),
    ingress: rules(kind, sources()),
    egress: rules(kind, destinations()),
  });
}

function rules(kind: TierPolicyKind, peer: fc.Arbitrary<TierPeer>): fc.Arbitrary<readonly TierRule[]> {
  const actions: readonly TierAction[] =
    kind === "BaselineAdminNetworkPolicy" ? ["Accept", "Deny"] : ["Accept", "Deny", "Pass"];
  const rule = fc.record({
    name: fc.constant(""),
    action: fc.constantFrom(...actions),
    peers: fc.oneof(
      { weight: 20, arbitrary: fc.array(peer, { minLength: 1, maxLength: 2 }) },
      fc.constant([]),
    ),
    ports: fc.oneof(
      { weight: 8, arbitrary: fc.constant(undefined) },
      { weight: 12, arbitrary: fc.array(port(), { minLength: 1, maxLength: 2 }) },
      fc.constant([]),
    ),
  });
  return fc.array(rule, { maxLength: 4 });
}

function scope(): fc.Arbitrary<PodScope> {
  return fc.record({
    namespaceSelector: mostlyPlain([...KEYS, NAMESPACE_NAME_LABEL]),
    podSelector: fc.oneof(fc.constant(undefined), mostlyPlain(KEYS)),
  });
}

/** Selectors that the API server refuses leave much undetermined; too many of them would hide the rest. */
function mostlyPlain(keys: readonly string[]): fc.Arbitrary<LabelSelector> {
  const key = fc.constantFrom(...keys);
  const values = fc.array(fc.constantFrom(...VALUES, "x", "y"), { minLength: 1, maxLength: 2 });
  const requirement: fc.Arbitrary<LabelSelectorRequirement> = fc.oneof(
    fc.record({ key, operator: fc.constantFrom("In", "NotIn"), values }),
    fc.record({ key, operator: fc.constantFrom("Exists", "DoesNotExist") }),
  );
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant({}) },
    { weight: 8, arbitrary: fc.record({ matchExpressions: fc.tuple(requirement) }) },
    { weight: 1, arbitrary: selector(keys) },
  );
}

const UNKNOWN: fc.Arbitrary<TierPeer> = fc.constant({ kind: "unknown" });

function sources(): fc.Arbitrary<TierPeer> {
  return fc.oneof(
    { weight: 16, arbitrary: fc.record({ kind: fc.constant("pods"), scope: scope() }) },
    { weight: 1, arbitrary: UNKNOWN },
  );
}

function destinations(): fc.Arbitrary<TierPeer> {
  const cidrs = fc.array(fc.constantFrom(...BLOCKS.map(({ cidr }) => cidr)), { minLength: 1, maxLength: 2 });
  return fc.oneof(
    { weight: 8, arbitrary: sources() },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("networks"), cidrs }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("nodes"), selector: mostlyPlain(KEYS) }) },
    { weight: 1, arbitrary: fc.constant<TierPeer>({ kind: "domainNames", names: ["www.example.com"] }) },
  );
}

function port(): fc.Arbitrary<TierPort> {
  const protocol = fc.constantFrom("TCP", "TCP", "UDP", "SCTP");
  const from = fc.constantFrom(1, 53, 80, 81);
  const to = fc.constantFrom(80, 81, 9000, 65535);
  const range = fc.record({ kind: fc.constant("range"), protocol, from, to });
  return fc.oneof(
    { weight: 8, arbitrary: range.map((each) => (each.from > each.to ? { ...each, to: each.from } : each)) },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("named"), name: fc.constantFrom("web", "dns") }) },
    { weight: 1, arbitrary: fc.constantFrom(...STRANGE_PORTS) },
  );
}

/** What the API server refuses, or what only a later version knows. */
const STRANGE_PORTS: readonly TierPort[] = [
  { kind: "unknown" },
  { kind: "range", protocol: "ICMP", from: 1, to: 8 },
  { kind: "range", protocol: "TCP", from: 0, to: 80 },
  { kind: "range", protocol: "TCP", from: 81, to: 80 },
  { kind: "range", protocol: "TCP", from: 80, to: 65536 },
];
