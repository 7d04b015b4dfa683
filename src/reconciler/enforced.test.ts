import { expect, test } from "vitest";
import { profileNamed, SPECIFICATION } from "../core/profile.ts";
import type { ServiceAccessSpec } from "../model/service-access.ts";
import { accessOf, smallWorld, type WorldSketch } from "../testing/small-world.ts";
import { affectedBy } from "./affected.ts";
import { inMemoryCluster, simulate } from "./in-memory.ts";
import { reconcile } from "./reconcile.ts";
import { storeOf } from "./store.ts";

const SPEC: ServiceAccessSpec = {
  target: { podSelector: { matchLabels: { app: "db" } } },
  ports: [{ port: 5432 }],
  permits: { dns: false },
};
const SCTP: ServiceAccessSpec = { ...SPEC, ports: [{ port: 5432, protocol: "SCTP" }] };
const PODS = {
  "shop/db": { ips: ["10.0.0.1"], labels: { app: "db" } },
  "shop/web": { ips: ["10.0.0.2"], labels: { "netpol/db": "true" } },
};
const BOTH_FAMILIES = {
  ...PODS,
  "shop/web": { ips: ["10.0.0.2", "fd00::2"], labels: { "netpol/db": "true" } },
};

/** `True EnforcedByPlugin: calico enforces …` */
async function said(profile: string, spec = SPEC, sketch: WorldSketch = { pods: PODS }): Promise<string> {
  const world = smallWorld({ ...sketch, accesses: [accessOf("shop/db", spec)] });
  const { world: after } = await simulate(world, () => new Date(0), profileNamed(profile) ?? SPECIFICATION);
  const found = after.accesses.get("shop/db")?.status?.conditions?.find(({ type }) => type === "Enforced");
  return found === undefined ? "nothing" : `${found.status} ${found.reason}: ${found.message}`;
}

test("a plugin that enforces what the policies are about", async () => {
  expect(await said("antrea")).toBe(
    "True EnforcedByPlugin: antrea enforces what is asked; a connection that a changed policy does not allow goes on until it ends",
  );
  expect(await said("terway-ebpf")).toBe(
    "True EnforcedByPlugin: terway-ebpf enforces what is asked, provided that the nodes have a kernel of 4.19 or later and the pods share a network interface; a connection that a changed policy does not allow is cut",
  );
});

test("N10: where nothing enforces policies, and what it means for who gets through", async () => {
  expect(await said("none")).toBe(
    "False NotEnforced: under the profile none nothing enforces policies: whatever they say, everyone reaches everyone",
  );
  const world = smallWorld({
    pods: { ...PODS, "shop/idle": { ips: ["10.0.0.3"] } },
    accesses: [accessOf("shop/db", SPEC)],
  });
  const { world: after } = await simulate(world, () => new Date(0), profileNamed("none"));
  const told = after.accesses
    .get("shop/db")
    ?.status?.conditions?.map(({ type, status }) => `${type} ${status}`);
  expect(told).toEqual([
    "Ready True",
    "Programmed True",
    "Effective True",
    "Exclusive False",
    "Enforced False",
    "Portable True",
  ]);
});

test("what a plugin does not look at, and what is up to its settings", async () => {
  expect(await said("azure-npm", SPEC, { pods: BOTH_FAMILIES })).toBe(
    "False IPv6NotEnforced: azure-npm enforces no policy for IPv6, and pods of the target or its clients have IPv6 addresses",
  );
  expect(await said("azure-npm")).toMatch(/^True/);
  expect(await said("kube-router", SPEC, { pods: BOTH_FAMILIES })).toMatch(/^Unknown IPv6Undetermined/);
  expect(await said("cilium", SCTP)).toBe(
    "Unknown SCTPUndetermined: whether cilium enforces policies for SCTP is up to its version and settings",
  );
  expect(await said("calico", SCTP)).toMatch(/^True/);
});

test("an object without policies asks nothing of the plugin", async () => {
  expect(await said("calico", { ...SPEC, mode: "DryRun" })).toBe("nothing");
});

const UNSAID = "Unknown ProfileNotSet: nobody has said which network plugin enforces policies here";
const REMEDY = "set --profile, or SERVICEACCESS_PROFILE, of the operator";

test("without a profile a hint names what is seen, all of it, and how to say what there is", async () => {
  expect(await said("specification")).toBe(`${UNSAID} (no DaemonSet of a known one is there): ${REMEDY}`);
  const workloads = {
    "kube-system/DaemonSet/kube-flannel-ds": {},
    "calico-system/DaemonSet/calico-node": {},
    "kube-system/Deployment/cilium": {},
    "kube-system/DaemonSet/kube-proxy": {},
  };
  expect(await said("specification", SPEC, { pods: PODS, workloads })).toBe(
    `${UNSAID} (DaemonSet calico-system/calico-node hints at calico, DaemonSet kube-system/kube-flannel-ds hints at none, or kube-network-policies if that is switched on): ${REMEDY}`,
  );
});

test.each([
  ["canal", "calico"],
  ["cilium", "cilium"],
  ["anetd", "cilium"],
  ["terway-eniip", "terway-ebpf or terway-iptables"],
  ["ovnkube-node", "ovn-kubernetes"],
  ["kube-ovn-cni", "kube-ovn or kube-ovn-lax"],
  ["antrea-agent", "antrea"],
  ["aws-node", "aws-vpc-cni, if its agent for network policies is switched on"],
  ["azure-npm", "azure-npm"],
  ["kube-router", "kube-router"],
  ["kindnet", "kube-network-policies"],
])("DaemonSet %s hints at %s, and decides nothing", async (name, profiles) => {
  const workloads = { [`kube-system/DaemonSet/${name}`]: {} };
  const text = await said("specification", SPEC, { pods: PODS, workloads });
  expect(text).toBe(`${UNSAID} (DaemonSet kube-system/${name} hints at ${profiles}): ${REMEDY}`);
});

test("a plugin that comes changes the statuses that hint at one, and no others", async () => {
  const sketch = { pods: PODS, workloads: { "x/DaemonSet/cilium": {}, "x/DaemonSet/other": {} } };
  const full = smallWorld(sketch);
  const [plugin, other] = [...full.workloads.values()];
  if (plugin === undefined || other === undefined) throw new Error("two workloads are expected");
  for (const [profile, concerned] of [
    ["specification", ["db"]],
    ["cilium", []],
  ] as const) {
    const world = smallWorld({ pods: PODS, accesses: [accessOf("shop/db", SPEC)] });
    const cluster = inMemoryCluster(storeOf(world, profileNamed(profile)));
    await reconcile({ namespace: "shop", name: "db" }, cluster, () => new Date(0));
    const affected = (object: typeof plugin) => {
      const change = cluster.store.put({ kind: "Workload", object });
      return change === undefined ? [] : affectedBy(change, cluster.store).map(({ key }) => key.name);
    };
    expect(affected(other)).toEqual([]);
    expect(affected(plugin)).toEqual(concerned);
    expect(affected({ ...plugin, replicas: 2 })).toEqual([]);
  }
});
