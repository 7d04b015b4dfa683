import fc from "fast-check";
import { NAMESPACE_NAME_LABEL } from "../model/labels.ts";
import type { NonEmpty } from "../model/nonempty.ts";
import type { LabelSelector, LabelSelectorRequirement } from "../model/network-policy.ts";
import type {
  AccessEgressRule,
  AccessIngressRule,
  EgressPeer,
  IngressPeer,
  PermitNamespaces,
  Permits,
  Port,
  Rights,
  ServiceAccessSpec,
  Target,
} from "../model/service-access.ts";
import { uncheckedSpec } from "./decode-unchecked.ts";
import { KEYS, NAMESPACES } from "./random-policy.ts";

/** Specs that the schema accepts, in the words of the random clusters, so that they often select something there. */
export function specArbitrary(): fc.Arbitrary<ServiceAccessSpec> {
  return fc.oneof({ weight: 5, arbitrary: withTarget() }, { weight: 1, arbitrary: withoutTarget() });
}

/** Specs with every list left empty, every key left out, and every two things said at once, now and then. */
export function oddSpecArbitrary(): fc.Arbitrary<ServiceAccessSpec> {
  const target = {
    podSelector: selector(KEYS),
    service: fc.constant({ name: "s" }),
    workload: fc.constant({}),
  };
  const rights = {
    policyTypes: fc.subarray(["Ingress", "Egress"]),
    ingress: list(oddRule("from")),
    egress: list(oddRule("to")),
  };
  const permits = {
    label: label(),
    policy: fc.constantFrom("Generate", "None"),
    dns: fc.boolean(),
    egress: list(oddRule("to")),
    namespaces: sparse({ names: fc.subarray([...NAMESPACES]), selector: selector(KEYS) }),
  };
  const spec = {
    suspend: fc.boolean(),
    mode: fc.constantFrom("Enforce", "DryRun"),
    target: sparse(target),
    ports: oddPorts(),
    rights: sparse(rights),
    permits: sparse(permits),
  };
  return sparse(spec).map(uncheckedSpec);
}

function oddRule(peers: "from" | "to"): fc.Arbitrary<unknown> {
  const ports = oddPorts();
  return fc.oneof(fc.record({ [peers]: list(oddPeer()), ports }), fc.record({ [peers]: list(oddPeer()) }));
}

function oddPeer(): fc.Arbitrary<unknown> {
  return sparse({
    podSelector: selector(KEYS),
    namespaceSelector: selector(KEYS),
    namespaces: fc.subarray([...NAMESPACES]),
    ipBlock: fc.oneof(fc.constantFrom(...BLOCKS), fc.constant({ cidr: "10.0.0.0/8", except: [] })),
    preset: fc.constantFrom("Anywhere", "Cluster", "World", "ClusterDNS"),
    except: fc.constantFrom(...ODD_EXCEPTIONS),
    names: fc.constantFrom({ fqdns: [] }, { fqdns: ["a.example"] }),
  });
}

const ODD_EXCEPTIONS: readonly object[] = [
  {},
  { cidrs: [] },
  { cidrs: ["0.0.0.0/0", "::/0"] },
  { names: [] },
  { names: ["a.example"] },
  { cidrs: ["10.0.0.0/8"], names: ["a.example"] },
];

function oddPorts(): fc.Arbitrary<readonly unknown[]> {
  return list(fc.oneof<fc.Arbitrary<unknown>[]>(port(), fc.constantFrom(...ODD_PORTS)));
}

/** Empty as often as not. */
function list<T>(element: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> {
  return fc.array(element, { maxLength: 2 });
}

/** A record in which every key may be missing. */
function sparse(model: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<unknown> {
  return fc.record(model, { requiredKeys: [] });
}

function withTarget(): fc.Arbitrary<ServiceAccessSpec> {
  return fc
    .record(
      { suspend: fc.constant(false), target: target(), ports: ports(), rights: rights(), permits: permits() },
      { requiredKeys: ["target"] },
    )
    .filter(
      ({ target, ports, rights }) =>
        ports !== undefined ||
        target.service !== undefined ||
        (rights?.ingress ?? []).every((rule) => rule.ports !== undefined),
    );
}

function withoutTarget(): fc.Arbitrary<ServiceAccessSpec> {
  const destinations = fc.record(
    { egress: some(egressRule(), 2), dns: fc.boolean(), label: label(), namespaces: chosen() },
    { requiredKeys: ["egress", "dns", "label"] },
  );
  return destinations.map((permits) => ({ permits }));
}

/** The names of what `REFERRED` holds, and one of a Service that is nowhere. */
function target(): fc.Arbitrary<Target> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.record({ podSelector: selector(KEYS) }) },
    { weight: 2, arbitrary: fc.record({ service: fc.record({ name: fc.constantFrom("s", "gone") }) }) },
    { weight: 1, arbitrary: fc.constant({ workload: { kind: "Deployment", name: "d" } } as const) },
  );
}

function rights(): fc.Arbitrary<Rights> {
  const types: readonly NonNullable<Rights["policyTypes"]>[] = [
    ["Ingress", "Egress"],
    ["Ingress"],
    ["Egress"],
  ];
  return fc
    .record(
      {
        policyTypes: fc.constantFrom(...types),
        ingress: some(ingressRule(), 2),
        egress: fc.array(egressRule(), { maxLength: 2 }),
      },
      { requiredKeys: [] },
    )
    .filter(
      ({ policyTypes = ["Ingress", "Egress"], ingress, egress }) =>
        (ingress === undefined || policyTypes.includes("Ingress")) &&
        (egress === undefined || policyTypes.includes("Egress")),
    );
}

function permits(): fc.Arbitrary<Permits> {
  return fc
    .record(
      {
        label: label(),
        policy: fc.constantFrom<NonNullable<Permits["policy"]>[]>("Generate", "Generate", "None"),
        dns: fc.boolean(),
        namespaces: chosen(),
      },
      { requiredKeys: ["label"] },
    )
    .filter(({ policy, dns }) => policy !== "None" || dns === undefined);
}

function chosen(): fc.Arbitrary<PermitNamespaces> {
  const names = some(fc.constantFrom<string[]>(...NAMESPACES), 2).filter(
    ([first, second]) => first !== second,
  );
  return fc
    .record({ names, selector: selector(KEYS) }, { requiredKeys: [] })
    .filter((each) => Object.keys(each).length > 0);
}

function label(): fc.Arbitrary<NonNullable<Permits["label"]>> {
  return fc.record({ key: fc.constantFrom(...KEYS), value: fc.constantFrom("a", "b") });
}

function ingressRule(): fc.Arbitrary<AccessIngressRule> {
  return fc.record({ from: some(peer(), 2), ports: ports() }, { requiredKeys: ["from"] });
}

function egressRule(): fc.Arbitrary<AccessEgressRule> {
  const dns = fc.constant<AccessEgressRule>({ to: [{ preset: "ClusterDNS" }] });
  return fc.oneof({ weight: 5, arbitrary: fc.record({ to: some(peer(), 2), ports: ports() }) }, dns);
}

/** Peers of both directions. */
function peer(): fc.Arbitrary<IngressPeer & EgressPeer> {
  const names = some(fc.constantFrom<string[]>(...NAMESPACES), 2).filter(
    ([first, second]) => first !== second,
  );
  const pods = fc.record(
    {
      podSelector: selector(KEYS),
      namespaceSelector: selector([...KEYS, NAMESPACE_NAME_LABEL]),
      namespaces: names,
    },
    { requiredKeys: [] },
  );
  const preset = fc.constantFrom("Anywhere" as const, "Cluster" as const, "World" as const);
  return fc.oneof(
    { weight: 6, arbitrary: pods.filter((each) => Object.keys(each).length > 0) },
    { weight: 2, arbitrary: fc.record({ ipBlock: fc.constantFrom(...BLOCKS) }) },
    { weight: 1, arbitrary: fc.record({ preset }) },
    { weight: 1, arbitrary: excepting() },
  );
}

function excepting(): fc.Arbitrary<IngressPeer & EgressPeer> {
  const preset = fc.constantFrom("Anywhere" as const, "World" as const);
  const cidrs = some(fc.constantFrom(...EXCEPTED), 3);
  return fc.record({ preset, except: fc.record({ cidrs }) });
}

const EXCEPTED = [
  "10.0.0.0/24",
  "192.0.2.0/24",
  "192.0.2.200/32",
  "203.0.113.0/24",
  "fd00::/64",
  "2001:db8::/32",
];

const BLOCKS: readonly NonNullable<IngressPeer["ipBlock"]>[] = [
  { cidr: "10.0.0.0/24" },
  { cidr: "10.0.0.0/16", except: ["10.0.1.0/24", "10.0.0.2/31"] },
  { cidr: "0.0.0.0/0", except: ["10.0.0.0/8"] },
  { cidr: "192.0.2.0/24", except: ["192.0.2.200/32"] },
  { cidr: "fd00::/64" },
];

function ports(): fc.Arbitrary<NonEmpty<Port>> {
  return some(port(), 3);
}

function port(): fc.Arbitrary<Port> {
  return fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...PORTS) },
    fc.constant<Port>({ protocol: "Any" }),
  );
}

const PORTS: readonly Port[] = [
  { port: 80 },
  { port: 81, protocol: "TCP" },
  { port: 53, protocol: "UDP" },
  { port: "web" },
  { port: "dns", protocol: "UDP" },
  { port: 80, endPort: 8080 },
  { protocol: "SCTP" },
];

const ODD_PORTS: readonly unknown[] = [
  {},
  { port: 0 },
  { port: "" },
  { port: 80, protocol: "Any" },
  { endPort: 90 },
  { endPort: 90, protocol: "Any" },
  { port: 90, endPort: 80 },
];

/** What the API server accepts. */
function selector(keys: readonly string[]): fc.Arbitrary<LabelSelector> {
  const matchLabels = fc.dictionary(fc.constantFrom(...keys), fc.constantFrom("a", "b", "x"), { maxKeys: 2 });
  const matchExpressions = fc.array(requirement(keys), { maxLength: 2 });
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant({}) },
    { weight: 5, arbitrary: fc.record({ matchLabels }) },
    { weight: 2, arbitrary: fc.record({ matchExpressions }) },
    { weight: 1, arbitrary: fc.record({ matchLabels, matchExpressions }) },
  );
}

function requirement(keys: readonly string[]): fc.Arbitrary<LabelSelectorRequirement> {
  const key = fc.constantFrom(...keys);
  const values = fc.array(fc.constantFrom("a", "b", "x"), { minLength: 1, maxLength: 2 });
  return fc.oneof(
    fc.record({ key, operator: fc.constantFrom("In", "NotIn"), values }),
    fc.record({ key, operator: fc.constantFrom("Exists", "DoesNotExist") }),
  );
}

function some<T>(element: fc.Arbitrary<T>, maxLength: number): fc.Arbitrary<NonEmpty<T>> {
  return fc
    .tuple(element, fc.array(element, { maxLength: maxLength - 1 }))
    .map(([first, others]) => [first, ...others]);
}
