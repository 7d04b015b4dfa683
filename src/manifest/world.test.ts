import { expect, test } from "vitest";
import type { ServiceAccess } from "../model/service-access.ts";
import { type Decoded } from "./decode.ts";
import { decodeReachabilityTest } from "./decode-reachability-test.ts";
import { readManifests } from "./read.ts";
import { worldOf, type WorldReading } from "./world.ts";

/** The schema has tests of its own; here any object with a name will do. */
function decodeServiceAccess(raw: unknown): Decoded<ServiceAccess> {
  return { kind: "decoded", value: raw as ServiceAccess };
}

function reading(text: string, defaultNamespace = "default"): WorldReading {
  const { documents } = readManifests(text, "f.yaml");
  return worldOf(documents, { defaultNamespace, decodeServiceAccess });
}

function podsOf(text: string): readonly string[] {
  return [...reading(text).world.pods].map(([key, { replicas, fromTemplate }]) => {
    return fromTemplate ? `${key} x${replicas}` : key;
  });
}

function problemsOf(text: string): readonly string[] {
  return reading(text).problems.map(
    ({ origin, field, message }) => `#${origin.document} ${field}: ${message}`,
  );
}

const template = "template: {metadata: {labels: {app: web}}, spec: {containers: []}}";

function pod(name: string, owner = "", labels = "{}"): string {
  const references =
    owner === "" ? "[]" : `[{kind: ${owner.split("/")[0]}, name: ${owner.split("/")[1]}, controller: true}]`;
  return `---\n{apiVersion: v1, kind: Pod, metadata: {name: ${name}, labels: ${labels}, ownerReferences: ${references}}}\n`;
}

function workload(kind: string, name: string, spec = template, owner = ""): string {
  const references =
    owner === "" ? "[]" : `[{kind: ${owner.split("/")[0]}, name: ${owner.split("/")[1]}, controller: true}]`;
  const group = kind.endsWith("Job") ? "batch/v1" : "apps/v1";
  return `---\n{apiVersion: ${group}, kind: ${kind}, metadata: {name: ${name}, ownerReferences: ${references}}, spec: {${spec}}}\n`;
}

const REPLICA_SET = workload("ReplicaSet", "web-5f", template, "Deployment/web");
const CRON_JOB = workload("CronJob", "tidy", `jobTemplate: {spec: {${template}}}`);

test.each([
  [
    "a workload without pods is its template",
    workload("Deployment", "web", `replicas: 3, ${template}`),
    ["default/Deployment/web x3"],
  ],
  ["a workload scaled to zero has none", workload("Deployment", "web", `replicas: 0, ${template}`), []],
  [
    "a workload is its pods where the input has one",
    workload("StatefulSet", "db") + pod("db-0", "StatefulSet/db"),
    ["default/db-0"],
  ],
  [
    "a Deployment owns pods through its ReplicaSet",
    workload("Deployment", "web") + REPLICA_SET + pod("web-5f-x", "ReplicaSet/web-5f"),
    ["default/web-5f-x"],
  ],
  [
    "a Deployment owns pods of a ReplicaSet that the input left out",
    workload("Deployment", "web") + pod("web-5f-x", "ReplicaSet/web-5f", "{pod-template-hash: 5f}"),
    ["default/web-5f-x"],
  ],
  [
    "a CronJob owns pods of a Job that the input left out",
    CRON_JOB + pod("tidy-29-x", "Job/tidy-29"),
    ["default/tidy-29-x"],
  ],
  ["a CronJob without pods is its template", CRON_JOB, ["default/CronJob/tidy x1"]],
  [
    "a Deployment speaks for its ReplicaSets",
    workload("Deployment", "web") + REPLICA_SET,
    ["default/Deployment/web x1"],
  ],
  [
    "a template and a pod of one name are two",
    workload("Deployment", "web") + pod("web"),
    ["default/web", "default/Deployment/web x1"],
  ],
])("%s", (_, text, expected) => {
  expect(podsOf(text)).toEqual(expected);
});

test("the pod of a Job's template carries the Job's name, as the controller will label it", () => {
  const made = reading(workload("Job", "migrate")).world.pods.get("default/Job/migrate");
  expect(made?.labels).toEqual({
    app: "web",
    "batch.kubernetes.io/job-name": "migrate",
    "job-name": "migrate",
  });
  expect(made).toMatchObject({ owner: { kind: "Job", name: "migrate" }, addresses: [], fromTemplate: true });
});

test("a namespace without a manifest is known by its name only", () => {
  const text = `${pod("a")}---\n{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: x}}}`;
  expect([...reading(text).world.namespaces.values()]).toEqual([
    {
      name: "default",
      labels: { "kubernetes.io/metadata.name": "default" },
      labelsKnown: false,
      terminating: false,
      acceptsPermitsFrom: [],
    },
    {
      name: "shop",
      labels: { team: "x", "kubernetes.io/metadata.name": "shop" },
      labelsKnown: true,
      terminating: false,
      acceptsPermitsFrom: [],
    },
  ]);
});

test("what names no namespace lies in the one that the caller chose", () => {
  const text = `${pod("a")}---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p}}
---
{apiVersion: serviceaccess.dev/v1alpha1, kind: ServiceAccess, metadata: {name: s}}
---
{apiVersion: v1, kind: Service, metadata: {name: s}}
${workload("Deployment", "w")}`;
  const { world } = reading(text, "shop");
  const keys = [world.pods, world.policies, world.accesses, world.services, world.workloads].flatMap(
    (map) => [...map.keys()],
  );
  expect(keys).toEqual(["shop/a", "shop/Deployment/w", "shop/p", "shop/s", "shop/s", "shop/Deployment/w"]);
  expect([...world.namespaces.keys()]).toEqual(["shop"]);
});

test("other kinds are set aside, not refused", () => {
  const { ignored, problems } = reading(`apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
---
apiVersion: serviceaccess.dev/v1alpha1
kind: ReachabilityTest
`);
  expect(ignored.map(({ kind }) => kind)).toEqual(["CiliumNetworkPolicy", "ReachabilityTest"]);
  expect(problems).toEqual([]);
});

function policy(spec: string): string {
  return `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p}, spec: ${spec}}`;
}

test.each([
  [
    pod("a") + pod("a"),
    "#2 metadata.name: Pod default/a is given twice; it is already in f.yaml, document 1",
  ],
  [
    workload("Job", "a") +
      `---\napiVersion: v1\nkind: List\nitems:\n${workload("Job", "a").replace("---\n", "- ")}`,
    "#2 metadata.name: Job default/a is given twice; it is already in f.yaml, document 1",
  ],
  [
    policy("{ingress: [{form: []}]}"),
    "#1 spec.ingress[0].form: is not a field that Kubernetes knows; did you mean from?",
  ],
  [
    policy("{ingress: [{to: []}]}"),
    "#1 spec.ingress[0].to: is not a field that Kubernetes knows; the fields here are from, ports",
  ],
  [
    policy("{podselector: {}}"),
    "#1 spec.podselector: is not a field that Kubernetes knows; did you mean podSelector?",
  ],
  [
    policy("{egress: [{ports: [{endport: 2}]}]}"),
    "#1 spec.egress[0].ports[0].endport: is not a field that Kubernetes knows; did you mean endPort?",
  ],
  [
    "{apiVersion: v1, kind: Pod, metadata: {name: a, label: {}}}",
    "#1 metadata.label: is not a field that Kubernetes knows; did you mean labels?",
  ],
  ["{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: 1}", "#1 spec: must be an object, not 1"],
  [
    "{apiVersion: extensions/v1beta1, kind: NetworkPolicy}",
    "#1 apiVersion: must be networking.k8s.io/v1; extensions is gone",
  ],
  ["{apiVersion: networking.k8s.io/v2, kind: NetworkPolicy}", "#1 apiVersion: must be networking.k8s.io/v1"],
  [
    "{apiVersion: serviceaccess.dev/v1, kind: ServiceAccess}",
    "#1 apiVersion: must be serviceaccess.dev/v1alpha1",
  ],
  [
    "{apiVersion: serviceaccess.dev/v1alpha1, kind: ServiceAcess}",
    "#1 apiVersion: has no kind ServiceAcess; its kinds are ServiceAccess, ReachabilityTest",
  ],
])("%j is refused", (text, expected) => {
  expect(problemsOf(text)).toEqual([expected]);
});

test("a case of a ReachabilityTest has a protocol, and may expect nothing", () => {
  const raw = { spec: { cases: [{ from: "a/b", to: "c/d", port: 80 }] } };
  expect(decodeReachabilityTest(raw)).toEqual({
    kind: "decoded",
    value: [{ name: "", from: "a/b", to: "c/d", port: 80, protocol: "TCP", expect: undefined }],
  });
});

test.each([
  [{ from: "a/b", to: "c/d", port: 0 }, "port: must be a whole number from 1 to 65535, not 0"],
  [{ from: "a/b", to: "c/d" }, "port: is required: a whole number from 1 to 65535"],
  [
    { from: "a/b", to: "c/d", port: 1, expect: "allowed" },
    'expect: must be one of Allowed, Denied, Unknown, not "allowed"',
  ],
  [
    { from: "a/b", to: "c/d", port: 1, expected: "Allowed" },
    "expected: is not a field of a case; did you mean expect?",
  ],
  [
    { from: "a/b", to: "c/d", port: 1, namespace: "x" },
    "namespace: is not a field of a case; the fields are name, from, to, port, protocol, expect, network",
  ],
])("the case %j is refused", (raw, expected) => {
  const result = decodeReachabilityTest({ spec: { cases: [raw] } });
  const problems = result.kind === "problems" ? result.problems : [];
  expect(problems.map(({ field, message }) => `${field}: ${message}`)).toEqual([`spec.cases[0].${expected}`]);
});
