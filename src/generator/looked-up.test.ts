import { load } from "js-yaml";
import { expect, test } from "vitest";
import type { NetworkPolicySpec } from "../model/network-policy.ts";
import type { ServiceAccessSpec } from "../model/service-access.ts";
import type { Platform } from "../model/platform.ts";
import { uncheckedSpec } from "../testing/decode-unchecked.ts";
import { accessOf, smallWorld, type WorldSketch } from "../testing/small-world.ts";
import { policiesFor } from "./policies.ts";
import { resolve } from "./references.ts";

const API_PORTS = [{ name: "https", protocol: "TCP", port: 6443 }] as const;

/** Services of all kinds, other objects, an API server with two members, and KubeVirt. */
const CLUSTER: WorldSketch = {
  services: {
    "shop/web": { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] },
    "data/db": { selector: { app: "db" }, ports: [{ port: 5432, targetPort: "sql" }] },
    "shop/empty": { ports: [{ port: 80 }] },
    "shop/nothing": { selector: { app: "x" } },
    "shop/plain-headless": { selector: { app: "h" }, headless: true, ports: [{ port: 9000 }] },
    "shop/odd-headless": { selector: { app: "h" }, headless: true, ports: [{ port: 80, targetPort: 8080 }] },
    "default/kubernetes": { clusterAddresses: ["10.96.0.1"], ports: [{ name: "https", port: 443 }] },
  },
  endpointSlices: [
    {
      namespace: "default",
      name: "kubernetes",
      service: "kubernetes",
      endpoints: [
        { addresses: ["192.0.2.2"], ready: true },
        { addresses: ["192.0.2.1"], ready: false },
      ],
      ports: API_PORTS,
    },
  ],
  workloads: {
    "virt/Deployment/virt-api": {},
    "data/Deployment/cache": { selector: { matchLabels: { app: "cache" } } },
  },
  namespaces: { virt: {} },
  accesses: [
    accessOf("shop/self", access("{target: {podSelector: {matchLabels: {app: self}}}, ports: [{port: 1}]}")),
    accessOf("data/db", access("{target: {service: {name: db}}}")),
    accessOf(
      "data/cache",
      access("{target: {workload: {kind: Deployment, name: cache}}, ports: [{port: 6379}]}"),
    ),
    accessOf("data/all", access("{target: {podSelector: {}}, ports: [{protocol: Any}]}")),
    accessOf("data/closed", access("{target: {podSelector: {}}}")),
    accessOf("data/outside", access("{permits: {egress: [{to: [{preset: World}], ports: [{port: 443}]}]}}")),
    accessOf("data/lost", access("{target: {service: {name: nowhere}}, ports: [{port: 1}]}")),
  ],
};

function access(text: string): ServiceAccessSpec {
  return uncheckedSpec(load(text));
}

function rights(
  part: string,
  platform: Partial<Platform> = {},
): readonly [NetworkPolicySpec | undefined, readonly string[]] {
  const object = accessOf(
    "shop/a",
    access(`{target: {podSelector: {}}, ports: [{port: 7}], permits: {policy: None}, rights: ${part}}`),
  );
  const world = smallWorld({ ...CLUSTER, platform });
  const { policies, dropped } = policiesFor(object, resolve(object, world));
  return [policies[0]?.spec, dropped.map(({ reason, message }) => `${reason} ${message}`)];
}

const IN_DATA = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "data" } } };

test.each([
  [
    "the pods of a Service at home, on its target ports",
    "{service: {name: web}}",
    [{ to: [{ podSelector: { matchLabels: { app: "web" } } }], ports: [{ protocol: "TCP", port: 8080 }] }],
  ],
  [
    "those of another namespace, on a port by its name",
    "{service: {name: db, namespace: data}}",
    [
      {
        to: [{ podSelector: { matchLabels: { app: "db" } }, ...IN_DATA }],
        ports: [{ protocol: "TCP", port: "sql" }],
      },
    ],
  ],
  [
    "those of a headless Service whose port is that of its pods",
    "{service: {name: plain-headless}}",
    [{ to: [{ podSelector: { matchLabels: { app: "h" } } }], ports: [{ protocol: "TCP", port: 9000 }] }],
  ],
  [
    "the target of another object, by its Service",
    "{serviceAccess: {name: db, namespace: data}}",
    [
      {
        to: [{ podSelector: { matchLabels: { app: "db" } }, ...IN_DATA }],
        ports: [{ protocol: "TCP", port: "sql" }],
      },
    ],
  ],
  [
    "the target of another object, by its workload",
    "{serviceAccess: {name: cache, namespace: data}}",
    [
      {
        to: [{ podSelector: { matchLabels: { app: "cache" } }, ...IN_DATA }],
        ports: [{ protocol: "TCP", port: 6379 }],
      },
    ],
  ],
  [
    "all of what another object offers, which is every port",
    "{serviceAccess: {name: all, namespace: data}}",
    [{ to: [{ podSelector: {}, ...IN_DATA }] }],
  ],
  [
    "the API server where it is, and at its Service",
    "{preset: KubeAPI}",
    [
      { to: [{ ipBlock: { cidr: "10.96.0.1/32" } }], ports: [{ protocol: "TCP", port: 443 }] },
      {
        to: [{ ipBlock: { cidr: "192.0.2.1/32" } }, { ipBlock: { cidr: "192.0.2.2/32" } }],
        ports: [{ protocol: "TCP", port: 6443 }],
      },
    ],
  ],
])("a destination may be %s", (_what, peer, egress) => {
  const [spec, dropped] = rights(`{policyTypes: [Egress], egress: [{to: [${peer}]}]}`);
  expect([spec?.egress, dropped]).toEqual([egress, []]);
});

test.each([
  ["{service: {name: nowhere}}", "ServiceNotFound rights.egress[0].to[0]: there is no Service shop/nowhere"],
  ["{service: {name: empty}}", /^ServiceWithoutSelector .*Service shop\/empty selects no pods itself/],
  ["{service: {name: nothing}}", "NoPorts rights.egress[0].to[0]: Service shop/nothing has no ports"],
  ["{service: {name: odd-headless}}", /^ServiceHeadless .* nothing turns its port 80 into 8080/],
  ["{serviceAccess: {name: nowhere}}", /^ServiceAccessNotFound .*there is no ServiceAccess shop\/nowhere/],
  ["{serviceAccess: {name: outside, namespace: data}}", /^ServiceAccessWithoutTarget /],
  ["{serviceAccess: {name: closed, namespace: data}}", /^NoPorts .*ServiceAccess data\/closed has no ports/],
  [
    "{serviceAccess: {name: lost, namespace: data}}",
    /^ServiceNotFound .*ServiceAccess data\/lost: target.service/,
  ],
  ["{service: {name: web}, podSelector: {}}", /^InvalidSpec .*one kind of thing/],
])("the rule to %s is left out and said, and the isolation stays", (peer, reason) => {
  const [spec, dropped] = rights(`{policyTypes: [Egress], egress: [{to: [${peer}]}]}`);
  expect(spec).toEqual({ podSelector: {}, policyTypes: ["Egress"] });
  expect(dropped).toEqual([typeof reason === "string" ? reason : expect.stringMatching(reason)]);
});

test("without its EndpointSlice the API server is nowhere, whatever its Service says", () => {
  const object = accessOf("shop/a", access("{permits: {egress: [{to: [{preset: KubeAPI}]}], dns: false}}"));
  const world = smallWorld({ ...CLUSTER, endpointSlices: [] });
  const { policies, dropped } = policiesFor(object, resolve(object, world));
  expect(policies.map(({ spec }) => spec.egress)).toEqual([undefined]);
  expect(dropped.map(({ reason }) => reason)).toEqual(["KubeAPINotFound"]);
});

test("virtctl comes from where KubeVirt is, on the ports of its rule", () => {
  const [spec, dropped] = rights("{ingress: [{from: [{preset: Virtctl}], ports: [{port: 22}]}]}");
  expect(dropped).toEqual([]);
  expect(spec?.ingress).toContainEqual({
    from: [
      {
        podSelector: { matchLabels: { "kubevirt.io": "virt-api" } },
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "virt" } },
      },
    ],
    ports: [{ protocol: "TCP", port: 22 }],
  });
});

test.each([
  ["alibaba", ["100.64.0.0/10"]],
  ["azure", ["168.63.129.16/32"]],
  ["google", ["130.211.0.0/22", "35.191.0.0/16"]],
])("the health checks of %s come from %j, on the ports of the object", (cloudProvider, blocks) => {
  const [spec, dropped] = rights("{ingress: [{from: [{preset: LoadBalancerHealthChecks}]}]}", {
    cloudProvider,
  });
  expect(dropped).toEqual([]);
  const holders = { podSelector: { matchLabels: { "netpol/a": "true" } } };
  expect(spec?.ingress).toEqual([
    {
      from: [...blocks.map((cidr) => ({ ipBlock: { cidr } })), holders],
      ports: [{ protocol: "TCP", port: 7 }],
    },
  ]);
});

test.each([
  [undefined, /^CloudProviderNotSaid .*say it with --cloud-provider, one of alibaba, aws/],
  ["aws", /^HealthChecksNotKnown .*in the subnets that they lie in/],
  ["openstack", /^HealthChecksNotKnown .*in the subnet that they lie in/],
])("with the cloud %s nobody knows from where health checks come", (cloudProvider, reason) => {
  const [spec, dropped] = rights("{ingress: [{from: [{preset: LoadBalancerHealthChecks}]}]}", {
    cloudProvider,
  });
  expect(spec?.ingress).toHaveLength(1);
  expect(dropped).toEqual([expect.stringMatching(reason)]);
});
