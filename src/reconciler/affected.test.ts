import { expect, test } from "vitest";
import { ownershipLabels, permitsNameElsewhere } from "../generator/names.ts";
import { keyText } from "../model/key.ts";
import { accessOf, policyOf } from "../testing/small-world.ts";
import { namespaceOf } from "../testing/table.ts";
import { affectedBy } from "./affected.ts";
import { type Change, createStore, type Store } from "./store.ts";

const spec = { target: { podSelector: {} } };
const closed = { podSelector: {}, policyTypes: ["Ingress"] } as const;

/** A store with `shop/db`, whose status nobody has worked out yet. */
function shop(): Store {
  const store = createStore();
  store.put({ kind: "ServiceAccess", object: accessOf("shop/db", spec) });
  return store;
}

function affected(store: Store, change: Change | undefined): readonly string[] {
  return change === undefined
    ? []
    : affectedBy(change, store).map(({ key, lane }) => `${keyText(key)} ${lane}`);
}

test.each([
  ["shop/db-rights", ["shop/db first"]],
  ["shop/db-permits", ["shop/db first"]],
  ["shop/db", []],
  ["other/db-rights", []],
  ["shop/web-rights", []],
])("a policy called %s is repaired by %j", (name, expected) => {
  const store = shop();
  expect(affected(store, store.put({ kind: "NetworkPolicy", object: policyOf(name, closed) }))).toEqual(
    expected,
  );
});

test("a policy that names an object as its owner is repaired by it, wherever it is, and when it says so no longer", () => {
  const store = shop();
  const labels = {
    "app.kubernetes.io/managed-by": "serviceaccess",
    "serviceaccess.dev/owner-namespace": "shop",
    "serviceaccess.dev/owner-name": "db",
  };
  const policy = policyOf("other/db-permits-1234", closed);
  const ours = { ...policy, metadata: { ...policy.metadata, labels } };
  expect(affected(store, store.put({ kind: "NetworkPolicy", object: ours }))).toEqual(["shop/db first"]);
  expect(affected(store, store.put({ kind: "NetworkPolicy", object: policy }))).toEqual(["shop/db first"]);
  expect(affected(store, store.put({ kind: "NetworkPolicy", object: { ...policy, spec: {} } }))).toEqual([]);
});

test("a policy of somebody else under the name of permits elsewhere concerns whoever wants them, and nobody else", () => {
  const store = shop();
  const permits = { namespaces: { names: ["far"] } } as const;
  store.put({ kind: "ServiceAccess", object: accessOf("shop/web", { ...spec, permits }) });
  const put = (name: string) => store.put({ kind: "NetworkPolicy", object: policyOf(`far/${name}`, closed) });
  const [wanted, other] = ["web", "db"].map((name) => permitsNameElsewhere({ namespace: "shop", name }));
  expect(affected(store, put(wanted ?? ""))).toEqual(["shop/web first"]);
  expect(affected(store, put(other ?? ""))).toEqual([]);
});

test("what an object that is gone has left asks for it to be looked for", () => {
  const store = createStore();
  const labels = ownershipLabels({ namespace: "shop", name: "gone", uid: "1" }, "permits");
  const policy = policyOf("far/gone-permits-1", closed);
  const left = { ...policy, metadata: { ...policy.metadata, labels } };
  expect(affected(store, store.put({ kind: "NetworkPolicy", object: left }))).toEqual(["shop/gone first"]);
});

test("a namespace that changes is a matter of those who choose namespaces", () => {
  const store = shop();
  const permits = { namespaces: { selector: { matchLabels: { buys: "yes" } } } } as const;
  store.put({ kind: "ServiceAccess", object: accessOf("shop/web", { ...spec, permits }) });
  const put = (accepts: readonly string[]) =>
    store.put({ kind: "Namespace", object: { ...namespaceOf("far", {}), acceptsPermitsFrom: accepts } });
  put([]);
  expect(affected(store, put(["shop"]))).toEqual(["shop/web in turn"]);
});

test("a status that somebody has written asks for a status, and anything else for the policies", () => {
  const store = createStore();
  const access = accessOf("shop/db", spec);
  const put = (object: typeof access) => affected(store, store.put({ kind: "ServiceAccess", object }));
  expect(put(access)).toEqual(["shop/db first"]);
  const { metadata } = access;
  const status = { summary: "nonsense" };
  expect(put({ ...access, metadata: { ...metadata, resourceVersion: "7" }, status })).toEqual([
    "shop/db status",
  ]);
  expect(put({ ...access, spec: { target: { podSelector: { matchLabels: { app: "db" } } } } })).toEqual([
    "shop/db first",
  ]);
  expect(affected(store, store.remove("ServiceAccess", "shop/db"))).toEqual(["shop/db first"]);
});

test("a status that we are writing is no news, and another one is", () => {
  const store = shop();
  const put = (summary: string) => {
    const object = { ...accessOf("shop/db", spec), status: { summary } };
    return affected(store, store.put({ kind: "ServiceAccess", object }));
  };
  store.saying.set("shop/db", { summary: "ours" });
  expect(put("ours")).toEqual([]);
  expect(put("theirs")).toEqual(["shop/db status"]);
  store.saying.clear();
  expect(put("ours")).toEqual(["shop/db status"]);
});
