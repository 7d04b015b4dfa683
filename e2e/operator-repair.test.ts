import { beforeAll, expect, test } from "vitest";

import { eventually } from "./control-plane/eventually.ts";
import { hasControllers, plane } from "./control-plane/plane.ts";
import { inNamespace, networkPolicy, serviceAccess } from "./operator/objects.ts";
import { accessPath, condition, isReady, policyPath, type RawPolicy, readsOf } from "./operator/reads.ts";
import { stage } from "./operator/stage.ts";
import { timed } from "./operator/timed.ts";

const reads = readsOf(plane.api);
const operator = stage(plane);
const jsonPatch = "application/json-patch+json";
const mergePatch = "application/merge-patch+json";

const web = serviceAccess("web", {
  target: { podSelector: { matchLabels: { app: "web" } } },
  ports: [{ port: 8080 }],
  rights: {
    ingress: [{ from: [{ namespaces: ["kube-system"], podSelector: {} }] }],
    egress: [{ to: [{ ipBlock: { cidr: "192.0.2.0/24" } }], ports: [{ port: 443 }] }],
  },
  permits: { dns: false },
});

/** A namespace with the object and its two policies in it. */
async function prepared(prefix: string): Promise<string> {
  const namespace = await plane.namespace(prefix);
  await plane.apply(...inNamespace(namespace, web));
  await eventually(async () => isReady(await reads.access(namespace, "web")), { what: "web to be Ready" });
  return namespace;
}

async function change(namespace: string, spec: object): Promise<void> {
  const { status, body } = await plane.api("PATCH", accessPath(namespace, "web"), { spec }, mergePatch);
  expect({ status, body }).toMatchObject({ status: 200 });
}

interface Edit {
  readonly what: string;
  readonly policy: string;
  readonly patch: object;
  readonly type: string;
}

const edits: readonly Edit[] = [
  {
    what: "without its from, which opens it to everyone",
    policy: "web-rights",
    patch: [{ op: "remove", path: "/spec/ingress/0/from" }],
    type: jsonPatch,
  },
  {
    what: "without its to",
    policy: "web-permits",
    patch: [{ op: "remove", path: "/spec/egress/0/to" }],
    type: jsonPatch,
  },
  {
    what: "with one more rule",
    policy: "web-rights",
    patch: [{ op: "add", path: "/spec/ingress/-", value: {} }],
    type: jsonPatch,
  },
  {
    what: "with rules in a direction it does not speak of",
    policy: "web-permits",
    patch: { spec: { policyTypes: ["Ingress", "Egress"], ingress: [{}] } },
    type: mergePatch,
  },
  {
    what: "with other ports",
    policy: "web-rights",
    patch: { spec: { ingress: [{ ports: [{ protocol: "UDP", port: 53 }] }] } },
    type: mergePatch,
  },
  {
    what: "with another selector",
    policy: "web-rights",
    patch: { spec: { podSelector: { matchLabels: { app: "other" } } } },
    type: mergePatch,
  },
  {
    what: "without the label that says who manages it",
    policy: "web-rights",
    patch: { metadata: { labels: { "app.kubernetes.io/managed-by": null } } },
    type: mergePatch,
  },
  {
    what: "with labels that say another owner",
    policy: "web-permits",
    patch: {
      metadata: {
        labels: { "serviceaccess.dev/owner-name": "other", "serviceaccess.dev/owner-uid": "other" },
      },
    },
    type: mergePatch,
  },
  {
    what: "without its owner",
    policy: "web-permits",
    patch: { metadata: { ownerReferences: null } },
    type: mergePatch,
  },
  {
    what: "without its description",
    policy: "web-rights",
    patch: { metadata: { annotations: { "serviceaccess.dev/description": null } } },
    type: mergePatch,
  },
];

/** What we write of a policy. */
function written({ metadata, spec }: RawPolicy) {
  const { labels, annotations, ownerReferences } = metadata;
  return { labels, annotations, ownerReferences, spec };
}

async function policy(namespace: string, name: string): Promise<RawPolicy> {
  return await eventually(() => reads.policy(namespace, name), { what: `${namespace}/${name}` });
}

let shared: string;

beforeAll(async () => {
  shared = await prepared("repair");
});

test.each(edits)(
  "a policy of ours that is edited, $what, is as it was within a second or so",
  async (edit) => {
    const before = await policy(shared, edit.policy);
    const edited = await plane.api<RawPolicy>(
      "PATCH",
      policyPath(shared, edit.policy),
      edit.patch,
      edit.type,
    );
    expect(edited.status).toBe(200);
    expect(written(edited.body)).not.toEqual(written(before));
    const { ms } = await timed(
      async () => {
        expect(written(await policy(shared, edit.policy))).toEqual(written(before));
        return true;
      },
      { what: "the policy to be as it was" },
    );
    operator.figure(`${ms} ms until a policy ${edit.what} was repaired`);
  },
);

test("a condition and an Event say who changed which policy, and what of it", async () => {
  const namespace = await prepared("told");
  const edit = { spec: { ingress: [{}] } };
  const path = `${policyPath(namespace, "web-rights")}?fieldManager=kubectl-edit`;
  await plane.api("PATCH", path, edit, mergePatch);
  const text = `kubectl-edit changed spec.ingress of ${namespace}/web-rights`;
  await drifted(namespace, { status: "False", reason: "Restored", message: text });
  await plane.api("DELETE", policyPath(namespace, "web-permits"));
  const gone = `${namespace}/web-permits was deleted`;
  await drifted(namespace, { status: "False", reason: "Restored", message: gone });
  const unlabelled = { metadata: { labels: { "serviceaccess.dev/half": null } } };
  await plane.api("PATCH", path, unlabelled, mergePatch);
  const label = `metadata.labels[serviceaccess.dev/half] of ${namespace}/web-rights was changed`;
  await drifted(namespace, { status: "False", reason: "Restored", message: label });
  const notes = await eventually(
    async () => {
      const found = await restorations(namespace);
      return found.length >= 3 ? found : undefined;
    },
    { what: "the Events" },
  );
  expect(notes).toEqual([text, gone, label].map((each) => `${each}, and has been restored`).toSorted());
});

/** Somebody who owns a field as well and changes nothing of it. */
test("a manager that applies what is there already is no drift, and costs no write", async () => {
  const namespace = await prepared("shared");
  const { spec, metadata } = await policy(namespace, "web-rights");
  const path = `${policyPath(namespace, "web-rights")}?fieldManager=argocd-controller&force=true`;
  const same = {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { labels: metadata.labels },
    spec,
  };
  const { status, body } = await plane.api<RawPolicy>("PATCH", path, same, "application/apply-patch+yaml");
  expect(status).toBe(200);
  await plane.api("PATCH", policyPath(shared, "web-rights"), { spec: { ingress: [{}] } }, mergePatch);
  await drifted(shared, { status: "False" });
  expect((await policy(namespace, "web-rights")).metadata.resourceVersion).toBe(
    body.metadata.resourceVersion,
  );
  expect(condition(await reads.access(namespace, "web"), "Drifted")).toBeUndefined();
});

async function drifted(namespace: string, expected: object): Promise<void> {
  await eventually(
    async () => {
      expect(condition(await reads.access(namespace, "web"), "Drifted")).toMatchObject(expected);
      return true;
    },
    { what: "the drift to be told" },
  );
}

interface Told {
  readonly reason: string;
  readonly note: string;
}

async function restorations(namespace: string): Promise<readonly string[]> {
  const path = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
  const { items } = (await plane.api<{ readonly items: readonly Told[] }>("GET", path)).body;
  return items.flatMap(({ reason, note }) => (reason === "PolicyRestored" ? [note] : [])).toSorted();
}

test("what others put beside our fields of a policy stays", async () => {
  const theirs = { metadata: { labels: { theirs: "yes" }, annotations: { theirs: "yes" } } };
  await plane.api("PATCH", policyPath(shared, "web-rights"), theirs, mergePatch);
  await plane.api("PATCH", policyPath(shared, "web-rights"), { spec: { ingress: [{}] } }, mergePatch);
  const repaired = await eventually(
    async () => {
      const now = await policy(shared, "web-rights");
      return now.spec.ingress?.[0]?.from === undefined ? undefined : now;
    },
    { what: "the repair" },
  );
  expect(repaired.metadata).toMatchObject(theirs.metadata);
  const gone = { metadata: { labels: { theirs: null }, annotations: { theirs: null } } };
  await plane.api("PATCH", policyPath(shared, "web-rights"), gone, mergePatch);
});

test.each(["web-rights", "web-permits"])(
  "%s, deleted by someone, is back within a second or so",
  async (name) => {
    const before = await policy(shared, name);
    await plane.api("DELETE", policyPath(shared, name));
    const { value, ms } = await timed(
      async () => {
        const now = await reads.policy(shared, name);
        return now?.metadata.uid === before.metadata.uid ? undefined : now;
      },
      { what: "the policy to be back" },
    );
    expect(value.spec).toEqual(before.spec);
    operator.figure(`${ms} ms until a deleted policy was back`);
  },
);

test.runIf(hasControllers)("deleting the object removes its policies", async () => {
  const namespace = await prepared("deleted");
  await plane.api("DELETE", accessPath(namespace, "web"));
  const { ms } = await timed(async () => (await reads.policies(namespace)).length === 0, {
    what: "the policies to be collected",
  });
  expect(await reads.access(namespace, "web")).toBeUndefined();
  operator.figure(`${ms} ms until the policies of a deleted object were gone`);
});

test("an object that no longer has permits loses that policy and keeps the other", async () => {
  const namespace = await prepared("less");
  const rights = await policy(namespace, "web-rights");
  await change(namespace, { permits: { policy: "None", dns: null } });
  await eventually(async () => (await reads.policy(namespace, "web-permits")) === undefined, {
    what: "the permits to be gone",
  });
  expect(await reads.policy(namespace, "web-rights")).toEqual(rights);
});

const foreign = networkPolicy(
  "web-rights",
  { podSelector: { matchLabels: { app: "theirs" } }, policyTypes: ["Ingress"], ingress: [{}] },
  { labels: { theirs: "yes" } },
);

/** A namespace where somebody has a policy of that name already. */
async function contested(prefix: string): Promise<string> {
  const namespace = await plane.namespace(prefix);
  await plane.apply(...inNamespace(namespace, foreign));
  await plane.apply(...inNamespace(namespace, web));
  await eventually(
    async () => condition(await reads.access(namespace, "web"), "Programmed")?.reason === "Conflict",
    { what: "the conflict to be told" },
  );
  return namespace;
}

test("somebody else's policy of our name is left alone, and the object says so", async () => {
  const namespace = await contested("foreign");
  const theirs = await policy(namespace, "web-rights");
  const access = await reads.access(namespace, "web");
  const told = ["Ready", "Programmed", "Stalled"].map((type) => condition(access, type)?.status);
  expect(told).toEqual(["False", "False", "True"]);
  expect(condition(access, "Ready")?.message).toContain(`${namespace}/web-rights is not ours`);
  expect(theirs.metadata.labels).toEqual({ theirs: "yes" });
  expect(theirs.spec).toEqual(foreign.spec);

  await change(namespace, { ports: [{ port: 9090 }] });
  await eventually(async () => (await reads.access(namespace, "web"))?.status?.observedGeneration === 2, {
    what: "the change to be seen",
  });
  expect(await policy(namespace, "web-rights")).toEqual(theirs);
});

test("a foreign policy with the adopt annotation is taken over", async () => {
  const namespace = await contested("adopted");
  const adopt = { metadata: { annotations: { "serviceaccess.dev/adopt": "true" } } };
  await plane.api("PATCH", policyPath(namespace, "web-rights"), adopt, mergePatch);
  await eventually(async () => isReady(await reads.access(namespace, "web")), { what: "web to be Ready" });
  const [taken, model] = [await policy(namespace, "web-rights"), await policy(shared, "web-rights")];
  expect(taken.spec).toEqual(model.spec);
  expect(taken.metadata.ownerReferences?.[0]?.name).toBe("web");
  expect(condition(await reads.access(namespace, "web"), "Stalled")).toBeUndefined();
});

test("when somebody's policy of our name goes, ours takes its place", async () => {
  const namespace = await contested("freed");
  await plane.api("DELETE", policyPath(namespace, "web-rights"));
  await eventually(async () => isReady(await reads.access(namespace, "web")), { what: "web to be Ready" });
  expect((await policy(namespace, "web-rights")).metadata.ownerReferences?.[0]?.name).toBe("web");
});

test("while an object is suspended its policies stay as somebody edits them, and are repaired after that", async () => {
  const namespace = await prepared("suspended");
  const before = await policy(namespace, "web-rights");
  await change(namespace, { suspend: true });
  await eventually(async () => (await reads.access(namespace, "web"))?.status?.observedGeneration === 2, {
    what: "the suspension to be seen",
  });
  await plane.api("PATCH", policyPath(namespace, "web-rights"), { spec: { ingress: [{}] } }, mergePatch);
  const edited = await policy(namespace, "web-rights");
  await eventually(
    async () => condition(await reads.access(namespace, "web"), "Programmed")?.reason === "Suspended",
    { what: "the difference to be told" },
  );
  expect(await policy(namespace, "web-rights")).toEqual(edited);

  await change(namespace, { suspend: false });
  await eventually(async () => isReady(await reads.access(namespace, "web")), { what: "web to be Ready" });
  expect(written(await policy(namespace, "web-rights"))).toEqual(written(before));
});

test.runIf(hasControllers).each(["SIGTERM", "SIGKILL"] as const)(
  "after %s in the midst of work, and changes while nobody looked, everything comes right",
  async (how) => {
    const namespace = await plane.namespace("midway");
    const names = Array.from({ length: 12 }, (_, index) => `web-${index}`);
    const applied = plane.apply(
      ...inNamespace(namespace, ...names.map((name) => ({ ...web, metadata: { name } }))),
    );
    await eventually(async () => (await reads.policies(namespace)).length > 2, {
      what: "work to be under way",
    });
    await operator.restart(how, async () => {
      await applied;
      await plane.api("DELETE", accessPath(namespace, "web-0"));
      await plane.api("DELETE", policyPath(namespace, "web-1-rights"));
      const hole = { spec: { ingress: [{}] } };
      await plane.api("PATCH", policyPath(namespace, "web-2-rights"), hole, mergePatch);
      await plane.api(
        "PATCH",
        accessPath(namespace, "web-3"),
        { spec: { ports: [{ port: 1 }] } },
        mergePatch,
      );
    });
    await eventually(
      async () => {
        const [accesses, policies] = [await reads.accesses(namespace), await reads.policies(namespace)];
        expect(accesses.filter((access) => !isReady(access)).map(({ metadata }) => metadata.name)).toEqual(
          [],
        );
        const wanted = names.slice(1).flatMap((name) => [`${name}-permits`, `${name}-rights`]);
        expect(policies.map(({ metadata }) => metadata.name).toSorted()).toEqual(wanted.toSorted());
        return true;
      },
      { what: "everything to come right" },
    );
    const rights = async (name: string) => (await policy(namespace, `${name}-rights`)).spec.ingress?.[0];
    expect((await rights("web-2"))?.from?.length).toBe(2);
    expect((await rights("web-3"))?.ports).toEqual([{ protocol: "TCP", port: 1 }]);
  },
);
