import { afterEach, expect, test } from "vitest";
import type { ServiceAccess } from "../model/service-access.ts";
import { createStore } from "../reconciler/store.ts";
import { recordedLog } from "../testing/recorded-log.ts";
import { answer, kinds, serverThat, type Step, watching } from "../testing/scripted-server.ts";
import { soon } from "../testing/soon.ts";
import { createClient } from "./client.ts";
import type { Meta } from "./received.ts";
import { NETWORK_POLICIES, PODS, SERVICE_ACCESSES } from "./resources.ts";
import { createTransport } from "./transport.ts";
import { createWatches } from "./watches.ts";

test("every resource is listed, decoded and put into the store before all is synced", async () => {
  const { store, watches } = await watch({
    namespaces: [{ metadata: meta("", "shop", "1") }],
    pods: [{ metadata: meta("shop", "web-1", "2"), spec: {}, status: {} }],
    deployments: [{ metadata: meta("shop", "web", "3"), spec: { template: {} } }],
    cronjobs: [{ metadata: meta("shop", "web", "4"), spec: { jobTemplate: { spec: { template: {} } } } }],
    networkpolicies: [policy("p", "5")],
  });
  await watches.synced;
  const { world } = store;
  expect([...world.namespaces.keys()]).toEqual(["shop"]);
  expect([...world.pods.keys()]).toEqual(["shop/web-1"]);
  expect([...world.workloads.keys()].toSorted()).toEqual(["shop/CronJob/web", "shop/Deployment/web"]);
  expect([...world.policies.keys()]).toEqual(["shop/p"]);
});

test("a listener hears of changes of its resource, and of nothing that changes nothing", async () => {
  const { watches, heard } = await watch({ pods: [pod("a", "1")], networkpolicies: [policy("p", "2")] });
  await watches.synced;
  expect(heard).toEqual(["Pod shop/a"]);
  watches.wrote(PODS, pod("a", "109"));
  expect(heard).toEqual(["Pod shop/a"]);
  watches.wrote(PODS, {
    ...pod("a", "110"),
    metadata: { ...meta("shop", "a", "110"), labels: { app: "web" } },
  });
  expect(heard).toEqual(["Pod shop/a", "Pod shop/a"]);
});

test("what we wrote and removed is in the store at once", async () => {
  const { watches, store } = await watch({ networkpolicies: [policy("p", "5")] });
  await watches.synced;
  watches.wrote(NETWORK_POLICIES, policy("q", "106"));
  expect([...store.world.policies.keys()]).toEqual(["shop/p", "shop/q"]);
  watches.removed(NETWORK_POLICIES, gone("p", "5"));
  expect([...store.world.policies.keys()]).toEqual(["shop/q"]);
});

test("a policy that cannot be read is there all the same, until it is gone or can be read", async () => {
  const broken = { ...policy("p", "5"), spec: [] };
  const { watches, store } = await watch({ networkpolicies: [broken], pods: [pod("a", "1")] });
  await watches.synced;
  const [web] = store.world.pods.values();
  const applying = () =>
    (web === undefined ? [] : store.evaluator().applyingTo("egress", web)).map(
      ({ policy: { name }, selects }) => `${selects} ${name}`,
    );
  const known = () => [[...store.world.unreadable.keys()], [...store.world.policies.keys()], applying()];
  expect(known()).toEqual([["NetworkPolicy shop/p"], [], ["maybe shop/p"]]);
  expect(store.world.unreadable.get("NetworkPolicy shop/p")?.reason).toBe(
    "spec: must be an object, not a list",
  );
  watches.wrote(NETWORK_POLICIES, policy("p", "106"));
  expect(known()).toEqual([[], ["shop/p"], []]);
  watches.wrote(NETWORK_POLICIES, { ...broken, metadata: meta("shop", "p", "107") });
  expect(known()).toEqual([["NetworkPolicy shop/p"], [], ["maybe shop/p"]]);
  // What it can be for is known all the same.
  const inwards = { podSelector: [], policyTypes: ["Ingress"] };
  watches.wrote(NETWORK_POLICIES, { metadata: meta("shop", "p", "108"), spec: inwards });
  expect(known()).toEqual([["NetworkPolicy shop/p"], [], []]);
  watches.removed(NETWORK_POLICIES, gone("p", "108"));
  expect(known()).toEqual([[], [], []]);
});

test("an object that cannot be read is named, and no longer answered from", async () => {
  const { watches, store, log } = await watch({ pods: [pod("a", "1"), { ...pod("b", "2"), spec: [] }] });
  await watches.synced;
  expect(watches.unreadable()).toMatchObject([
    { kind: "Pod", name: "shop/b", problems: [{ field: "spec" }] },
  ]);
  expect(log.entries).toEqual(["error object cannot be read"]);
  watches.wrote(PODS, { ...pod("a", "103"), spec: [] });
  expect([...store.world.pods.keys()]).toEqual([]);
  watches.wrote(PODS, pod("b", "104"));
  watches.removed(PODS, gone("a", "103"));
  expect(watches.unreadable()).toEqual([]);
});

test("a ServiceAccess that cannot be read is kept apart with what its status needs", async () => {
  const status = { observedGeneration: 1, conditions: [{ type: "Ready" }] };
  const { watches, store, invalidKeys } = await watch({
    serviceaccesses: [{ metadata: { ...meta("shop", "bad", "3"), generation: 2 }, spec: "no", status }],
  });
  await watches.synced;
  expect(invalidKeys).toEqual(["shop/bad"]);
  expect(store.world.accesses.size).toBe(0);
  const named = { namespace: "shop", name: "bad", resourceVersion: "3", generation: 2 };
  expect(watches.invalid({ namespace: "shop", name: "bad" })).toEqual({
    ...named,
    metadata: { ...named, uid: "bad-1" },
    problems: [{ field: "spec", message: "must be an object" }],
    conditions: [],
    observedGeneration: 1,
    kept: {},
  });
});

test("a ServiceAccess that is corrected, or deleted, is invalid no longer", async () => {
  const bad = (name: string) => ({ metadata: meta("shop", name, "3"), spec: "no" });
  const { watches, store } = await watch({ serviceaccesses: [bad("a"), bad("b")] });
  await watches.synced;
  watches.wrote(SERVICE_ACCESSES, { metadata: meta("shop", "a", "104"), spec: {} });
  watches.removed(SERVICE_ACCESSES, gone("b", "3"));
  expect(watches.invalid({ namespace: "shop", name: "a" })).toBeUndefined();
  expect(watches.invalid({ namespace: "shop", name: "b" })).toBeUndefined();
  expect([...store.world.accesses.keys()]).toEqual(["shop/a"]);
});

test("a ServiceAccess that becomes unreadable leaves the store, and its listeners hear of it", async () => {
  const { watches, store, heard, invalidKeys } = await watch({
    serviceaccesses: [{ metadata: meta("shop", "a", "3"), spec: {} }],
  });
  await watches.synced;
  watches.wrote(SERVICE_ACCESSES, { metadata: meta("shop", "a", "104"), spec: "no" });
  expect(store.world.accesses.size).toBe(0);
  expect(heard).toEqual(["ServiceAccess shop/a", "ServiceAccess shop/a"]);
  expect(invalidKeys).toEqual(["shop/a"]);
});

test("a resource that cannot be listed keeps everything from being synced", async () => {
  const { watches, log } = await watch({ pods: "forbidden" });
  const missing = () => watches.reflectors.filter(({ isSynced }) => !isSynced);
  await soon(() => {
    expect(missing().map(({ trouble }) => trouble)).toEqual(["cannot list pods: pods are not for you"]);
  });
  expect(log.entries).toEqual(["warn watch interrupted"]);
});

const endings: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

/** Watches a cluster that holds these objects, by plural, and never changes. */
async function watch(objects: Readonly<Record<string, readonly object[] | "forbidden">>) {
  const server = await serverThat(({ url }) => serving(objects, new URL(url ?? "", "http://server")));
  const client = createClient(createTransport(server.kubeConfig));
  const [store, log] = [createStore(), recordedLog()];
  const heard: string[] = [];
  const invalidKeys: string[] = [];
  const watches = createWatches({ client, store, log, decodeServiceAccess });
  for (const resource of [PODS, SERVICE_ACCESSES]) {
    watches.listen(resource, ({ kind, key }) => void heard.push(`${kind} ${key}`));
  }
  watches.listenInvalid(({ namespace, name }) => void invalidKeys.push(`${namespace}/${name}`));
  const stopping = new AbortController();
  const ended = watches.run(stopping.signal);
  endings.push(async () => {
    stopping.abort();
    await ended;
    await client.close();
    await server.close();
  });
  return { watches, store, log, heard, invalidKeys };
}

function serving(objects: Parameters<typeof watch>[0], { pathname, searchParams }: URL): Step {
  const noKinds = kinds(pathname);
  if (noKinds !== undefined) return noKinds;
  const items = objects[pathname.split("/").at(-1) ?? ""] ?? [];
  if (items === "forbidden") return answer(403, { reason: "Forbidden", message: "pods are not for you" });
  return searchParams.get("watch") === "true"
    ? watching([])
    : answer(200, { metadata: { resourceVersion: "100" }, items });
}

/** Stands for the schema: a spec must be an object. */
function decodeServiceAccess(raw: unknown) {
  const { apiVersion, kind, metadata, spec } = raw as ServiceAccess;
  return typeof spec === "object"
    ? ({ kind: "decoded", value: { apiVersion, kind, metadata, spec } } as const)
    : ({ kind: "problems", problems: [{ field: "spec", message: "must be an object" }] } as const);
}

function meta(namespace: string, name: string, resourceVersion: string) {
  return { ...(namespace === "" ? {} : { namespace }), name, uid: `${name}-1`, resourceVersion };
}

function gone(name: string, resourceVersion: string): Meta {
  return { namespace: "shop", name, uid: `${name}-1`, resourceVersion, generation: 1 };
}

function pod(name: string, version: string) {
  return { metadata: meta("shop", name, version), spec: {}, status: {} };
}

function policy(name: string, version: string) {
  return { metadata: meta("shop", name, version), spec: { podSelector: {} } };
}
