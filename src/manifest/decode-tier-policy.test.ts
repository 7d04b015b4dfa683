import fc from "fast-check";
import { expect, test } from "vitest";
import type { TierPolicy, TierPolicyKind } from "../model/tier-policy.ts";
import { partAt, placesIn, replaced } from "../testing/json-places.ts";
import { decodeTierPolicy, TIER_POLICY_KINDS } from "./decode.ts";

const shop = { matchLabels: { team: "shop" } };
const web = { matchExpressions: [{ key: "app", operator: "In", values: ["web"] }] };

const admin = {
  metadata: { name: "a", uid: "1" },
  spec: {
    priority: 7,
    subject: { pods: { namespaceSelector: shop, podSelector: web } },
    ingress: [
      {
        name: "in",
        action: "Allow",
        from: [{ namespaces: shop }, { pods: { namespaceSelector: {}, podSelector: web } }],
      },
    ],
    egress: [
      {
        action: "Pass",
        to: [{ networks: ["10.0.0.0/8"] }, { nodes: {} }, { domainNames: ["*.example.com"] }],
        ports: [
          { portNumber: { port: 80 } },
          { portRange: { protocol: "UDP", start: 1, end: 2 } },
          { namedPort: "web" },
        ],
      },
    ],
  },
};

const baseline = {
  metadata: { name: "default" },
  spec: { subject: { namespaces: {} }, ingress: [{ action: "Deny", from: [{ namespaces: {} }] }] },
};

const cluster = {
  metadata: { name: "c" },
  spec: {
    tier: "Baseline",
    priority: 1000,
    subject: { namespaces: shop },
    egress: [
      {
        action: "Accept",
        to: [{ namespaces: {} }],
        protocols: [
          { tcp: { destinationPort: { number: 80 } } },
          { udp: { destinationPort: { range: { start: 1, end: 2 } } } },
          { sctp: {} },
          { destinationNamedPort: "web" },
        ],
      },
    ],
  },
};

test("an AdminNetworkPolicy keeps its priority, and its Allow is an Accept", () => {
  expect(decoded("AdminNetworkPolicy", admin)).toEqual({
    kind: "AdminNetworkPolicy",
    name: "a",
    tier: "Admin",
    priority: 7,
    subject: { namespaceSelector: shop, podSelector: web },
    ingress: [
      {
        name: "in",
        action: "Accept",
        peers: [
          { kind: "pods", scope: { namespaceSelector: shop, podSelector: undefined } },
          { kind: "pods", scope: { namespaceSelector: {}, podSelector: web } },
        ],
        ports: undefined,
      },
    ],
    egress: [
      {
        name: "",
        action: "Pass",
        peers: [
          { kind: "networks", cidrs: ["10.0.0.0/8"] },
          { kind: "nodes", selector: {} },
          { kind: "domainNames", names: ["*.example.com"] },
        ],
        ports: [
          { kind: "range", protocol: "TCP", from: 80, to: 80 },
          { kind: "range", protocol: "UDP", from: 1, to: 2 },
          { kind: "named", name: "web" },
        ],
      },
    ],
  });
});

test("a BaselineAdminNetworkPolicy has no priority and counts as 0", () => {
  const { tier, priority, egress } = decoded("BaselineAdminNetworkPolicy", baseline);
  expect({ tier, priority, egress }).toEqual({ tier: "Baseline", priority: 0, egress: [] });
});

test("a ClusterNetworkPolicy names its tier; a protocol without a port is every port of it", () => {
  const { tier, priority, egress } = decoded("ClusterNetworkPolicy", cluster);
  expect({ tier, priority }).toEqual({ tier: "Baseline", priority: 1000 });
  expect(egress[0]?.ports).toEqual([
    { kind: "range", protocol: "TCP", from: 80, to: 80 },
    { kind: "range", protocol: "UDP", from: 1, to: 2 },
    { kind: "range", protocol: "SCTP", from: 1, to: 65535 },
    { kind: "named", name: "web" },
  ]);
});

test.each([
  [{}],
  [null],
  [{ namespaces: null }],
  [{ namespaces: { namespaceSelector: shop } }],
  [{ namespaces: { sameLabels: ["team"] } }],
  [{ namespaces: { notSameLabels: ["team"] } }],
  [{ namespaces: {}, pods: { namespaceSelector: {}, podSelector: {} } }],
  [{ pods: {} }],
  [{ pods: { podSelector: {} } }],
  [{ pods: { namespaces: {}, podSelector: {} } }],
  [{ pods: { namespaceSelector: {}, podSelector: {}, more: 1 } }],
  [{ networks: ["10.0.0.0/8"] }],
  [{ nodes: {} }],
  [{ domainNames: ["example.com"] }],
  [{ wormholes: [] }],
])("the source %j is of no kind that we know", (peer) => {
  const spec = { ...admin.spec, ingress: [{ action: "Deny", from: [peer] }] };
  expect(decoded("AdminNetworkPolicy", { ...admin, spec }).ingress[0]?.peers).toEqual([{ kind: "unknown" }]);
});

test.each<[TierPolicyKind, object]>([
  ["AdminNetworkPolicy", { networks: [] }],
  ["ClusterNetworkPolicy", { domainNames: [] }],
  ["BaselineAdminNetworkPolicy", { domainNames: ["example.com"] }],
  ["AdminNetworkPolicy", { nodes: { nodeSelector: {} } }],
])("to a %s the destination %j is of no kind that we know", (kind, peer) => {
  const object = GOOD[kind];
  const spec = { ...object.spec, egress: [{ action: "Deny", to: [peer] }] };
  expect(decoded(kind, { ...object, spec }).egress[0]?.peers).toEqual([{ kind: "unknown" }]);
});

test.each<[TierPolicyKind, object]>([
  ["AdminNetworkPolicy", {}],
  ["AdminNetworkPolicy", { portNumber: { port: 1 }, namedPort: "web" }],
  ["AdminNetworkPolicy", { portNumber: { port: 1, icmpType: 8 } }],
  ["AdminNetworkPolicy", { tcp: {} }],
  ["ClusterNetworkPolicy", { tcp: { destinationPort: {} } }],
  ["ClusterNetworkPolicy", { tcp: { destinationPort: { number: 1, range: { start: 1, end: 2 } } } }],
  ["ClusterNetworkPolicy", { tcp: { sourcePort: { number: 1 } } }],
  ["ClusterNetworkPolicy", { icmp: {} }],
  ["ClusterNetworkPolicy", { destinationNamedPort: "" }],
])("to a %s the port %j is of no kind that we know", (kind, port) => {
  const field = kind === "ClusterNetworkPolicy" ? "protocols" : "ports";
  const object = GOOD[kind];
  const spec = { ...object.spec, egress: [{ action: "Deny", to: [{ namespaces: {} }], [field]: [port] }] };
  expect(decoded(kind, { ...object, spec }).egress[0]?.ports).toEqual([{ kind: "unknown" }]);
});

test.each([
  [{}],
  [undefined],
  [{ namespaces: {}, pods: {} }],
  [{ namespaces: { namespaceSelector: {} } }],
  [{ nodes: {} }],
])("the subject %j is of no kind that we know", (subject) => {
  const spec = { ...cluster.spec, subject };
  expect(decoded("ClusterNetworkPolicy", { ...cluster, spec }).subject).toBeUndefined();
});

test.each<[TierPolicyKind, object, string]>([
  ["AdminNetworkPolicy", { metadata: { name: "a" } }, "spec: is required: an object"],
  [
    "AdminNetworkPolicy",
    { ...admin, spec: { ...admin.spec, priority: 1001 } },
    "spec.priority: must be a whole number from 0 to 1000, not 1001",
  ],
  [
    "AdminNetworkPolicy",
    { ...admin, spec: { ...admin.spec, ingress: [{ action: "Accept", from: [{ namespaces: {} }] }] } },
    'spec.ingress[0].action: must be one of Allow, Deny, Pass, not "Accept"',
  ],
  [
    "BaselineAdminNetworkPolicy",
    { ...baseline, metadata: { name: "second" } },
    'metadata.name: must be default, not "second": a cluster has only one',
  ],
  [
    "BaselineAdminNetworkPolicy",
    { ...baseline, spec: { ...baseline.spec, egress: [{ action: "Pass", to: [{ namespaces: {} }] }] } },
    'spec.egress[0].action: must be one of Allow, Deny, not "Pass"',
  ],
  [
    "ClusterNetworkPolicy",
    { ...cluster, spec: { ...cluster.spec, tier: "admin" } },
    'spec.tier: must be one of Admin, Baseline, not "admin"',
  ],
  [
    "ClusterNetworkPolicy",
    { ...cluster, spec: { ...cluster.spec, egress: [1] } },
    "spec.egress[0]: must be an object, not 1",
  ],
  [
    "ClusterNetworkPolicy",
    {
      ...cluster,
      spec: {
        ...cluster.spec,
        egress: [{ action: "Deny", to: [{ namespaces: { matchLabels: { a: 1 } } }] }],
      },
    },
    'spec.egress[0].to[0].namespaces.matchLabels["a"]: must be a string, not 1; write "1", in quotes',
  ],
])("%s %j is refused", (kind, raw, expected) => {
  const result = decodeTierPolicy(kind)(raw);
  const problems = result.kind === "problems" ? result.problems : [];
  expect(problems.map(({ field, message }) => `${field}: ${message}`)).toEqual([expected]);
});

test("no JSON in any place makes the decoders throw, and what they refuse they explain", () => {
  const damaged = fc
    .constantFrom(...TIER_POLICY_KINDS)
    .chain((kind) =>
      fc
        .tuple(fc.constantFrom(...placesIn(GOOD[kind])), fc.oneof(fc.jsonValue(), partOf(GOOD[kind])))
        .map(([place, junk]) => ({ kind, raw: replaced(GOOD[kind], place, junk) })),
    );
  const property = fc.property(damaged, ({ kind, raw }) => {
    const result = decodeTierPolicy(kind)(raw);
    if (result.kind === "problems") expect(result.problems.length).toBeGreaterThan(0);
  });
  fc.assert(property, { numRuns: 3000 });
});

const GOOD = {
  AdminNetworkPolicy: admin,
  BaselineAdminNetworkPolicy: baseline,
  ClusterNetworkPolicy: cluster,
};

/** What is right somewhere else is the most likely thing to be wrong here. */
function partOf(value: object): fc.Arbitrary<unknown> {
  return fc.constantFrom(...placesIn(value)).map((place) => partAt(value, place));
}

function decoded(kind: TierPolicyKind, raw: unknown): TierPolicy {
  const result = decodeTierPolicy(kind)(raw);
  if (result.kind === "problems") throw new Error(JSON.stringify(result.problems));
  return result.value;
}
