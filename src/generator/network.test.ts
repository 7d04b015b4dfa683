import { dump } from "js-yaml";
import { expect, test } from "vitest";
import type { Ipam } from "../model/network-attachment.ts";
import { MULTI_POLICY_DEFINITION } from "../model/policy-definition.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { ServiceAccessSpec } from "../model/service-access.ts";
import type { World } from "../model/world.ts";
import { golden } from "../testing/golden.ts";
import { accessOf, smallWorld } from "../testing/small-world.ts";
import { policiesFor } from "./policies.ts";
import { resolve } from "./references.ts";

interface Cluster {
  readonly ipam?: Ipam;
  readonly hasEndPort?: boolean;
}

function worldWith({ ipam = "subnets", hasEndPort }: Cluster): World {
  const flat = { namespace: "vms", name: "flat", network: "flat", plugin: "macvlan", ipam, subnets: [] };
  const name = MULTI_POLICY_DEFINITION;
  return {
    ...smallWorld({ accepts: { web: ["shop"] } }),
    networkAttachments: new Map([["vms/flat", flat]]),
    policyDefinitions: new Map(hasEndPort === undefined ? [] : [[name, { name, hasEndPort }]]),
  };
}

function generated(spec: ServiceAccessSpec, cluster: Cluster = {}) {
  const network = { name: "flat", namespace: "vms", ...spec.network };
  const access = accessOf("shop/db", { ...spec, network });
  return policiesFor(access, resolve(access, worldWith(cluster)));
}

const DB = { podSelector: { matchLabels: { app: "db" } } };
const BLOCKS: ServiceAccessSpec = {
  target: DB,
  rights: { ingress: [{ from: [{ ipBlock: { cidr: "10.200.0.0/30" } }], ports: [{ protocol: "Any" }] }] },
  permits: { policy: "None" },
};

const WRITTEN: Readonly<Record<string, readonly [ServiceAccessSpec, Cluster?]>> = {
  "a pair: policy-for, types and protocols said, own namespace named on both sides": [
    { target: DB, ports: [{ port: 5432 }] },
  ],
  "no addresses: blocks alone, and nothing of the client label": [BLOCKS, { ipam: "none" }],
  "no addresses: the ports of the object are those of its blocks, and nobody comes in by a label": [
    {
      target: DB,
      ports: [{ port: 22 }],
      rights: { ingress: [{ from: [{ ipBlock: { cidr: "10.200.0.0/30" } }] }] },
      permits: { policy: "None" },
    },
    { ipam: "none" },
  ],
  "holders elsewhere: their namespaces by name, a policy of each that consents": [
    { target: DB, ports: [{ port: 5432 }], permits: { namespaces: { names: ["web", "cms"] } } },
  ],
  "In with one value is a label, with several it is several peers": [
    {
      target: { podSelector: { matchExpressions: [{ key: "app", operator: "In", values: ["db"] }] } },
      permits: { policy: "None" },
      rights: {
        ingress: [
          {
            from: [
              { podSelector: { matchExpressions: [{ key: "app", operator: "In", values: ["a", "b"] }] } },
              { namespaces: ["x", "y"] },
              { preset: "Cluster" },
            ],
            ports: [{ port: 80 }],
          },
        ],
      },
    },
  ],
  "a block with exceptions has a rule of its own": [
    {
      target: DB,
      permits: { policy: "None" },
      rights: {
        ingress: [
          {
            from: [
              { ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } },
              { ipBlock: { cidr: "172.16.0.0/12", except: ["172.16.1.0/24"] } },
              { ipBlock: { cidr: "192.0.2.0/24" } },
            ],
            ports: [{ port: 80 }],
          },
        ],
      },
    },
    { ipam: "none" },
  ],
  "a range as it is, where the cluster keeps it": [
    {
      target: DB,
      ports: [{ port: 8000, endPort: 9000 }],
      permits: { policy: "None" },
    },
    { hasEndPort: true },
  ],
  "a small range port by port, where it does not": [
    {
      target: DB,
      ports: [{ port: 8000, endPort: 8002, protocol: "UDP" }],
      permits: { policy: "None" },
    },
    { hasEndPort: false },
  ],
  "everyone and every port only where they were asked for by name": [
    {
      target: DB,
      rights: { ingress: [{ from: [{ preset: "Anywhere" }], ports: [{ protocol: "Any" }] }], egress: [] },
      permits: { policy: "None" },
    },
    { ipam: "none" },
  ],
  "permits alone, towards addresses": [
    {
      permits: {
        egress: [{ to: [{ ipBlock: { cidr: "10.200.0.0/24" } }], ports: [{ port: 22 }] }],
      },
    },
    { ipam: "none" },
  ],
  "Kube-OVN: an ordinary policy that is scoped to the network": [
    { network: { name: "flat", namespace: "vms", backend: "KubeOVN" }, target: DB, ports: [{ port: "web" }] },
  ],
};

test("the policies of an object with a network are in the one form that every enforcer reads alike", () => {
  const documents = Object.entries(WRITTEN).map(([name, [spec, cluster]]) => {
    const { policies, undecided, dropped } = generated(spec, cluster);
    expect({ undecided, dropped }, name).toEqual({ undecided: undefined, dropped: [] });
    return [`# ${name}`, ...policies.map((policy) => dump(lean(policy), { noRefs: true }))].join("\n");
  });
  const text = documents.join("---\n");
  expect(text).toBe(golden("secondary-network.yaml", text));
});

/** Without what every policy of ours has. */
function lean({ metadata: { namespace, name, annotations = {} }, ...policy }: NetworkPolicy): object {
  const { "serviceaccess.dev/description": _, ...others } = annotations;
  return { ...policy, metadata: { namespace, name, annotations: others } };
}

const NOT_IN = { matchExpressions: [{ key: "app", operator: "NotIn" as const, values: ["a"] }] };
const SEVERAL = { matchExpressions: [{ key: "app", operator: "In" as const, values: ["a", "b"] }] };
const ONE_RULE = (from: NonNullable<NonNullable<ServiceAccessSpec["rights"]>["ingress"]>[0]["from"][0]) => ({
  target: DB,
  permits: { policy: "None" as const },
  rights: { ingress: [{ from: [from] as const, ports: [{ port: 80 }] as const }] as const },
});

test.each<[string, ServiceAccessSpec, Cluster, string, string]>([
  [
    "the client label without addresses",
    { target: DB, ports: [{ port: 80 }] },
    { ipam: "none" },
    "SelectorNeedsIPAM",
    "say permits policy None",
  ],
  [
    "a selector without addresses",
    ONE_RULE({ podSelector: {} }),
    { ipam: "none" },
    "SelectorNeedsIPAM",
    "leaves the pods open",
  ],
  [
    "every pod without addresses",
    ONE_RULE({ preset: "Cluster" }),
    { ipam: "none" },
    "SelectorNeedsIPAM",
    "vms/flat assigns no addresses",
  ],
  [
    "a selector where nobody knows of addresses",
    ONE_RULE({ podSelector: {} }),
    { ipam: "unknown" },
    "SelectorNeedsIPAM",
    "has its configuration on the nodes",
  ],
  ["NotIn in a peer", ONE_RULE({ podSelector: NOT_IN }), {}, "SelectorNotPortable", "a selector with NotIn"],
  [
    "NotIn among namespaces",
    ONE_RULE({ namespaceSelector: NOT_IN }),
    {},
    "SelectorNotPortable",
    "leaves the pods open",
  ],
  [
    "NotIn in the target",
    { ...BLOCKS, target: { podSelector: NOT_IN } },
    {},
    "SelectorNotPortable",
    "select by matchLabels",
  ],
  [
    "several values in the target",
    { ...BLOCKS, target: { podSelector: SEVERAL } },
    {},
    "SelectorNotPortable",
    "In with several values",
  ],
  [
    "the name of a port",
    { target: DB, ports: [{ port: "web" }] },
    {},
    "PortNotNumeric",
    "port web is a name",
  ],
  [
    "a long range without endPort",
    { target: DB, ports: [{ port: 1, endPort: 65 }] },
    { hasEndPort: false },
    "EndPortUnsupported",
    "ports 1-65",
  ],
  [
    "a long range where nobody knows",
    { target: DB, ports: [{ port: 1, endPort: 65 }] },
    {},
    "EndPortUnsupported",
    "install a definition that has it",
  ],
  [
    "a network that is not there",
    { ...BLOCKS, network: { name: "gone" } },
    {},
    "NetworkNotFound",
    "NetworkAttachmentDefinition vms/gone",
  ],
  [
    "a Service",
    { target: { service: { name: "db" } } },
    {},
    "InvalidSpec",
    "target.service: a Service is reached over the pod network",
  ],
])("%s: nothing is written, and nothing changed", (_name, spec, cluster, reason, message) => {
  const { policies, undecided } = generated(spec, cluster);
  expect(policies).toEqual([]);
  expect(undecided?.reason).toBe(reason);
  expect(undecided?.message).toContain(message);
});
