import { beforeAll, expect, test } from "vitest";

import { eventually } from "./control-plane/eventually.ts";
import { hasControllers, plane } from "./control-plane/plane.ts";
import { db, elsewhere, finalizer, type Prepared, remote } from "./operator/elsewhere.ts";
import { inNamespace } from "./operator/objects.ts";
import { condition, isReady, policyPath, readsOf } from "./operator/reads.ts";
import { stage } from "./operator/stage.ts";
import { timed } from "./operator/timed.ts";

const reads = readsOf(plane.api);
const operator = stage(plane);
const mergePatch = "application/merge-patch+json";
const { places, prepared, permitsIn, noPermitsIn, consent, label, change, remove, gone } = elsewhere(plane);

let shared: Prepared;

beforeAll(async () => {
  shared = await prepared();
});

test("permits are written where they are accepted, without an owner, and the object is held", async () => {
  const { home, open, closed, access } = shared;
  const { metadata, spec } = await permitsIn(open, home);
  expect(metadata.ownerReferences).toBeUndefined();
  expect(spec.egress?.[0]?.to).toEqual([
    {
      podSelector: { matchLabels: { app: "db" } },
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": home } },
    },
  ]);
  expect(access.metadata.finalizers).toEqual([finalizer]);
  expect(await reads.policies(closed)).toEqual([]);
  expect(condition(access, "PermitsConsented")).toMatchObject({
    status: "False",
    reason: "PermitsNotConsented",
  });
  expect(access.status?.policies?.map(({ namespace }) => namespace)).toEqual([home, home, open]);
});

test("consent that is given or withdrawn is followed at once", async () => {
  const { home, closed } = shared;
  await consent(closed, `elsewhere, ${home}`);
  const { ms } = await timed(() => reads.policy(closed, remote(home)), { what: "permits after consent" });
  operator.figure(`${ms} ms from consent to the permits`);
  await consent(closed, "elsewhere");
  await noPermitsIn(closed, home);
  const told = async () => condition(await reads.access(home, "db"), "PermitsConsented");
  await eventually(async () => (await told())?.status === "False", { what: "the withdrawal to be told" });
  expect((await told())?.message).toContain(`annotate the Namespace with`);
});

test("permits elsewhere that somebody changes or deletes are repaired", async () => {
  const { home, open } = shared;
  const before = await permitsIn(open, home);
  const path = policyPath(open, remote(home));
  await plane.api("PATCH", path, { spec: { egress: [{}] } }, mergePatch);
  const same = async () => {
    const { spec, metadata } = await permitsIn(open, home);
    expect({ spec, labels: metadata.labels }).toEqual({ spec: before.spec, labels: before.metadata.labels });
    return true;
  };
  await eventually(same, { what: "the change to be undone" });
  const labels = { "app.kubernetes.io/managed-by": "somebody", "serviceaccess.dev/owner-name": null };
  await plane.api("PATCH", path, { metadata: { labels } }, mergePatch);
  await eventually(same, { what: "the labels to be back" });
  await plane.api("DELETE", path);
  await eventually(same, { what: "the permits to be back" });
});

test("a namespace that gets or loses the label is chosen or not", async () => {
  const { home, open, closed } = shared;
  await consent(closed, "*");
  await label(open, { buys: home });
  const names: null = null;
  await change(home, {
    spec: { permits: { namespaces: { names, selector: { matchLabels: { buys: home } } } } },
  });
  await label(closed, { buys: home });
  await permitsIn(closed, home);
  await label(open, { buys: null });
  await noPermitsIn(open, home);
  await label(closed, { buys: null });
  await noPermitsIn(closed, home);
  await eventually(async () => (await reads.access(home, "db"))?.metadata.finalizers === undefined, {
    what: "the object to be free",
  });
  expect((await reads.policies(home)).length).toBe(2);
});

test("a finalizer of somebody else survives ours", async () => {
  const theirs = "example.org/theirs";
  const { home, open } = await places();
  const [object] = inNamespace(home, db({ names: [open] }));
  await plane.apply({ ...object, metadata: { ...object?.metadata, finalizers: [theirs] } });
  await permitsIn(open, home);
  expect((await reads.access(home, "db"))?.metadata.finalizers).toEqual([theirs, finalizer]);
  await remove(home);
  await noPermitsIn(open, home);
  await eventually(async () => (await reads.access(home, "db"))?.metadata.finalizers?.length === 1, {
    what: "ours to be gone",
  });
  await change(home, { metadata: { finalizers: null } });
  await gone(home);
});

test("a deleted object takes its permits elsewhere with it", async () => {
  const { home, open } = await prepared();
  await remove(home);
  const { ms } = await timed(() => reads.access(home, "db").then((found) => found === undefined), {
    what: "db to be gone",
  });
  expect(await reads.policy(open, remote(home))).toBeUndefined();
  operator.figure(`${ms} ms until a deleted object with permits elsewhere was gone`);
});

test.runIf(hasControllers)("a namespace that goes away with permits in it keeps nobody waiting", async () => {
  const { home, open } = await prepared();
  await plane.kubectl(["delete", "namespace", open, "--wait=false"]);
  await eventually(async () => (await reads.access(home, "db"))?.metadata.finalizers === undefined, {
    what: "the object to be free",
  });
  expect(isReady(await reads.access(home, "db"))).toBe(true);
  await remove(home);
  await gone(home);
});
