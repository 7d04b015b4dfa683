import { afterEach, expect, test, vi } from "vitest";
import { createStore } from "../reconciler/store.ts";
import { fakeClock } from "../testing/fake-clock.ts";
import { recordedLog } from "../testing/recorded-log.ts";
import { answer, kinds, refuse, serverThat, watching } from "../testing/scripted-server.ts";
import { createClient } from "./client.ts";
import { KNOWN_RESOURCES, NODES, OPTIONAL_KINDS, TIER_POLICIES } from "./resources.ts";
import { createTransport } from "./transport.ts";
import { createWatches } from "./watches.ts";

test("cluster-scoped policies and nodes are in the store before all is synced", async () => {
  const { store, watches, heard } = await cluster({ served: ["clusternetworkpolicies"] });
  await watches.synced;
  expect([...store.world.tierPolicies.keys()]).toEqual(["ClusterNetworkPolicy/deny"]);
  expect([...store.world.nodes.keys()]).toEqual(["n1"]);
  expect(watches.isSynced()).toBe(true);
  expect(heard.toSorted()).toEqual(["Node n1", "TierPolicy ClusterNetworkPolicy/deny"]);
});

test("each version is asked for its kinds, and what it does not have is not listed", async () => {
  const { store, watches, paths } = await cluster({ served: ["adminnetworkpolicies"] });
  await watches.synced;
  expect([...store.world.tierPolicies.keys()]).toEqual(["AdminNetworkPolicy/deny"]);
  const group = "/apis/policy.networking.k8s.io";
  const asked = new Set(paths.filter((path) => path.startsWith(group)));
  expect([...asked].toSorted()).toEqual([
    `${group}/v1alpha1`,
    `${group}/v1alpha1/adminnetworkpolicies`,
    `${group}/v1alpha2`,
  ]);
});

test("a cluster without these kinds is not asked for its nodes, and nothing is said of it", async () => {
  const { store, watches, paths, log } = await cluster({ served: [] });
  await watches.synced;
  expect(paths.filter((path) => path.endsWith("/nodes"))).toEqual([]);
  expect([store.world.tierPolicies.size, store.world.nodes.size]).toEqual([0, 0]);
  expect(log.entries).toEqual([]);
});

test("nothing is synced while it cannot be told which kinds there are", async () => {
  const state: State = { served: "broken" };
  const { watches, log, clock } = await cluster(state);
  await vi.waitFor(() => expect(log.entries).toContain("warn cannot tell which kinds the cluster has"));
  expect(watches.reflectors.every(({ isSynced }) => isSynced)).toBe(true);
  expect(watches.isSynced()).toBe(false);
  state.served = [];
  await clock.pass(1000);
  await watches.synced;
});

test("the definition of MultiNetworkPolicy is followed, and no other, where the cluster serves that kind", async () => {
  const { watches, paths } = await cluster({ served: ["multi-networkpolicies"] });
  await watches.synced;
  expect(paths).toContain("/apis/k8s.cni.cncf.io/v1beta1/multi-networkpolicies");
  const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  expect(new Set(paths.filter((path) => path.startsWith(definitions)))).toEqual(
    new Set([`${definitions} metadata.name=multi-networkpolicies.k8s.cni.cncf.io`]),
  );
});

test("a kind that is installed later is watched from then on", async () => {
  const state: State = { served: [] };
  const { watches, heard, minuteLater } = await cluster(state);
  await watches.synced;
  state.served = ["clusternetworkpolicies"];
  await minuteLater();
  await vi.waitFor(() => expect(heard).toContain("TierPolicy ClusterNetworkPolicy/deny"));
});

test("a kind that is gone twice in a row takes its objects along", async () => {
  const state: State = { served: ["clusternetworkpolicies"] };
  const { watches, store, minuteLater, log } = await cluster(state);
  await watches.synced;
  state.served = [];
  await minuteLater();
  expect(store.world.tierPolicies.size).toBe(1);
  await minuteLater();
  expect([store.world.tierPolicies.size, store.world.nodes.size]).toEqual([0, 0]);
  expect(watches.reflectors).toHaveLength(KNOWN_RESOURCES.length);
  expect(log.entries).toContain("info no longer served");
});

test("a kind that is missed now and then stays as it is", async () => {
  const state: State = { served: ["clusternetworkpolicies"] };
  const { watches, store, minuteLater } = await cluster(state);
  await watches.synced;
  for (const served of [[], ["clusternetworkpolicies"], []]) {
    state.served = served;
    await minuteLater();
  }
  expect(store.world.tierPolicies.size).toBe(1);
});

const endings: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

/** Each of them is asked for once. */
const VERSIONS = new Set(OPTIONAL_KINDS.map(({ apiVersion }) => apiVersion));

interface State {
  /** The kinds of cluster-scoped policies that the server has now. */
  served: readonly string[] | "broken";
}

/** A cluster with a node, and with a policy of each kind that it serves. */
async function cluster(state: State) {
  const paths: string[] = [];
  const server = await serverThat(({ url }) => {
    const { pathname, searchParams } = new URL(url ?? "", "http://server");
    const chosen = searchParams.get("fieldSelector");
    paths.push(chosen === null ? pathname : `${pathname} ${chosen}`);
    const { served } = state;
    if (served === "broken") return kinds(pathname) === undefined ? list() : refuse(503, "Broken");
    const isKind = pathname.endsWith("v1alpha1") === served[0]?.startsWith("admin");
    const known = kinds(pathname, isKind ? served : []);
    if (known !== undefined) return known;
    if (searchParams.get("watch") === "true") return watching([]);
    const plural = pathname.split("/").at(-1) ?? "";
    if (plural === "nodes") return list({ metadata: meta("n1") });
    return served.includes(plural) ? list({ metadata: meta("deny"), spec: DENY }) : list();
  });
  const client = createClient(createTransport(server.kubeConfig));
  const [store, log, clock] = [createStore(), recordedLog(), fakeClock()];
  const watches = createWatches({ client, store, log, clock, decodeServiceAccess });
  const heard: string[] = [];
  for (const resource of [...TIER_POLICIES, NODES]) {
    watches.listen(resource, ({ kind, key }) => void heard.push(`${kind} ${key}`));
  }
  const stopping = new AbortController();
  const ended = watches.run(stopping.signal);
  endings.push(async () => {
    stopping.abort();
    await ended;
    await client.close();
    await server.close();
  });
  const asks = () => paths.filter((path) => kinds(path) !== undefined).length;
  const pausing = () => vi.waitFor(() => expect(clock.waits()).toContain(60_000));
  /** The next time that the cluster is asked, and what comes of it. */
  const minuteLater = async () => {
    await pausing();
    const before = asks();
    await clock.pass(60_000);
    await vi.waitFor(() => expect(asks()).toBe(before + VERSIONS.size));
    await pausing();
  };
  return { watches, store, log, clock, heard, paths, minuteLater };
}

const DENY = {
  tier: "Admin",
  priority: 1,
  subject: { namespaces: {} },
  ingress: [{ action: "Deny", from: [{ namespaces: {} }] }],
};

function decodeServiceAccess() {
  return { kind: "problems", problems: [] } as const;
}

function list(...items: readonly object[]) {
  return answer(200, { metadata: { resourceVersion: "10" }, items });
}

function meta(name: string) {
  return { name, uid: `${name}-1`, resourceVersion: "1" };
}
