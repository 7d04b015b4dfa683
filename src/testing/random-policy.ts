import fc from "fast-check";
import { NAMESPACE_NAME_LABEL } from "../model/labels.ts";
import type {
  EgressRule,
  IngressRule,
  IPBlock,
  LabelSelector,
  LabelSelectorRequirement,
  NetworkPolicy,
  NetworkPolicySpec,
  PolicyPeer,
  PolicyPort,
  PolicyType,
} from "../model/network-policy.ts";

/** Few words, so that selectors and labels meet often. */
export const NAMESPACES = ["x", "y", "z"] as const;
export const KEYS = ["app", "role"] as const;
export const VALUES = ["a", "b", ""] as const;

/** Policies with every way to write, to omit and to leave empty each of their fields. */
export function policyArbitrary(index: number): fc.Arbitrary<NetworkPolicy> {
  return fc
    .record({ namespace: fc.constantFrom(...NAMESPACES), spec: spec() })
    .map(({ namespace, spec }) => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { namespace, name: `p${index}` },
      spec,
    }));
}

function spec(): fc.Arbitrary<NetworkPolicySpec> {
  const rules: fc.Arbitrary<IngressRule> = fc.record({ from: peers(), ports: ports() }, { requiredKeys: [] });
  const sameForEgress: fc.Arbitrary<EgressRule> = fc.record(
    { to: peers(), ports: ports() },
    { requiredKeys: [] },
  );
  return fc.record(
    {
      podSelector: fc.oneof({ weight: 8, arbitrary: selector(KEYS) }, fc.constant(null)),
      policyTypes: policyTypes(),
      ingress: listOrNothing(rules, 3),
      egress: listOrNothing(sameForEgress, 3),
    },
    { requiredKeys: [] },
  );
}

function policyTypes(): fc.Arbitrary<readonly PolicyType[] | null> {
  const given: readonly (readonly PolicyType[] | null)[] = [
    ["Ingress"],
    ["Egress"],
    ["Ingress", "Egress"],
    ["Ingress", "Ingress"],
    [],
    null,
  ];
  return fc.constantFrom(...given);
}

/** Null, empty, or a few: to Kubernetes the first two are the same, and rarely mean what people think. */
function listOrNothing<T>(element: fc.Arbitrary<T>, maxLength: number): fc.Arbitrary<readonly T[] | null> {
  return fc.oneof(
    { weight: 8, arbitrary: fc.array(element, { minLength: 1, maxLength }) },
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.constant(null) },
  );
}

function peers(): fc.Arbitrary<readonly PolicyPeer[] | null> {
  return listOrNothing(peer(), 2);
}

function peer(): fc.Arbitrary<PolicyPeer> {
  const podSelector = selector(KEYS);
  const namespaceSelector = selector([...KEYS, NAMESPACE_NAME_LABEL]);
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ podSelector }) },
    { weight: 4, arbitrary: fc.record({ namespaceSelector }) },
    { weight: 4, arbitrary: fc.record({ podSelector, namespaceSelector }) },
    { weight: 1, arbitrary: fc.record({ podSelector, namespaceSelector: fc.constant(null) }) },
    { weight: 5, arbitrary: fc.record({ ipBlock: block() }) },
    { weight: 1, arbitrary: fc.record({ ipBlock: block(), podSelector }) },
    { weight: 1, arbitrary: fc.constant({}) },
  );
}

/** Mostly what the API server accepts; the rest is what must not match by accident. */
export function selector(keys: readonly string[]): fc.Arbitrary<LabelSelector> {
  const matchLabels = fc.dictionary(fc.constantFrom(...keys), valueOf(keys), { maxKeys: 1 });
  const matchExpressions = listOrNothing(requirement(keys), 2);
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    { weight: 4, arbitrary: fc.record({ matchLabels }) },
    { weight: 6, arbitrary: fc.record({ matchExpressions }) },
    { weight: 2, arbitrary: fc.record({ matchLabels, matchExpressions }) },
  );
}

function requirement(keys: readonly string[]): fc.Arbitrary<LabelSelectorRequirement> {
  const key = fc.constantFrom(...keys);
  const listed = { key, values: fc.array(valueOf(keys), { minLength: 1, maxLength: 2 }) };
  return fc.oneof(
    { weight: 8, arbitrary: fc.record({ ...listed, operator: fc.constantFrom("In", "NotIn") }) },
    { weight: 6, arbitrary: fc.record({ key, operator: fc.constantFrom("Exists", "DoesNotExist") }) },
    { weight: 1, arbitrary: fc.constantFrom(...REFUSED_REQUIREMENTS) },
  );
}

/** The API server refuses these; in old objects some survive (S31). */
const REFUSED_REQUIREMENTS: readonly LabelSelectorRequirement[] = [
  { key: "app", operator: "In", values: [] },
  { key: "app", operator: "NotIn" },
  { key: "app", operator: "Exists", values: ["a"] },
  { key: "app", operator: "Gt", values: ["1"] },
  { key: "app", operator: "In", values: ["not a value!"] },
  { key: "not a key", operator: "Exists" },
];

/** The names of namespaces are worth asking for only where the name label is among the keys. */
function valueOf(keys: readonly string[]): fc.Arbitrary<string> {
  return fc.constantFrom(...VALUES, ...(keys.includes(NAMESPACE_NAME_LABEL) ? NAMESPACES : []));
}

/** Blocks around pods, nodes and the world outside, in both families and in every spelling that is accepted. */
export const BLOCKS: readonly { readonly cidr: string; readonly inside: readonly string[] }[] = [
  { cidr: "0.0.0.0/0", inside: ["10.0.0.0/8", "192.0.2.0/25", "10.9.0.0/16"] },
  { cidr: "10.0.0.0/24", inside: ["10.0.0.1/32", "10.0.0.2/31"] },
  { cidr: "10.0.0.77/16", inside: ["10.0.1.0/24", "10.0.0.128/25"] },
  { cidr: "010.0.0.0/008", inside: ["10.0.0.0/16", "010.9.0.0/16"] },
  { cidr: "10.0.0.1/32", inside: [] },
  { cidr: "10.9.0.0/31", inside: ["10.9.0.1/32"] },
  { cidr: "192.0.2.0/24", inside: ["192.0.2.200/32", "192.0.2.0/26"] },
  { cidr: "::/0", inside: ["fd00::/64", "2001:db8::/32"] },
  { cidr: "fd00::/64", inside: ["fd00::1/128", "fd00::2/127", "FD00:0:0:0:0:0:0:3/128"] },
  { cidr: "fd00::2/128", inside: [] },
  { cidr: "2001:db8::5/32", inside: ["2001:db8:0:0:8000::/65"] },
  { cidr: "::ffff:10.0.0.0/104", inside: [] },
  { cidr: "10.0.0.0/33", inside: [] },
  { cidr: "10.0.0.1", inside: [] },
  { cidr: "10.0.0.0/16", inside: ["10.0.0.0/16", "192.0.2.0/24", "fd00::/64", "10.0.0.1", "pods/24"] },
];

function block(): fc.Arbitrary<IPBlock> {
  return fc
    .constantFrom(...BLOCKS)
    .chain(({ cidr, inside }) =>
      fc.record(
        { cidr: fc.constant(cidr), except: fc.option(fc.subarray([...inside])) },
        { requiredKeys: ["cidr"] },
      ),
    );
}

function ports(): fc.Arbitrary<readonly PolicyPort[] | null> {
  return listOrNothing(port(), 2);
}

function port(): fc.Arbitrary<PolicyPort> {
  const protocol = fc.constantFrom("TCP", "TCP", "UDP", "SCTP", null);
  const number = fc.constantFrom(53, 80, 81, 8080);
  const end = fc.constantFrom(80, 81, 9000, 65535);
  return fc.oneof(
    { weight: 6, arbitrary: fc.record({ protocol, port: number }, { requiredKeys: ["port"] }) },
    {
      weight: 5,
      arbitrary: fc.record({ protocol, port: fc.constantFrom("web", "dns") }, { requiredKeys: ["port"] }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ protocol, port: number, endPort: end }, { requiredKeys: ["port", "endPort"] }),
    },
    { weight: 3, arbitrary: fc.record({ protocol }, { requiredKeys: [] }) },
    { weight: 1, arbitrary: fc.constantFrom(...REFUSED_PORTS) },
  );
}

/** The API server refuses these; they match nothing (S39, S52). */
const REFUSED_PORTS: readonly PolicyPort[] = [
  { port: 0 },
  { port: "80" },
  { port: "web", endPort: 90 },
  { endPort: 90 },
  { port: 80, endPort: 65536 },
  { protocol: "tcp", port: 80 },
];
