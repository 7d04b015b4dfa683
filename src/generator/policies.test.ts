import { load } from "js-yaml";
import { expect, test } from "vitest";
import type { NetworkPolicySpec } from "../model/network-policy.ts";
import type { ServiceAccessSpec } from "../model/service-access.ts";
import { uncheckedSpec } from "../testing/decode-unchecked.ts";
import { accessOf, CLUSTER_DNS, smallWorld, type WorldSketch } from "../testing/small-world.ts";
import { type Generated, policiesFor } from "./policies.ts";
import { resolve } from "./references.ts";

const NOTHING: WorldSketch = {};

function generated(key: string, spec: ServiceAccessSpec, sketch: WorldSketch = NOTHING): Generated {
  const access = accessOf(key, spec);
  return policiesFor(access, resolve(access, smallWorld(sketch)));
}

/** The policies that were made of a spec, by their names, as anyone would write them by hand. */
function written(
  spec: string,
  sketch: WorldSketch = NOTHING,
  key = "shop/db",
): Readonly<Record<string, NetworkPolicySpec>> {
  const { policies } = generated(key, uncheckedSpec(load(spec)), sketch);
  return Object.fromEntries(policies.map(({ metadata, spec }) => [metadata.name, spec]));
}

function reasons(spec: string, sketch: WorldSketch = NOTHING): readonly string[] {
  return generated("shop/db", uncheckedSpec(load(spec)), sketch).dropped.map(
    ({ reason, message }) => `${reason} ${message}`,
  );
}

/** Targets `{app: db}` on TCP/80, and holders get there. */
const HOLDERS = { from: [{ podSelector: { matchLabels: { "netpol/db": "true" } } }] };
const TARGET = { podSelector: { matchLabels: { app: "db" } } };

test("memcached of abcdesktop is exactly its two policies", () => {
  const memcached = `
    target: {podSelector: {matchLabels: {run: memcached-od}}}
    ports: [{port: 11211}]
    rights:
      ingress:
      - from: [{namespaces: [kube-monitor], podSelector: {matchLabels: {netpol/metrics: "true"}}}]
        ports: [{port: 11211}]
    permits: {dns: false}`;
  expect(generated("abcdesktop/memcached", uncheckedSpec(load(memcached)))).toEqual({
    undecided: undefined,
    dropped: [],
    policies: [
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: {
          name: "memcached-rights",
          namespace: "abcdesktop",
          labels: labelsOf("memcached", "abcdesktop", "rights"),
          annotations: {
            "serviceaccess.dev/description":
              "Who may use the service of ServiceAccess memcached; change that object, not this policy.",
          },
          ownerReferences: ownersOf("memcached"),
        },
        spec: {
          podSelector: { matchLabels: { run: "memcached-od" } },
          policyTypes: ["Ingress"],
          ingress: [
            {
              from: [
                { podSelector: { matchLabels: { "netpol/memcached": "true" } } },
                {
                  podSelector: { matchLabels: { "netpol/metrics": "true" } },
                  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-monitor" } },
                },
              ],
              ports: [{ protocol: "TCP", port: 11211 }],
            },
          ],
        },
      },
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: {
          name: "memcached-permits",
          namespace: "abcdesktop",
          labels: labelsOf("memcached", "abcdesktop", "permits"),
          annotations: {
            "serviceaccess.dev/description":
              "Where the holders of the client label of ServiceAccess memcached may go; change that object, not this policy.",
          },
          ownerReferences: ownersOf("memcached"),
        },
        spec: {
          podSelector: { matchLabels: { "netpol/memcached": "true" } },
          policyTypes: ["Egress"],
          egress: [
            {
              to: [{ podSelector: { matchLabels: { run: "memcached-od" } } }],
              ports: [{ protocol: "TCP", port: 11211 }],
            },
          ],
        },
      },
    ],
  });
});

function labelsOf(name: string, namespace: string, half: string): Readonly<Record<string, string>> {
  return {
    "app.kubernetes.io/managed-by": "serviceaccess",
    "serviceaccess.dev/owner-name": name,
    "serviceaccess.dev/owner-namespace": namespace,
    "serviceaccess.dev/owner-uid": `uid-of-${name}`,
    "serviceaccess.dev/half": half,
  };
}

function ownersOf(name: string): readonly unknown[] {
  return [
    {
      apiVersion: "serviceaccess.dev/v1alpha1",
      kind: "ServiceAccess",
      name,
      uid: `uid-of-${name}`,
      controller: true,
      blockOwnerDeletion: true,
    },
  ];
}

test("the ten ports of ocuser are the same on both halves", () => {
  const numbers = [4714, 6081, 29780, 29781, 29782, 29783, 29784, 29785, 29786, 55556];
  const ports = numbers.toReversed().map((port) => `{port: ${port}}`);
  const pair = written(
    `{target: {podSelector: {matchLabels: {type: x11server}}}, ports: [${ports.join(", ")}], permits: {dns: false}}`,
    NOTHING,
    "abcdesktop/ocuser",
  );
  const inwards = pair["ocuser-rights"]?.ingress?.[0]?.ports;
  expect(inwards).toEqual(pair["ocuser-permits"]?.egress?.[0]?.ports);
  expect(inwards?.map(({ port }) => Number(port)).toSorted((a, b) => a - b)).toEqual(numbers);
  expect(inwards?.every(({ protocol }) => protocol === "TCP")).toBe(true);
});

test("an object from a file has no uid to refer to, and its policies no owner", () => {
  const { metadata, ...rest } = accessOf("shop/db", { target: { podSelector: {} }, ports: [{ port: 80 }] });
  const access = { ...rest, metadata: { namespace: metadata.namespace, name: metadata.name } };
  const { policies } = policiesFor(access, resolve(access, smallWorld(NOTHING)));
  expect(policies.map(({ metadata }) => metadata.ownerReferences)).toEqual([undefined, undefined]);
  expect(policies[0]?.metadata.labels).not.toHaveProperty("serviceaccess.dev/owner-uid");
});

const SHOP: WorldSketch = {
  services: {
    "shop/db": {
      selector: { app: "db", tier: "data" },
      ports: [
        { port: 80, targetPort: 5432 },
        { port: 81, targetPort: "sql" },
        { port: 53, protocol: "UDP" },
      ],
    },
    "shop/headless": { selector: { app: "db" } },
    "shop/everyone": { selector: {}, ports: [{ port: 80 }] },
    "shop/external": { ports: [{ port: 80 }] },
    "other/elsewhere": { selector: { app: "db" }, ports: [{ port: 80 }] },
  },
  workloads: {
    "shop/StatefulSet/db": { selector: { matchLabels: { app: "db" } } },
    "shop/CronJob/nightly": {},
  },
};

test("a Service as target gives its selector and its target ports, by number and by name", () => {
  const ports = [
    { protocol: "TCP", port: "sql" },
    { protocol: "TCP", port: 5432 },
    { protocol: "UDP", port: 53 },
  ];
  const pods = { matchLabels: { app: "db", tier: "data" } };
  expect(written("{target: {service: {name: db}}, permits: {dns: false}}", SHOP)).toEqual({
    "db-rights": { podSelector: pods, policyTypes: ["Ingress"], ingress: [{ ...HOLDERS, ports }] },
    "db-permits": {
      podSelector: { matchLabels: { "netpol/db": "true" } },
      policyTypes: ["Egress"],
      egress: [{ to: [{ podSelector: pods }], ports }],
    },
  });
});

test("ports of the object come before those of the Service", () => {
  const { "db-rights": rights } = written("{target: {service: {name: db}}, ports: [{port: 9}]}", SHOP);
  expect(rights?.ingress).toEqual([{ ...HOLDERS, ports: [{ protocol: "TCP", port: 9 }] }]);
});

test("a workload as target gives its own selector", () => {
  const spec = "{target: {workload: {kind: StatefulSet, name: db}}, ports: [{port: 80}]}";
  expect(written(spec, SHOP)["db-rights"]?.podSelector).toEqual({ matchLabels: { app: "db" } });
});

test.each([
  ["a missing Service", "{service: {name: gone}}", "ServiceNotFound"],
  ["a Service of another namespace", "{service: {name: elsewhere}}", "ServiceNotFound"],
  ["a Service without a selector", "{service: {name: external}}", "ServiceWithoutSelector"],
  ["a Service with an empty selector", "{service: {name: everyone}}", "ServiceWithoutSelector"],
  ["a missing workload", "{workload: {kind: Deployment, name: db}}", "WorkloadNotFound"],
  ["a workload without a selector", "{workload: {kind: CronJob, name: nightly}}", "WorkloadNotFound"],
  ["nothing", "{}", "InvalidSpec"],
  ["two things at once", "{podSelector: {}, service: {name: db}}", "InvalidSpec"],
])("a target that names %s leaves the policies undecided", (_, target, reason) => {
  const { policies, undecided } = generated(
    "shop/db",
    uncheckedSpec(load(`{target: ${target}, ports: [{port: 80}]}`)),
    SHOP,
  );
  expect(policies).toEqual([]);
  expect(undecided?.reason).toBe(reason);
});

test("a Service without ports closes its pods and lets nobody in", () => {
  expect(written("target: {service: {name: headless}}", SHOP)).toEqual({
    "db-rights": { podSelector: { matchLabels: { app: "db" } }, policyTypes: ["Ingress"] },
  });
});

test("without a target there are permits only", () => {
  const spec = `
    permits:
      dns: false
      egress: [{to: [{ipBlock: {cidr: 192.0.2.0/24}}], ports: [{port: 25}, {port: 465}]}]`;
  expect(written(spec)).toEqual({
    "db-permits": {
      podSelector: { matchLabels: { "netpol/db": "true" } },
      policyTypes: ["Egress"],
      egress: [
        {
          to: [{ ipBlock: { cidr: "192.0.2.0/24" } }],
          ports: [
            { protocol: "TCP", port: 25 },
            { protocol: "TCP", port: 465 },
          ],
        },
      ],
    },
  });
});

test("a default deny selects every pod, isolates both ways and has no rule", () => {
  expect(written("{target: {podSelector: {}}, rights: {policyTypes: [Egress, Ingress]}}")).toEqual({
    "db-rights": { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
  });
});

test.each([
  ["nothing said", "{}", ["Ingress"]],
  ["an empty list of egress: it may call nothing", "{egress: []}", ["Ingress", "Egress"]],
  ["policyTypes", "{policyTypes: [Egress]}", ["Egress"]],
  ["policyTypes that an older schema let be empty", "{policyTypes: []}", ["Ingress"]],
])("the target is isolated by %s", (_, rights, policyTypes) => {
  const pair = written(`{target: {podSelector: {}}, rights: ${rights}}`);
  expect(pair).toEqual({ "db-rights": { podSelector: {}, policyTypes } });
});

test("[Egress] alone leaves what comes in untouched, and the permits lead to the target all the same", () => {
  const spec =
    "{target: {podSelector: {}}, ports: [{port: 80}], rights: {policyTypes: [Egress]}, permits: {dns: false}}";
  const pair = written(spec);
  expect(pair["db-rights"]).toEqual({ podSelector: {}, policyTypes: ["Egress"] });
  expect(pair["db-permits"]?.egress).toEqual([
    { to: [{ podSelector: {} }], ports: [{ protocol: "TCP", port: 80 }] },
  ]);
});

test("permits.policy None admits the holders and isolates nobody", () => {
  const spec =
    "{target: {podSelector: {matchLabels: {app: db}}}, ports: [{port: 80}], permits: {policy: None}}";
  expect(written(spec, CLUSTER_DNS)).toEqual({
    "db-rights": {
      ...TARGET,
      policyTypes: ["Ingress"],
      ingress: [{ ...HOLDERS, ports: [{ protocol: "TCP", port: 80 }] }],
    },
  });
});

test("the client label is what the object says it is, in both halves", () => {
  const pair = written(
    '{target: {podSelector: {}}, ports: [{port: 80}], permits: {dns: false, label: {key: may/read, value: "yes"}}}',
  );
  const label = { matchLabels: { "may/read": "yes" } };
  expect(pair["db-rights"]?.ingress?.[0]?.from).toEqual([{ podSelector: label }]);
  expect(pair["db-permits"]?.podSelector).toEqual(label);
});

test("a client label without a value has the value true", () => {
  const pair = written("{target: {podSelector: {}}, ports: [{port: 80}], permits: {label: {key: reader}}}");
  expect(pair["db-permits"]?.podSelector).toEqual({ matchLabels: { reader: "true" } });
});

const DNS_RULE = {
  to: [
    {
      podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
    },
  ],
  ports: [
    { protocol: "TCP", port: 53 },
    { protocol: "UDP", port: 53 },
  ],
};

test("permits lead to the cluster's DNS too, on UDP and TCP, and not to its metrics", () => {
  const spec = "{target: {podSelector: {matchLabels: {app: db}}}, ports: [{port: 80}]}";
  expect(written(spec, CLUSTER_DNS)["db-permits"]?.egress).toEqual([
    { to: [TARGET], ports: [{ protocol: "TCP", port: 80 }] },
    DNS_RULE,
  ]);
});

test("the cluster's DNS is found by its label where it has another name, and by target port", () => {
  const world: WorldSketch = {
    services: {
      "kube-system/another": { selector: { app: "another" }, ports: [{ port: 53, protocol: "UDP" }] },
      "elsewhere/kube-dns": { labels: { "k8s-app": "kube-dns" }, ports: [{ port: 53, protocol: "UDP" }] },
      "kube-system/rke2-coredns": {
        labels: { "k8s-app": "kube-dns" },
        selector: { app: "coredns" },
        ports: [{ port: 53, targetPort: "dns", protocol: "UDP" }],
      },
    },
  };
  const spec = "{target: {podSelector: {}}, rights: {egress: [{to: [{preset: ClusterDNS}]}]}}";
  expect(written(spec, world)["db-rights"]?.egress).toEqual([
    {
      to: [
        {
          podSelector: { matchLabels: { app: "coredns" } },
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
        },
      ],
      // Nobody says which number the name means, and resolvers ask over TCP as well.
      ports: [
        { protocol: "TCP", port: "dns" },
        { protocol: "TCP", port: 53 },
        { protocol: "UDP", port: "dns" },
        { protocol: "UDP", port: 53 },
      ],
    },
  ]);
});

test("where there is no DNS its rule is left out and said, and the isolation stays", () => {
  const spec = "{target: {podSelector: {}}, rights: {egress: [{to: [{preset: ClusterDNS}]}]}}";
  expect(written(spec)).toEqual({
    "db-rights": { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
  });
  expect(reasons(spec)).toEqual([expect.stringMatching(/^DNSNotFound no Service kube-system\/kube-dns /)]);
});

test("a DNS Service without a selector is none: it must not become all pods of kube-system", () => {
  const world: WorldSketch = {
    services: { "kube-system/kube-dns": { selector: {}, ports: [{ port: 53, protocol: "UDP" }] } },
  };
  const spec = "{target: {podSelector: {}}, ports: [{port: 80}]}";
  expect(written(spec, world)["db-permits"]?.egress).toHaveLength(1);
  expect(reasons(spec, world)).toHaveLength(1);
});

test("an object that offers nothing has no use for the DNS and does not ask for it", () => {
  const spec: ServiceAccessSpec = {
    target: { podSelector: {} },
    rights: { policyTypes: ["Ingress", "Egress"] },
  };
  expect(generated("shop/db", spec).dropped).toEqual([]);
  expect(resolve(accessOf("shop/db", spec), smallWorld(CLUSTER_DNS)).dns).toEqual({ kind: "unused" });
});

test.each([
  ["a port", "{port: 80}", [{ protocol: "TCP", port: 80 }]],
  ["a named port", "{port: http}", [{ protocol: "TCP", port: "http" }]],
  ["UDP", "{port: 53, protocol: UDP}", [{ protocol: "UDP", port: 53 }]],
  ["SCTP", "{port: 36412, protocol: SCTP}", [{ protocol: "SCTP", port: 36412 }]],
  ["a range", "{port: 8000, endPort: 8010}", [{ protocol: "TCP", port: 8000, endPort: 8010 }]],
  ["all of a protocol", "{protocol: UDP}", [{ protocol: "UDP" }]],
  ["a port with a word for people", "{port: 80, description: web}", [{ protocol: "TCP", port: 80 }]],
])("%s is written with its protocol", (_, port, ports) => {
  const pair = written(`{target: {podSelector: {}}, ports: [${port}], permits: {dns: false}}`);
  expect(pair["db-rights"]?.ingress).toEqual([{ ...HOLDERS, ports }]);
  expect(pair["db-permits"]?.egress).toEqual([{ to: [{ podSelector: {} }], ports }]);
});

test("protocol Any is every port: the ports are left out, and the peers are not", () => {
  const pair = written(
    "{target: {podSelector: {}}, ports: [{port: 80}, {protocol: Any}], permits: {dns: false}}",
  );
  expect(pair["db-rights"]?.ingress).toEqual([HOLDERS]);
  expect(pair["db-permits"]?.egress).toEqual([{ to: [{ podSelector: {} }] }]);
});

test("protocol Any beside a port is not everything: it is written as it stands, for the API server to refuse", () => {
  const pair = written(
    "{target: {podSelector: {}}, ports: [{port: 80, protocol: Any}], permits: {dns: false}}",
  );
  expect(pair["db-rights"]?.ingress).toEqual([{ ...HOLDERS, ports: [{ protocol: "Any", port: 80 }] }]);
});

test("rules for egress name their own peers and ports", () => {
  const spec = `
    target: {podSelector: {}}
    rights:
      egress:
      - {to: [{podSelector: {matchLabels: {app: ldap}}}], ports: [{port: 389}]}
      - {to: [{preset: Anywhere}], ports: [{port: 443}]}`;
  expect(written(spec)["db-rights"]?.egress).toEqual([
    {
      to: [{ podSelector: { matchLabels: { app: "ldap" } } }],
      ports: [{ protocol: "TCP", port: 389 }],
    },
    { ports: [{ protocol: "TCP", port: 443 }] },
  ]);
});

test("sources of the same ports share a rule; everyone is never joined with someone", () => {
  const spec = `
    target: {podSelector: {}}
    ports: [{port: 80}]
    rights:
      ingress:
      - {from: [{ipBlock: {cidr: 192.0.2.0/24}}]}
      - {from: [{preset: Anywhere}, {preset: Cluster}]}
      - {from: [{podSelector: {}}], ports: [{port: 81}]}
    permits: {policy: None}`;
  expect(written(spec)["db-rights"]?.ingress).toEqual([
    {
      from: [{ ipBlock: { cidr: "192.0.2.0/24" } }, { namespaceSelector: {} }, ...HOLDERS.from],
      ports: [{ protocol: "TCP", port: 80 }],
    },
    { from: [{ podSelector: {} }], ports: [{ protocol: "TCP", port: 81 }] },
    { ports: [{ protocol: "TCP", port: 80 }] },
  ]);
});

test.each([
  [
    "rights: {ingress: [{from: [{podSelector: {}}]}]}",
    "NoPorts rights.ingress[0] has no ports: name them, or protocol Any for all",
  ],
  [
    "rights: {ingress: [{from: [{podSelector: {}}], ports: []}]}",
    "NoPorts rights.ingress[0] has no ports: name them, or protocol Any for all",
  ],
  ["rights: {ingress: [{from: [], ports: [{port: 80}]}]}", "InvalidSpec rights.ingress[0].from names nobody"],
  [
    "rights: {ingress: [{from: [{}], ports: [{port: 80}]}]}",
    "InvalidSpec rights.ingress[0].from[0]: a peer says nobody: name pods, an ipBlock or a preset",
  ],
  [
    "rights: {ingress: [{from: [{podSelector: {}, preset: Anywhere}], ports: [{port: 80}]}]}",
    "InvalidSpec rights.ingress[0].from[0]: a peer is one kind of thing, and not two of them",
  ],
  [
    "rights: {ingress: [{from: [{podSelector: {}, namespaces: []}], ports: [{port: 80}]}]}",
    "InvalidSpec rights.ingress[0].from[0]: namespaces names none: name one, or leave it out",
  ],
  [
    "rights: {policyTypes: [Ingress], egress: [{to: [{podSelector: {}}, {}], ports: [{port: 80}]}]}",
    "InvalidSpec rights.egress[0].to[1]: a peer says nobody: name pods, an ipBlock or a preset",
  ],
  [
    "rights: {policyTypes: [Ingress], egress: [{to: [], ports: [{port: 53}]}]}",
    "InvalidSpec rights.egress[0].to names nobody",
  ],
  [
    "rights: {policyTypes: [Ingress], egress: [{to: [{preset: ClusterDNS}, {podSelector: {}}], ports: [{port: 80}]}]}",
    "InvalidSpec rights.egress[0].to[0]: the peer brings ports of its own: give its rule none",
  ],
])("of a spec that an older schema let through, %s is left out and said", (part, reason) => {
  const spec = `{target: {podSelector: {}}, ${part}}`;
  expect(reasons(spec)).toEqual([reason]);
  expect(written(spec)).toEqual({ "db-rights": { podSelector: {}, policyTypes: ["Ingress"] } });
});

test("permits without a target that lead nowhere isolate nobody", () => {
  expect(written("{permits: {egress: []}}")).toEqual({});
  expect(written("{}")).toEqual({});
});

test("permits whose destinations cannot be written lead nowhere, and are there", () => {
  const spec = "{permits: {dns: false, egress: [{to: [{}], ports: [{port: 80}]}]}}";
  expect(written(spec)).toEqual({
    "db-permits": { podSelector: { matchLabels: { "netpol/db": "true" } }, policyTypes: ["Egress"] },
  });
});

test("permits.egress beside a target, which an older schema let through, isolates nobody by itself", () => {
  const spec =
    "{target: {podSelector: {}}, permits: {egress: [{to: [{podSelector: {}}], ports: [{port: 80}]}]}}";
  expect(Object.keys(written(spec))).toEqual(["db-rights"]);
});
