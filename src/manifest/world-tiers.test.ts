import { expect, test } from "vitest";
import { readManifests } from "./read.ts";
import { worldOf, type WorldReading } from "./world.ts";

function reading(text: string): WorldReading {
  const decodeServiceAccess = () => ({ kind: "problems", problems: [] }) as const;
  return worldOf(readManifests(text, "f.yaml").documents, {
    defaultNamespace: "default",
    decodeServiceAccess,
  });
}

const LIST = `---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicyList
items:
- metadata: {name: a}
  spec: {priority: 1, subject: {namespaces: {}}}
`;

const BASELINE = `---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: BaselineAdminNetworkPolicy
metadata: {name: default}
spec: {subject: {namespaces: {}}}
`;

const NODE = "---\n{apiVersion: v1, kind: Node, metadata: {name: n1}}\n";

function clusterPolicy(more: string, version = "v1alpha2"): string {
  return `---
apiVersion: policy.networking.k8s.io/${version}
kind: ClusterNetworkPolicy
metadata: {name: a}
spec: {tier: Admin, priority: 1, subject: {namespaces: {}}, ${more}}
`;
}

test("cluster-scoped policies are told apart by their kind, and they and nodes lie in no namespace", () => {
  const { world, origins } = reading(LIST + BASELINE + clusterPolicy("ingress: []") + NODE);
  const keys = ["AdminNetworkPolicy/a", "BaselineAdminNetworkPolicy/default", "ClusterNetworkPolicy/a"];
  expect([...world.tierPolicies.keys()]).toEqual(keys);
  expect([...world.nodes.keys()]).toEqual(["n1"]);
  expect(world.namespaces.size).toBe(0);
  expect(origins.get("TierPolicy AdminNetworkPolicy/a")).toMatchObject({ document: 1, path: "items[0]" });
});

test("a peer of another version of the API is no mistake of the manifest", () => {
  const older = "ingress: [{action: Deny, from: [{namespaces: {namespaceSelector: {}}}]}]";
  const { world, problems } = reading(clusterPolicy(older));
  expect(problems).toEqual([]);
  expect(world.tierPolicies.get("ClusterNetworkPolicy/a")?.ingress[0]?.peers).toEqual([{ kind: "unknown" }]);
});

test.each([
  [
    "another version",
    clusterPolicy("", "v1alpha1"),
    "#1 apiVersion: must be policy.networking.k8s.io/v1alpha2",
  ],
  [
    "the same twice",
    NODE + NODE,
    "#2 metadata.name: Node n1 is given twice; it is already in f.yaml, document 1",
  ],
  [
    "the same twice, once in a list",
    LIST + LIST.replace("List\nitems:\n- ", "\n").replace("\n  spec", "\nspec"),
    "#2 metadata.name: AdminNetworkPolicy a is given twice; it is already in f.yaml, document 1, items[0]",
  ],
  [
    "a list of rules by a wrong name",
    clusterPolicy("ingres: []"),
    "#1 spec.ingres: is not a field that Kubernetes knows; did you mean ingress?",
  ],
  [
    "ports by their older name",
    clusterPolicy("egress: [{action: Deny, to: [], ports: []}]"),
    "#1 spec.egress[0].ports: is not a field that Kubernetes knows; the fields here are name, action, to, protocols",
  ],
  [
    "a wrong type",
    clusterPolicy("egress: [{to: []}]"),
    "#1 spec.egress[0].action: is required: one of Accept, Deny, Pass",
  ],
])("%s is refused with its place", (_, text, expected) => {
  const { problems } = reading(text);
  expect(problems.map(({ origin, field, message }) => `#${origin.document} ${field}: ${message}`)).toEqual([
    expected,
  ]);
});
