import { afterEach, expect, test } from "vitest";
import type { NetworkPolicy, NetworkPolicySpec } from "../model/network-policy.ts";
import { MULTI_POLICY_DEFINITION } from "../model/policy-definition.ts";
import { createStore } from "../reconciler/store.ts";
import { answer, refuse, scriptedServer, type Step } from "../testing/scripted-server.ts";
import { createClient } from "./client.ts";
import { createCluster } from "./cluster.ts";
import { type InvalidAccess, invalidAccess } from "./invalid-access.ts";
import { createTransport } from "./transport.ts";

const spec: NetworkPolicySpec = {
  podSelector: { matchLabels: { app: "web" } },
  policyTypes: ["Ingress"],
  ingress: [{ from: [{ podSelector: {} }], ports: [{ protocol: "TCP", port: 80 }] }],
};
const policy: NetworkPolicy = {
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { namespace: "shop", name: "web-rights", labels: { a: "b" } },
  spec,
};
const stored = { ...policy, metadata: { ...policy.metadata, uid: "u1", resourceVersion: "7" } };
const closed = { podSelector: {}, policyTypes: ["Ingress"] } as const;

test("a policy that is not there yet is applied on the condition that it is not", async () => {
  const { cluster, server, wrote } = await against(answer(201, stored));
  expect(await cluster.applyPolicy(policy, undefined)).toEqual({ kind: "stored", policy: stored });
  expect(server.asked).toEqual([
    "PATCH /apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/web-rights?fieldManager=serviceaccess&force=true&fieldValidation=Strict",
  ]);
  expect(server.headers[0]?.["content-type"]).toBe("application/apply-patch+yaml");
  expect(server.bodies).toEqual([{ ...policy, metadata: { ...policy.metadata, resourceVersion: "1" } }]);
  expect(wrote).toEqual([stored]);
});

test("a policy that was observed is changed only if it is still that object in that version", async () => {
  const { cluster, server } = await against(answer(200, stored));
  await cluster.applyPolicy(policy, stored);
  expect(server.bodies).toMatchObject([{ metadata: { uid: "u1", resourceVersion: "7" } }]);
});

test("rules that someone added to a policy of ours that has none are emptied, not left standing", async () => {
  const opened = { ...stored, spec: { ...closed, ingress: [{}], egress: [{}] } };
  const { cluster, server } = await against(answer(200, { ...stored, spec: closed }));
  await cluster.applyPolicy({ ...policy, spec: closed }, opened);
  expect(server.bodies).toMatchObject([{ spec: { ingress: [], egress: [] } }]);
});

test("where there are no rules to take away, none are mentioned", async () => {
  const { cluster, server } = await against(answer(200, stored));
  await cluster.applyPolicy({ ...policy, spec: closed }, { ...stored, spec: { ...closed, egress: null } });
  expect(server.bodies).toMatchObject([{ spec: closed }]);
  expect(JSON.stringify(server.bodies)).not.toMatch(/egress|ingress"/);
});

const multiPolicy: NetworkPolicy = {
  ...policy,
  apiVersion: "k8s.cni.cncf.io/v1beta1",
  kind: "MultiNetworkPolicy",
};

test("a policy of a network goes to its own kind, and is read back as that", async () => {
  const kept = { ...multiPolicy, metadata: stored.metadata };
  const { cluster, server, wrote } = await against(answer(201, kept), answer(200, kept));
  cluster.store.put({
    kind: "PolicyDefinition",
    object: { name: MULTI_POLICY_DEFINITION, hasEndPort: true },
  });
  expect(await cluster.applyPolicy(multiPolicy, undefined)).toEqual({ kind: "stored", policy: kept });
  expect(await cluster.removePolicy(kept)).toEqual({ kind: "removed" });
  expect(server.asked.map((asked) => asked.split("?")[0])).toEqual([
    "PATCH /apis/k8s.cni.cncf.io/v1beta1/namespaces/shop/multi-networkpolicies/web-rights",
    "DELETE /apis/k8s.cni.cncf.io/v1beta1/namespaces/shop/multi-networkpolicies/web-rights",
  ]);
  // With a finalizer of someone's the object stays for now.
  expect(wrote).toEqual([kept, kept]);
});

test("where the cluster has no such kind nobody is asked, and it is said what to install", async () => {
  const { cluster, server } = await against();
  const result = await cluster.applyPolicy(multiPolicy, undefined);
  expect(result).toMatchObject({ kind: "refused", reason: "MultiNetworkPolicyNotServed" });
  expect(JSON.stringify(result)).toContain(`install the CustomResourceDefinition ${MULTI_POLICY_DEFINITION}`);
  expect(server.asked).toEqual([]);
});

test.each([
  ["create not allowed while custom resource definition is terminating", "MultiNetworkPolicyNotServed"],
  ["User cannot patch it", "Forbidden"],
])("a policy of a network that is refused because %j is the answer %s", async (message, reason) => {
  const { cluster } = await against(answer(403, { message }));
  cluster.store.put({
    kind: "PolicyDefinition",
    object: { name: MULTI_POLICY_DEFINITION, hasEndPort: true },
  });
  expect(await cluster.applyPolicy(multiPolicy, undefined)).toMatchObject({ kind: "refused", reason });
});

const terminating = { causes: [{ reason: "NamespaceTerminating", field: "metadata.namespace" }] };

test.each([
  [403, {}, "Forbidden"],
  [403, terminating, "NamespaceTerminating"],
  [404, {}, "NotFound"],
  [422, {}, "Invalid"],
  [400, {}, "Invalid"],
])("creating: %i %j is the answer %s", async (status, details, reason) => {
  const { cluster, wrote } = await against(answer(status, { message: "because", details }));
  expect(await cluster.applyPolicy(policy, undefined)).toEqual({
    kind: "refused",
    reason,
    message: "cannot apply NetworkPolicy shop/web-rights: because",
  });
  expect(wrote).toEqual([]);
});

test.each([
  [401, "Unauthorized"],
  [408, "Unavailable"],
  [429, "Throttled"],
  [500, "Unavailable"],
  [502, "Unavailable"],
  [503, "Unavailable"],
  [504, "Unavailable"],
])("creating: %i may pass, so it is thrown, and is said to be %s until then", async (status, reason) => {
  const { cluster } = await against(refuse(status, "Later"));
  const error: unknown = await cluster.applyPolicy(policy, undefined).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ status });
  const message = "cannot apply NetworkPolicy shop/web-rights: Later it is";
  expect(cluster.obstacle(error)).toEqual({ reason, message });
});

test("a policy that somebody else made in the meantime is looked at again, and nothing is said", async () => {
  const { cluster } = await against(refuse(409, "Conflict"));
  const error: unknown = await cluster.applyPolicy(policy, undefined).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ status: 409 });
  expect(cluster.obstacle(error)).toBeUndefined();
});

test("a field that the API server does not know is refused for good, though it says so with 500", async () => {
  const unknown = ".spec.x: field not declared in schema";
  const { cluster } = await against(
    answer(500, { message: `failed to create typed patch object: ${unknown}` }),
  );
  expect(await cluster.applyPolicy(policy, undefined)).toMatchObject({ kind: "refused", reason: "Invalid" });
});

const otherUid = { causes: [{ reason: "FieldValueInvalid", field: "metadata.uid" }] };

test.each([
  ["changed since", 409, {}],
  ["deleted and made again", 422, otherUid],
])("an observed policy that was %s is looked at again before anything else", async (_, status, details) => {
  const { cluster } = await against(answer(status, { message: "because", details }));
  await expect(cluster.applyPolicy(policy, stored)).rejects.toMatchObject({ status });
});

test("a policy is deleted exactly as it was observed, and is gone from what we know at once", async () => {
  const { cluster, server, removed } = await against(answer(200, { kind: "Status", status: "Success" }));
  expect(await cluster.removePolicy(stored)).toEqual({ kind: "removed" });
  expect(server.asked[0]).toMatch(/^DELETE .*\/namespaces\/shop\/networkpolicies\/web-rights\?$/);
  expect(server.bodies).toEqual([
    { propagationPolicy: "Background", preconditions: { uid: "u1", resourceVersion: "7" } },
  ]);
  expect(removed).toEqual(["shop/web-rights u1"]);
});

test("a policy that someone's finalizer holds stays known, as being deleted", async () => {
  const held = { ...stored, metadata: { ...stored.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } };
  const { cluster, wrote, removed } = await against(answer(200, held));
  expect(await cluster.removePolicy(stored)).toEqual({ kind: "removed" });
  expect([wrote, removed]).toEqual([[held], []]);
});

test("a policy that is gone already is removed; one that changed is looked at again", async () => {
  const { cluster } = await against(refuse(404, "NotFound"), refuse(409, "Conflict"));
  expect(await cluster.removePolicy(stored)).toEqual({ kind: "removed" });
  await expect(cluster.removePolicy(stored)).rejects.toMatchObject({ status: 409 });
});

const access = {
  apiVersion: "serviceaccess.dev/v1alpha1",
  kind: "ServiceAccess",
  metadata: { namespace: "shop", name: "web", uid: "u2", resourceVersion: "9", generation: 3 },
  spec: {},
} as const;

test("a status is applied to exactly this version of the object, under a manager of its own, and nothing but the status", async () => {
  const { cluster, server } = await against(answer(200, access));
  await cluster.writeStatus(access, { observedGeneration: 3 });
  expect(server.asked).toEqual([
    "PATCH /apis/serviceaccess.dev/v1alpha1/namespaces/shop/serviceaccesses/web/status?fieldManager=serviceaccess-status&force=true&fieldValidation=Strict",
  ]);
  expect(server.bodies).toEqual([
    {
      apiVersion: access.apiVersion,
      kind: access.kind,
      metadata: { namespace: "shop", name: "web", resourceVersion: "9" },
      status: { observedGeneration: 3 },
    },
  ]);
});

test.each([404, 409])(
  "the status of an object that is gone or changed (%i) is nobody's loss",
  async (status) => {
    const { cluster } = await against(refuse(status, "Gone"));
    await expect(cluster.writeStatus(access, {})).resolves.toBeUndefined();
  },
);

test.each([
  [500, "failed to create typed patch object: .status.findings: field not declared in schema"],
  [422, "status.summary: Too long"],
])(
  "of a status that the installed schema has no place for (%i) the conditions are written",
  async (status, message) => {
    const { cluster, server } = await against(answer(status, { message }), answer(200, access));
    await cluster.writeStatus(access, { observedGeneration: 3, conditions, findingsCount: 0 });
    const [, body] = server.bodies;
    expect(body).toMatchObject({ status: { observedGeneration: 3, conditions } });
    expect(JSON.stringify(body)).toContain(`install the one of this version: cannot apply the status`);
    expect(JSON.stringify(body)).not.toContain("findingsCount");
  },
);

test("a status that is refused even without the rest is thrown", async () => {
  const { cluster } = await against(refuse(422, "No"), refuse(422, "No"));
  await expect(cluster.writeStatus(access, {})).rejects.toMatchObject({ status: 422 });
});

test.each([403, 429, 500])("a status that cannot be written (%i) is thrown", async (status) => {
  const { cluster } = await against(refuse(status, "No"));
  await expect(cluster.writeStatus(access, {})).rejects.toMatchObject({ status });
});

const now = new Date("2026-11-21T10:20:30.456Z");
const invalid: InvalidAccess = {
  namespace: "shop",
  name: "web",
  resourceVersion: "9",
  generation: 3,
  problems: [{ field: "spec.ports[0].port", message: "must be at most 65535" }],
  conditions: [],
  observedGeneration: -1,
  kept: {},
  metadata: { namespace: "shop", name: "web" },
};
const message =
  "the spec cannot be used and the policies stay as they are; correct spec.ports[0].port: must be at most 65535";
const said = { reason: "InvalidSpec", message, lastTransitionTime: "2026-11-21T10:20:30Z" };
const conditions = [
  { type: "Ready", status: "False", ...said },
  { type: "Stalled", status: "True", ...said },
] as const;

test("an object that cannot be read is told so in its status", async () => {
  const { cluster, server } = await against(answer(200, access));
  await cluster.writeInvalid(invalid, now);
  const status = {
    observedGeneration: 3,
    conditions: conditions.map((condition) => ({ ...condition, observedGeneration: 3 })),
  };
  expect(server.bodies).toMatchObject([{ status }]);
});

test("what it knew of names and of the DNS stays in its status, for when it can be read again", async () => {
  const kept = {
    dns: { service: "kube-system/kube-dns", addresses: ["10.96.0.10"], ports: [53] },
    names: [{ name: "www.example", reason: "Resolved", answers: [{ address: "192.0.2.1", lastSeen: "…" }] }],
  };
  const raw = { status: { ...kept, summary: "what nobody knows any more" } };
  const meta = { namespace: "shop", name: "web", uid: "u", resourceVersion: "9", generation: 3 };
  const { cluster, server } = await against(answer(200, access));
  await cluster.writeInvalid(invalidAccess({ meta, raw }, invalid.problems), now);
  expect(server.bodies).toMatchObject([{ status: kept }]);
  expect(JSON.stringify(server.bodies)).not.toContain("nobody knows");
});

test("it is told once a generation", async () => {
  const { cluster, server } = await against();
  await cluster.writeInvalid({ ...invalid, conditions, observedGeneration: 3 }, now);
  expect(server.asked).toEqual([]);
});

test("a new generation that is no better is told again, and since when it has been so", async () => {
  const { cluster, server } = await against(answer(200, access));
  const before = conditions.map((condition) => ({
    ...condition,
    lastTransitionTime: "2026-01-01T00:00:00Z",
  }));
  await cluster.writeInvalid({ ...invalid, generation: 4, conditions: before, observedGeneration: 3 }, now);
  expect(server.bodies).toMatchObject([
    { status: { observedGeneration: 4, conditions: [{ lastTransitionTime: "2026-01-01T00:00:00Z" }, {}] } },
  ]);
});

const endings: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

async function against(...script: readonly Step[]) {
  const server = await scriptedServer(...script);
  const client = createClient(createTransport(server.kubeConfig));
  endings.push(client.close, server.close);
  const wrote: unknown[] = [];
  const removed: string[] = [];
  const watches = {
    wrote: (_: object, raw: unknown) => void wrote.push(raw),
    removed: (_: object, { namespace, name, uid }: { namespace: string; name: string; uid: string }) =>
      void removed.push(`${namespace}/${name} ${uid}`),
  };
  return {
    cluster: createCluster({ client, store: createStore(), watches, tell: () => undefined }),
    server,
    wrote,
    removed,
  };
}
