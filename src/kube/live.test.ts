import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { answer, kinds, refuse, serverThat, type Step } from "../testing/scripted-server.ts";
import { type LiveOptions, readLiveWorld } from "./live.ts";

test("a cluster is read whole, page by page", async () => {
  const { read } = await cluster(({ pathname, searchParams }) => {
    if (!pathname.endsWith("/pods")) return undefined;
    return searchParams.has("continue") ? page([pod("b")]) : page([pod("a")], "more");
  });
  const world = await read();
  expect([...world.pods.keys()]).toEqual(["shop/a", "shop/b"]);
});

test("a cluster without our kind is a cluster without ServiceAccesses", async () => {
  const { read } = await cluster(only("/serviceaccesses", refuse(404, "NotFound")));
  expect((await read()).accesses.size).toBe(0);
});

test("a list that outlives its snapshot is read once more, in one piece", async () => {
  const { read, asked } = await cluster(({ pathname, searchParams }) => {
    if (!pathname.endsWith("/pods")) return undefined;
    if (searchParams.has("continue")) return refuse(410, "Expired");
    return searchParams.has("limit") ? page([pod("a")], "more") : page([pod("a"), pod("b")]);
  });
  expect([...(await read()).pods.keys()]).toEqual(["shop/a", "shop/b"]);
  expect(asked.filter((words) => /^list ./.test(words))).toEqual(["list continue=more", "list all"]);
});

test.each([
  ["/pods", refuse(403, "Forbidden"), /^cannot list pods: .*a verdict needs all pods of the cluster/],
  ["/networkpolicies", refuse(404, "NotFound"), /^cannot list networkpolicies: /],
  ["/services", refuse(500, "InternalError"), /^cannot list services: /],
  ["/services", answer(200, { items: [] }), /^cannot list services: the answer is not a list/],
])("what cannot be listed is an error: %s", async (path, step, message) => {
  const { read } = await cluster(only(path, step));
  await expect(read()).rejects.toThrow(message);
});

test("cluster-scoped policies and nodes are read where the cluster has such kinds", async () => {
  const named = (name: string, spec: object) => ({
    metadata: { name, uid: "u", resourceVersion: "1" },
    spec,
  });
  const { read } = await cluster(({ pathname }) => {
    if (pathname.endsWith("/v1alpha1")) return kinds(pathname, ["baselineadminnetworkpolicies"]);
    if (pathname.endsWith("/nodes")) return page([named("n1", {})]);
    if (!pathname.endsWith("/baselineadminnetworkpolicies")) return undefined;
    return page([named("default", { subject: { namespaces: {} } })]);
  });
  const { tierPolicies, nodes } = await read();
  expect([...tierPolicies.keys()]).toEqual(["BaselineAdminNetworkPolicy/default"]);
  expect([...nodes.keys()]).toEqual(["n1"]);
});

test.each([
  [
    "/v1alpha2",
    refuse(403, "Forbidden"),
    /^cannot ask for the kinds of policy.networking.k8s.io\/v1alpha2: /,
  ],
  ["/v1alpha2", answer(200, {}), /^cannot ask for the kinds of .*: the answer names no resources/],
  ["/clusternetworkpolicies", refuse(403, "Forbidden"), /a verdict needs all clusternetworkpolicies/],
  ["/nodes", refuse(403, "Forbidden"), /a verdict needs all nodes/],
])("where it has, not to be told of them is an error: %s", async (path, step, message) => {
  const { read } = await cluster(
    ({ pathname }) =>
      only(path, step)(new URL(pathname, "http://server")) ??
      (pathname.endsWith("/v1alpha2") ? kinds(pathname, ["clusternetworkpolicies"]) : undefined),
  );
  await expect(read()).rejects.toThrow(message);
});

test("networks and their policies are read where the cluster has such kinds", async () => {
  const object = (name: string, rest: object) => ({
    metadata: { namespace: "shop", name, uid: "u", resourceVersion: "1" },
    ...rest,
  });
  const lists: Readonly<Record<string, Step>> = {
    "network-attachment-definitions": page([object("net", { spec: { config: '{"type":"macvlan"}' } })]),
    ipamclaims: page([object("kept", { status: { ips: ["10.0.0.5/24"] } })]),
    "multi-networkpolicies": page([object("p", { spec: {} })]),
  };
  const { read } = await cluster(({ pathname }) => {
    if (/^\/apis\/k8s\.cni\.cncf\.io\/[^/]+$/.test(pathname)) return kinds(pathname, Object.keys(lists));
    return lists[pathname.slice(pathname.lastIndexOf("/") + 1)];
  });
  const { networkAttachments, ipamClaims, multiPolicies } = await read();
  expect(networkAttachments.get("shop/net")?.plugin).toBe("macvlan");
  expect(ipamClaims.get("shop/kept")?.addresses).toEqual(["10.0.0.5"]);
  expect([...multiPolicies.keys()]).toEqual(["shop/p"]);
});

const broken = page([pod("a"), { ...pod("b"), spec: [] }]);

test("an object that cannot be read is an error, for a verdict without it may be wrong", async () => {
  const { read } = await cluster(only("/pods", broken));
  await expect(read()).rejects.toThrow("cannot read Pod shop/b: spec: must be an object, not a list");
});

test("whoever asks to be told of it gets the rest", async () => {
  const { read } = await cluster(only("/pods", broken));
  const told: string[] = [];
  const world = await read({ onUnreadable: (object) => void told.push(object) });
  expect([...world.pods.keys()]).toEqual(["shop/a"]);
  expect(told).toEqual(["Pod shop/b"]);
});

const endings: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

/** A cluster that answers as decided, and with nothing to everything else. */
async function cluster(decides: (url: URL) => Step | undefined) {
  const server = await serverThat(({ url }) => {
    const asked = new URL(url ?? "", "http://server");
    return decides(asked) ?? kinds(asked.pathname) ?? page([]);
  });
  const folder = mkdtempSync(join(tmpdir(), "live-"));
  const kubeconfig = join(folder, "config");
  writeFileSync(kubeconfig, server.kubeConfig.exportConfig());
  endings.push(server.close, () => rmSync(folder, { recursive: true }));
  const read = (options: Partial<LiveOptions> = {}) =>
    readLiveWorld({
      kubeconfig,
      decodeServiceAccess: () => ({ kind: "problems", problems: [] }),
      ...options,
    });
  return { read, asked: server.asked };
}

function only(path: string, step: Step): (url: URL) => Step | undefined {
  return ({ pathname }) => (pathname.endsWith(path) ? step : undefined);
}

function page(items: readonly object[], next?: string): Step {
  return answer(200, {
    metadata: { resourceVersion: "10", ...(next === undefined ? {} : { continue: next }) },
    items,
  });
}

function pod(name: string) {
  return { metadata: { namespace: "shop", name, uid: name, resourceVersion: "1" }, spec: {}, status: {} };
}
