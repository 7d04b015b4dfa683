import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Decoded,
  decodeNamespace,
  decodeNetworkPolicy,
  decodePod,
  decodeService,
  decodeWorkload,
} from "./decode.ts";

const container = (name: string, containerPort: number, more: object = {}) => ({
  name: `c-${name}`,
  ports: [{ name, containerPort }],
  ...more,
});

const fullPod = {
  metadata: {
    name: "web-0",
    namespace: "shop",
    uid: "u1",
    labels: { app: "web" },
    ownerReferences: [
      { apiVersion: "v1", kind: "Watcher", name: "w", uid: "u2" },
      { apiVersion: "apps/v1", kind: "StatefulSet", name: "web", uid: "u3", controller: true },
    ],
    deletionTimestamp: "2026-01-01T00:00:00Z",
  },
  spec: {
    nodeName: "node-1",
    hostNetwork: true,
    containers: [container("http", 8080), { name: "quiet" }],
    initContainers: [
      container("setup", 1),
      container("proxy", 15090, { restartPolicy: "Always" }),
      container("retry", 2, { restartPolicy: "OnFailure" }),
    ],
  },
  status: {
    phase: "Pending",
    podIP: "10.0.0.9",
    podIPs: [{ ip: "10.0.0.1" }, { ip: "2001:db8::1" }],
    hostIP: "192.168.0.1",
    hostIPs: [{ ip: "192.168.0.1" }],
  },
};

const fullPolicy = {
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "p", namespace: "shop", labels: { a: "b" }, generation: 3 },
  spec: {
    podSelector: {
      matchLabels: { a: "" },
      matchExpressions: [{ key: "k", operator: "In", values: ["v"] }],
    },
    policyTypes: ["Ingress", "Egress"],
    ingress: [
      { from: [{ podSelector: {}, namespaceSelector: null }], ports: [{ port: "http" }] },
      { from: null, ports: [] },
      {},
    ],
    egress: [{ to: [{ ipBlock: { cidr: "10.0.0.0/8", except: [] } }], ports: [{ port: 1, endPort: 2 }] }],
  },
};

const fullService = {
  metadata: { name: "web", namespace: "shop" },
  spec: {
    selector: { app: "web" },
    ports: [
      { port: 80, targetPort: "http" },
      { port: 53, protocol: "UDP" },
    ],
  },
};

const template = {
  metadata: { labels: { app: "web" } },
  spec: { containers: [container("http", 8080)] },
};

function workload(kind: string, spec: object): object {
  return { kind, metadata: { name: "web" }, spec };
}

const DECODERS: Readonly<Record<string, (raw: unknown) => Decoded<unknown>>> = {
  decodePod,
  decodeNamespace,
  decodeService,
  decodeWorkload,
  decodeNetworkPolicy,
};

test("a pod keeps its controller, its plural addresses and the ports of containers and sidecars", () => {
  expect(decodePod(fullPod)).toEqual({
    kind: "decoded",
    value: {
      namespace: "shop",
      name: "web-0",
      uid: "u1",
      labels: { app: "web" },
      owner: { kind: "StatefulSet", name: "web" },
      addresses: ["10.0.0.1", "2001:db8::1"],
      node: "node-1",
      nodeAddresses: ["192.168.0.1"],
      hostNetwork: true,
      phase: "Pending",
      terminating: true,
      ports: [
        { name: "http", protocol: "TCP", number: 8080 },
        { name: "proxy", protocol: "TCP", number: 15090 },
      ],
      replicas: 1,
      fromTemplate: false,
    },
  });
});

test("a pod manifest without status and namespace stands for the pod as it will run", () => {
  const pod = valueOf(decodePod({ metadata: { name: "a" }, spec: { containers: [] } }, "shop"));
  expect(pod).toMatchObject({
    namespace: "shop",
    phase: "Running",
    addresses: [],
    owner: undefined,
    labels: {},
  });
});

test("the singular podIP counts where podIPs is missing", () => {
  const pod = decodePod({
    metadata: { name: "a" },
    status: { podIP: "10.0.0.9", hostIP: "192.168.0.1" },
  });
  expect(valueOf(pod)).toMatchObject({ addresses: ["10.0.0.9"], nodeAddresses: ["192.168.0.1"] });
});

test("a namespace always carries its name as a label, whatever its manifest says", () => {
  const raw = {
    metadata: { name: "shop", labels: { team: "a", "kubernetes.io/metadata.name": "other" } },
  };
  expect(valueOf(decodeNamespace(raw))).toEqual({
    name: "shop",
    labels: { team: "a", "kubernetes.io/metadata.name": "shop" },
    labelsKnown: true,
    terminating: false,
    acceptsPermitsFrom: [],
  });
});

test("a Service port without target port means the same number", () => {
  expect(valueOf(decodeService(fullService))).toMatchObject({
    type: "ClusterIP",
    headless: false,
    selector: { app: "web" },
    ports: [
      { name: "", protocol: "TCP", port: 80, targetPort: "http" },
      { name: "", protocol: "UDP", port: 53, targetPort: 53 },
    ],
  });
});

test("a Service without an address of its own is headless", () => {
  const raw = { metadata: { name: "web" }, spec: { clusterIP: "None" } };
  expect(valueOf(decodeService(raw))).toMatchObject({ headless: true });
});

test.each([
  ["an absent selector", {}],
  ["an empty selector", { selector: {} }],
  ["the selector of an ExternalName", { type: "ExternalName", selector: { app: "web" } }],
])("%s finds no pods for a Service", (_, spec) => {
  expect(valueOf(decodeService({ metadata: { name: "web" }, spec }))).toMatchObject({
    selector: undefined,
  });
});

const jobTemplate = { spec: { template, parallelism: 4 } };

test.each([
  ["Deployment", { template, replicas: 3, selector: {} }, { replicas: 3, selector: {} }],
  ["StatefulSet", { template }, { replicas: 1, selector: undefined }],
  ["ReplicaSet", { template, replicas: 0 }, { replicas: 0 }],
  ["ReplicationController", { template, selector: { a: "b" } }, { selector: { matchLabels: { a: "b" } } }],
  ["DaemonSet", { template }, { replicas: 1 }],
  ["Job", { template, parallelism: 2 }, { replicas: 2 }],
  ["Job", { template, suspend: true }, { replicas: 0 }],
  ["CronJob", { jobTemplate }, { replicas: 4, selector: undefined }],
  ["CronJob", { jobTemplate, suspend: true }, { replicas: 0 }],
])("a %s is read with its template and replicas: %j", (kind, spec, expected) => {
  expect(valueOf(decodeWorkload(workload(kind, spec)))).toMatchObject({
    kind,
    namespace: "default",
    name: "web",
    template: { labels: { app: "web" }, ports: [{ name: "http", protocol: "TCP", number: 8080 }] },
    ...expected,
  });
});

test("a NetworkPolicy keeps absent, null and empty apart", () => {
  expect(valueOf(decodeNetworkPolicy(fullPolicy))).toStrictEqual(fullPolicy);
});

test("a NetworkPolicy loses the metadata no rule of ours reads, and its status", () => {
  const raw = {
    metadata: { name: "p", creationTimestamp: null, managedFields: [{}], uid: null },
    spec: { podSelector: null },
    status: {},
  };
  expect(valueOf(decodeNetworkPolicy(raw))).toEqual({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "p", namespace: "default" },
    spec: { podSelector: null },
  });
});

test.each([
  ["decodePod", { metadata: {} }, "metadata.name: is required: a string"],
  [
    "decodePod",
    { metadata: { name: "A/b" } },
    'metadata.name: must be a name of lower case letters, digits, "-" and ".", at most 253 characters, not "A/b"',
  ],
  [
    "decodePod",
    { metadata: { name: "a", labels: { on: true } } },
    'metadata.labels["on"]: must be a string, not true; write "true", in quotes',
  ],
  ["decodePod", { metadata: { name: "a" }, spec: [] }, "spec: must be an object, not a list"],
  [
    "decodePod",
    { metadata: { name: "a" }, spec: { containers: [{ ports: [{ containerPort: 0 }] }] } },
    "spec.containers[0].ports[0].containerPort: must be a whole number from 1 to 65535, not 0",
  ],
  [
    "decodePod",
    {
      metadata: { name: "a" },
      spec: { containers: [{ ports: [{ containerPort: 1, protocol: "tcp" }] }] },
    },
    'spec.containers[0].ports[0].protocol: must be one of TCP, UDP, SCTP, not "tcp"',
  ],
  [
    "decodeWorkload",
    { kind: "Pod" },
    "kind: must be one of Deployment, StatefulSet, ReplicaSet, ReplicationController, DaemonSet, Job, CronJob",
  ],
  ["decodeWorkload", workload("Deployment", {}), "spec.template: is required: an object"],
  [
    "decodeService",
    { metadata: { name: "a" }, spec: { ports: [{}] } },
    "spec.ports[0].port: is required: a whole number from 1 to 65535",
  ],
  [
    "decodeNetworkPolicy",
    { metadata: { name: "a" }, spec: { ingress: {} } },
    "spec.ingress: must be a list, not an object",
  ],
  [
    "decodeNetworkPolicy",
    { metadata: { name: "a" }, spec: { ingress: [{ from: [{ ipBlock: {} }] }] } },
    "spec.ingress[0].from[0].ipBlock.cidr: is required: a string",
  ],
  [
    "decodeNetworkPolicy",
    { metadata: { name: "a" }, spec: { policyTypes: ["ingress"] } },
    'spec.policyTypes[0]: must be one of Ingress, Egress, not "ingress"',
  ],
  [
    "decodeNetworkPolicy",
    { metadata: { name: "a" }, spec: { egress: [{ ports: [{ port: 80.5 }] }] } },
    "spec.egress[0].ports[0].port: must be a whole number from -2147483648 to 2147483647, not 80.5",
  ],
  ["decodeNamespace", "shop", ': must be an object, not "shop"'],
])("%s says what is wrong with %j", (decoder, raw, expected) => {
  const result = DECODERS[decoder]?.(raw);
  expect(result?.kind).toBe("problems");
  const problems = result?.kind === "problems" ? result.problems : [];
  expect(problems.map(({ field, message }) => `${field}: ${message}`)).toEqual([expected]);
});

test("every problem of an object is named, not only the first", () => {
  const result = decodePod({ metadata: { name: 1, labels: 2 }, spec: { hostNetwork: "yes" } });
  expect(result.kind === "problems" && result.problems.map(({ field }) => field)).toEqual([
    "metadata.name",
    "metadata.labels",
    "spec.hostNetwork",
  ]);
});

const valid: readonly unknown[] = [
  fullPod,
  fullPolicy,
  fullService,
  workload("Deployment", { template }),
  workload("CronJob", { jobTemplate }),
];

test("no JSON value makes a decoder throw, and what it refuses it explains", () => {
  const damaged = fc
    .tuple(fc.constantFrom(...valid), fc.jsonValue(), fc.nat())
    .map(([object, junk, where]) => replaceNth(object, junk, where));
  const anyInput = fc.oneof(damaged, fc.jsonValue(), fc.constant(undefined));
  fc.assert(
    fc.property(anyInput, fc.constantFrom(...Object.values(DECODERS)), (raw, decode) => {
      const result = decode(raw);
      if (result.kind === "problems") expect(result.problems.length).toBeGreaterThan(0);
    }),
    { numRuns: 3000 },
  );
});

/** A copy of a JSON value whose n-th node is something else. */
function replaceNth(value: unknown, junk: unknown, nth: number): unknown {
  const size = JSON.stringify(value).length;
  let left = nth % Math.ceil(size / 12);
  const copy = (node: unknown): unknown => {
    if (left-- === 0) return junk;
    if (Array.isArray(node)) return node.map(copy);
    if (typeof node !== "object" || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, inner]) => [key, copy(inner)]));
  };
  return copy(value);
}

function valueOf<T>(result: Decoded<T>): T {
  if (result.kind === "problems") throw new Error(JSON.stringify(result.problems));
  return result.value;
}
