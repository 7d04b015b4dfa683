import type { PolicyPeer, PolicyPort } from "../../src/model/network-policy.ts";
import { NAMESPACE_NAME_LABEL } from "../../src/model/labels.ts";
import {
  type ContainerPort,
  type NamespaceSketch,
  podsIn,
  podsWith,
  type PolicySketch,
  range,
  type WorkloadSketch,
} from "./sketch.ts";

/**
 * Shops of ten workloads of two pods, with the policies that ServiceAccesses would give them: default deny, DNS, metrics,
 * a public front, and rights and permits for each service that another one calls. Besides them DNS, Prometheus and a
 * gateway, six pods in all, so 806 pods are 40 shops.
 */
export function shops(pods: number): readonly NamespaceSketch[] {
  const count = Math.max(1, Math.round((pods - 6) / 20));
  return [...COMMON, ...range(count).map(shop)];
}

const COMMON: readonly NamespaceSketch[] = [
  alone("kube-system", {
    name: "coredns",
    replicas: 2,
    labels: { "k8s-app": "kube-dns" },
    ports: [
      { name: "dns", protocol: "UDP", containerPort: 53 },
      { name: "dns-tcp", protocol: "TCP", containerPort: 53 },
    ],
  }),
  alone("monitoring", { name: "prometheus", replicas: 2, labels: { app: "prometheus" } }),
  alone("ingress", { name: "gateway", replicas: 2, labels: { app: "gateway" } }),
];

/** Who calls whom in a shop. */
const CALLS: Readonly<Record<string, readonly string[]>> = {
  frontend: ["cart", "catalog", "checkout", "recommend"],
  cart: ["redis"],
  catalog: ["db"],
  checkout: ["payment", "shipping", "email"],
  recommend: ["catalog"],
  payment: [],
  shipping: [],
  email: [],
  redis: [],
  db: [],
};

const SERVERS = [...new Set(Object.values(CALLS).flat())];

function shop(index: number): NamespaceSketch {
  return {
    name: `shop-${index}`,
    labels: { team: `team${index % 10}` },
    workloads: Object.entries(CALLS).map(([name, servers]) => workload(name, servers)),
    policies: [
      { name: "default-deny", spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] } },
      egress("dns", {}, podsIn(named("kube-system"), { "k8s-app": "kube-dns" }), [
        { protocol: "UDP", port: 53 },
        { protocol: "TCP", port: 53 },
      ]),
      ingress("metrics", {}, podsIn(named("monitoring"), { app: "prometheus" }), tcp("metrics")),
      ingress(
        "public",
        { app: "frontend" },
        { namespaceSelector: { matchLabels: named("ingress") } },
        tcp(8080),
      ),
      ...SERVERS.flatMap(rightsAndPermits),
    ],
  };
}

function rightsAndPermits(server: string): readonly PolicySketch[] {
  const holders = { [`access/${server}`]: "permit" };
  const ports = tcp(portOf(server));
  return [
    ingress(`rights-${server}`, { app: server }, podsWith(holders), ports),
    egress(`permits-${server}`, holders, podsWith({ app: server }), ports),
  ];
}

function workload(name: string, servers: readonly string[]): WorkloadSketch {
  const permits = servers.map((server): [string, string] => [`access/${server}`, "permit"]);
  const ports: readonly ContainerPort[] = [
    { name: "http", protocol: "TCP", containerPort: portOf(name) },
    { name: "metrics", protocol: "TCP", containerPort: 9090 },
  ];
  return { name, replicas: 2, labels: { app: name, ...Object.fromEntries(permits) }, ports };
}

function portOf(server: string): number {
  return { redis: 6379, db: 5432 }[server] ?? 8080;
}

function tcp(port: number | string): readonly PolicyPort[] {
  return [{ protocol: "TCP", port }];
}

function named(namespace: string): Readonly<Record<string, string>> {
  return { [NAMESPACE_NAME_LABEL]: namespace };
}

function ingress(
  name: string,
  subject: Readonly<Record<string, string>>,
  from: PolicyPeer,
  ports: readonly PolicyPort[],
): PolicySketch {
  const podSelector = { matchLabels: subject };
  return { name, spec: { podSelector, policyTypes: ["Ingress"], ingress: [{ from: [from], ports }] } };
}

function egress(
  name: string,
  subject: Readonly<Record<string, string>>,
  to: PolicyPeer,
  ports: readonly PolicyPort[],
): PolicySketch {
  const podSelector = { matchLabels: subject };
  return { name, spec: { podSelector, policyTypes: ["Egress"], egress: [{ to: [to], ports }] } };
}

function alone(name: string, only: WorkloadSketch): NamespaceSketch {
  return { name, labels: {}, workloads: [only], policies: [] };
}
