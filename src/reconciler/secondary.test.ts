import { expect, test } from "vitest";
import type { Ipam, NetworkAttachment } from "../model/network-attachment.ts";
import { profileNamed } from "../core/profile.ts";
import { MULTI_POLICY_DEFINITION } from "../model/policy-definition.ts";
import type { ServiceAccess, ServiceAccessSpec } from "../model/service-access.ts";
import type { Pod } from "../model/world.ts";
import { accessOf, policyOf, smallWorld } from "../testing/small-world.ts";
import { podOf } from "../testing/table.ts";
import { affectedBy } from "./affected.ts";
import { type InMemoryCluster, inMemoryCluster } from "./in-memory.ts";
import { orphansIn } from "./orphans.ts";
import { reconcile } from "./reconcile.ts";
import { storeOf } from "./store.ts";

const KEY = { namespace: "vms", name: "ssh" };
const FLAT = { name: "flat" };
const MACHINES: ServiceAccessSpec["target"] = { podSelector: { matchLabels: { app: "vm" } } };

/** The VMs of the source: only some addresses may come in, on a network that assigns none. */
const BLOCKS: ServiceAccessSpec = {
  network: FLAT,
  target: MACHINES,
  rights: { ingress: [{ from: [{ ipBlock: { cidr: "10.200.0.0/30" } }], ports: [{ protocol: "Any" }] }] },
  permits: { policy: "None" },
};

const PAIR: ServiceAccessSpec = { network: FLAT, target: MACHINES, ports: [{ port: 22 }] };

function attachment(ipam: Ipam): NetworkAttachment {
  return {
    namespace: "vms",
    name: "flat",
    network: "flat",
    plugin: "ovn-k8s-cni-overlay",
    ipam,
    subnets: [],
  };
}

/** A pod with an address on each of the two networks. */
function machine(name: string, n: number, labels: Pod["labels"]): Pod {
  const pod = podOf(`vms/${name}`, { ips: [`10.0.0.${n}`], labels });
  const attached = { definition: "vms/flat", interface: "net1", mac: "", claim: "", requested: [] };
  return { ...pod, attachments: [{ ...attached, status: [`10.200.0.${n}`] }] };
}

function clusterWith(spec: ServiceAccessSpec, ipam: Ipam = "subnets"): InMemoryCluster {
  const store = storeOf({
    ...smallWorld({ accesses: [accessOf("vms/ssh", spec)], accepts: { web: ["vms"] } }),
    networkAttachments: new Map([["vms/flat", attachment(ipam)]]),
  });
  for (const n of [1, 2]) store.put({ kind: "Pod", object: machine(`vm${n}`, n, { app: "vm" }) });
  store.put({ kind: "Pod", object: machine("client", 3, { "netpol/ssh": "true" }) });
  store.put({ kind: "Pod", object: machine("other", 6, {}) });
  return inMemoryCluster(store);
}

async function run(cluster: InMemoryCluster): Promise<readonly string[]> {
  const before = cluster.changes.length;
  await reconcile(KEY, cluster, () => new Date("2026-11-21T08:00:00Z"));
  return cluster.changes.slice(before).filter((change) => !change.startsWith("status"));
}

function access(cluster: InMemoryCluster): ServiceAccess {
  const found = cluster.store.world.accesses.get("vms/ssh");
  if (found === undefined) throw new Error("there is no ServiceAccess vms/ssh");
  return found;
}

function respec(cluster: InMemoryCluster, spec: ServiceAccessSpec): void {
  cluster.store.put({ kind: "ServiceAccess", object: { ...access(cluster), spec } });
}

function said(cluster: InMemoryCluster, type: string): string | undefined {
  const found = access(cluster).status?.conditions?.find((each) => each.type === type);
  return found === undefined ? undefined : `${found.status} ${found.reason}`;
}

function multiPolicy(cluster: InMemoryCluster, name: string) {
  const found = cluster.store.world.multiPolicies.get(name);
  if (found === undefined) throw new Error(`there is no MultiNetworkPolicy ${name}`);
  return found;
}

test("a pair on a secondary network is written, and judged by the addresses there", async () => {
  const cluster = clusterWith(PAIR);
  expect(await run(cluster)).toEqual([
    "apply MultiNetworkPolicy vms/ssh-rights",
    "apply MultiNetworkPolicy vms/ssh-permits",
  ]);
  expect(await run(cluster)).toEqual([]);
  expect(said(cluster, "Ready")).toBe("True Reconciled");
  expect(said(cluster, "Effective")).toBe("True AllClientsAllowed");
  expect(said(cluster, "Exclusive")).toBe("True OnlyDeclared");
  expect(access(cluster).status?.policies).toEqual([
    { kind: "MultiNetworkPolicy", namespace: "vms", name: "ssh-rights", half: "rights" },
    { kind: "MultiNetworkPolicy", namespace: "vms", name: "ssh-permits", half: "permits" },
  ]);
  expect(cluster.store.world.policies.size).toBe(0);
});

test("what is open on the pod network is no matter of an object about another one, nor the reverse", async () => {
  const cluster = clusterWith(PAIR);
  await run(cluster);
  const open = policyOf("vms/open", { podSelector: {}, policyTypes: ["Ingress"], ingress: [{}] });
  cluster.store.put({ kind: "NetworkPolicy", object: open });
  await run(cluster);
  expect(said(cluster, "Exclusive")).toBe("True OnlyDeclared");
  const annotations = { "k8s.v1.cni.cncf.io/policy-for": "flat" };
  const there = {
    ...open,
    apiVersion: "k8s.cni.cncf.io/v1beta1",
    kind: "MultiNetworkPolicy",
    metadata: { ...open.metadata, annotations },
  } as const;
  cluster.store.put({ kind: "MultiNetworkPolicy", object: there });
  await run(cluster);
  expect(said(cluster, "Exclusive")).toBe("False OthersAllowed");
});

test("M8: a selector on a network without addresses is refused, and what is in the cluster stays", async () => {
  const cluster = clusterWith(BLOCKS, "none");
  expect(await run(cluster)).toEqual(["apply MultiNetworkPolicy vms/ssh-rights"]);
  expect(said(cluster, "Ready")).toBe("True Reconciled");
  respec(cluster, PAIR);
  expect(await run(cluster)).toEqual([]);
  for (const type of ["Ready", "Programmed"]) expect(said(cluster, type)).toBe("False SelectorNeedsIPAM");
  expect(said(cluster, "Stalled")).toBe("True SelectorNeedsIPAM");
  expect(said(cluster, "Effective")).toBe("Unknown SelectorNeedsIPAM");
  expect([...cluster.store.world.multiPolicies.keys()]).toEqual(["vms/ssh-rights"]);
});

test("an object that changes its network has policies on one of them all the time", async () => {
  const cluster = clusterWith({ ...PAIR, permits: { dns: false } });
  await run(cluster);
  const { network: _, ...onPodNetwork } = PAIR;
  respec(cluster, { ...onPodNetwork, permits: { dns: false } });
  expect(await run(cluster)).toEqual([
    "apply vms/ssh-rights",
    "apply vms/ssh-permits",
    "remove MultiNetworkPolicy vms/ssh-permits",
    "remove MultiNetworkPolicy vms/ssh-rights",
  ]);
  respec(cluster, { ...PAIR, network: { ...FLAT, backend: "KubeOVN" } });
  expect(await run(cluster)).toEqual(["apply vms/ssh-rights", "apply vms/ssh-permits"]);
  expect(said(cluster, "Ready")).toBe("True Reconciled");
  expect(said(cluster, "Effective")).toBe("Unknown NotEvaluated");
  respec(cluster, { ...onPodNetwork, permits: { dns: false } });
  expect(await run(cluster)).toEqual(["apply vms/ssh-rights", "apply vms/ssh-permits"]);
  expect(said(cluster, "Programmed")).toBe("True Applied");
});

test("a policy without its network is open, so that is put right as any other change is", async () => {
  const cluster = clusterWith(PAIR);
  await run(cluster);
  const policy = multiPolicy(cluster, "vms/ssh-rights");
  const change = cluster.store.put({
    kind: "MultiNetworkPolicy",
    object: { ...policy, metadata: { ...policy.metadata, annotations: {} } },
  });
  if (change === undefined) throw new Error("nothing has changed");
  expect(affectedBy(change, cluster.store)).toEqual([{ key: KEY, lane: "first" }]);
  expect(await run(cluster)).toEqual(["apply MultiNetworkPolicy vms/ssh-rights"]);
  expect(said(cluster, "Drifted")).toBe("False Restored");
  cluster.store.remove("MultiNetworkPolicy", "vms/ssh-permits");
  expect(await run(cluster)).toEqual(["apply MultiNetworkPolicy vms/ssh-permits"]);
});

test("a policy of the name that is not ours is left alone, and the one of the other kind is no matter", async () => {
  const cluster = clusterWith(PAIR);
  const foreign = policyOf("vms/ssh-rights", { podSelector: {} });
  cluster.store.put({ kind: "NetworkPolicy", object: foreign });
  await run(cluster);
  expect(said(cluster, "Ready")).toBe("True Reconciled");
  const other = { ...foreign, apiVersion: "k8s.cni.cncf.io/v1beta1", kind: "MultiNetworkPolicy" } as const;
  const second = clusterWith(PAIR);
  second.store.put({ kind: "MultiNetworkPolicy", object: other });
  expect(await run(second)).toEqual(["apply MultiNetworkPolicy vms/ssh-permits"]);
  expect(said(second, "Programmed")).toBe("False Conflict");
});

test("an object waits for its network, and is looked at when that, or the definition of its policies, changes", async () => {
  const cluster = clusterWith(PAIR);
  const gone = cluster.store.remove("NetworkAttachment", "vms/flat");
  if (gone === undefined) throw new Error("the network was not there");
  expect(affectedBy(gone, cluster.store)).toEqual([{ key: KEY, lane: "in turn" }]);
  expect(await run(cluster)).toEqual([]);
  expect(said(cluster, "Programmed")).toBe("False NetworkNotFound");
  expect(said(cluster, "Reconciling")).toBe("True NetworkNotFound");
  cluster.store.put({ kind: "NetworkAttachment", object: attachment("subnets") });
  expect(await run(cluster)).toHaveLength(2);
  const name = MULTI_POLICY_DEFINITION;
  const defined = cluster.store.put({ kind: "PolicyDefinition", object: { name, hasEndPort: true } });
  if (defined === undefined) throw new Error("nothing has changed");
  expect(affectedBy(defined, cluster.store)).toEqual([{ key: KEY, lane: "in turn" }]);
});

test("permits in other namespaces hold the object, and those of a gone one are orphans", async () => {
  const cluster = clusterWith({ ...PAIR, permits: { namespaces: { names: ["web"] } } });
  const changes = await run(cluster);
  expect(changes[0]).toBe("hold vms/ssh");
  const elsewhere = changes.filter((change) =>
    change.startsWith("apply MultiNetworkPolicy web/ssh-permits-"),
  );
  expect(elsewhere).toHaveLength(1);
  cluster.store.remove("ServiceAccess", "vms/ssh");
  expect(orphansIn(cluster.store.world).map(({ kind, metadata }) => `${kind} ${metadata.namespace}`)).toEqual(
    ["MultiNetworkPolicy web"],
  );
});

test("a dry run says which policies would be written, and who would lose what on the network", async () => {
  const cluster = clusterWith({ ...PAIR, mode: "DryRun" });
  expect(await run(cluster)).toEqual([]);
  const { policies, loses } = access(cluster).status?.preview ?? {};
  expect(policies).toEqual([
    { action: "Create", kind: "MultiNetworkPolicy", namespace: "vms", name: "ssh-rights" },
    { action: "Create", kind: "MultiNetworkPolicy", namespace: "vms", name: "ssh-permits" },
  ]);
  expect(loses).not.toEqual([]);
});

test("deleting an object says what it would open on its network", async () => {
  const cluster = clusterWith(PAIR);
  await run(cluster);
  await run(cluster);
  expect(access(cluster).status?.deletionWouldExpose?.pods).toBe(2);
  const isolates = access(cluster).status?.isolates ?? [];
  expect(isolates.map(({ workload, direction }) => `${workload} ${direction}`)).toEqual([
    "Pod/client Egress",
    "Pod/vm1 Ingress",
    "Pod/vm2 Ingress",
  ]);
});

const OF_NETWORKS = ["IPNotAnchored", "PolicyNotApplied", "ExclusionShadowed"];

function findings(cluster: InMemoryCluster): readonly string[] {
  const found = access(cluster).status?.findings ?? [];
  // What enforcers make of it is told elsewhere.
  const own = found.filter(({ type }) => OF_NETWORKS.includes(type));
  return own.map(({ type, object, message }) => `${type} ${object}: ${message}`);
}

test("M9: what is let in by address, where nobody holds a guest to its own, is said", async () => {
  const cluster = clusterWith(BLOCKS, "none");
  await run(cluster);
  expect(findings(cluster)).toEqual([
    expect.stringContaining(
      "IPNotAnchored NetworkAttachmentDefinition/flat: network flat assigns no addresses",
    ),
  ]);
  const anchored = clusterWith(BLOCKS, "subnets");
  await run(anchored);
  expect(findings(anchored)).toEqual([]);
});

test.each([
  ["without its annotation", {}, { app: "vm" }, "names no network"],
  [
    "of a network that is not there",
    { "k8s.v1.cni.cncf.io/policy-for": "gone" },
    { app: "vm" },
    "is for vms/gone",
  ],
  [
    "of a network with none of its pods",
    { "k8s.v1.cni.cncf.io/policy-for": "far" },
    { app: "vm" },
    "none of the pods",
  ],
  ["of other pods", {}, { app: "web" }, undefined],
  ["of our network", { "k8s.v1.cni.cncf.io/policy-for": "flat" }, { app: "vm" }, undefined],
])("M7: a policy %s", async (_name, annotations, matchLabels, message) => {
  const cluster = clusterWith(PAIR);
  await run(cluster);
  cluster.store.put({
    kind: "NetworkAttachment",
    object: { ...attachment("subnets"), name: "far", network: "far" },
  });
  const policy = policyOf("vms/by-hand", { podSelector: { matchLabels }, policyTypes: ["Ingress"] });
  const change = cluster.store.put({
    kind: "MultiNetworkPolicy",
    object: {
      ...policy,
      apiVersion: "k8s.cni.cncf.io/v1beta1",
      kind: "MultiNetworkPolicy",
      metadata: { ...policy.metadata, annotations },
    },
  });
  if (change === undefined) throw new Error("nothing has changed");
  expect(affectedBy(change, cluster.store)).toEqual([{ key: KEY, lane: "status" }]);
  await run(cluster);
  const found = findings(cluster).filter((line) => line.startsWith("PolicyNotApplied"));
  expect(found).toEqual(
    message === undefined
      ? []
      : [expect.stringMatching(`^PolicyNotApplied MultiNetworkPolicy/by-hand: .*${message}`)],
  );
});

test("an exception that another rule undoes is told of, because enforcers do not agree who wins", async () => {
  const cluster = clusterWith({
    ...BLOCKS,
    rights: {
      ingress: [
        { from: [{ ipBlock: { cidr: "10.200.0.0/24", except: ["10.200.0.6/32"] } }], ports: [{ port: 22 }] },
        { from: [{ ipBlock: { cidr: "10.0.0.0/8" } }], ports: [{ port: 22 }] },
      ],
    },
  });
  await run(cluster);
  await run(cluster);
  expect(findings(cluster)).toEqual([
    expect.stringContaining("ExclusionShadowed MultiNetworkPolicy vms/ssh-rights: takes 10.200.0.6 out"),
  ]);
});

test("where Kube-OVN is, a policy says that it is for the pod network, and one for another binds nobody there", async () => {
  const access = accessOf("vms/ssh", {
    target: MACHINES,
    ports: [{ port: 22 }],
    permits: { policy: "None" },
  });
  const sketch = {
    accesses: [access],
    pods: { "vms/vm1": { labels: { app: "vm" }, ips: ["10.0.0.1"] }, "vms/x": { ips: ["10.0.0.2"] } },
  };
  const cluster = inMemoryCluster(storeOf(smallWorld(sketch), profileNamed("kube-ovn")));
  await run(cluster);
  const policy = cluster.store.world.policies.get("vms/ssh-rights");
  expect(policy?.metadata.annotations?.["ovn.kubernetes.io/network_policy_for"]).toBe("ovn");
  await run(cluster);
  expect(said(cluster, "Exclusive")).toBe("True OnlyDeclared");
  if (policy === undefined) throw new Error("there is no policy");
  const annotations = { ...policy.metadata.annotations, "ovn.kubernetes.io/network_policy_for": "vms/flat" };
  const moved = { ...policy, metadata: { ...policy.metadata, annotations } };
  cluster.store.put({ kind: "NetworkPolicy", object: moved });
  const evaluator = cluster.store.evaluator();
  const pod = cluster.store.world.pods.get("vms/vm1");
  if (pod === undefined) throw new Error("there is no pod");
  expect(evaluator.applyingTo("ingress", pod)).toEqual([]);
  expect(await run(cluster)).toEqual(["apply vms/ssh-rights"]);
});

test("a status follows the addresses that pods have on its network", async () => {
  const cluster = clusterWith(BLOCKS);
  await run(cluster);
  await run(cluster);
  expect(said(cluster, "Exclusive")).toBe("True OnlyDeclared");
  const other = machine("other", 6, {});
  const change = cluster.store.put({ kind: "Pod", object: { ...other, attachments: unknownTo(other) } });
  if (change === undefined) throw new Error("nothing has changed");
  expect(affectedBy(change, cluster.store)).toEqual([{ key: KEY, lane: "status" }]);
  await run(cluster);
  expect(said(cluster, "Exclusive")).toBe("Unknown Undetermined");
});

function unknownTo({ attachments = [] }: Pod) {
  return attachments.map((each) => ({ ...each, status: undefined }));
}

test.each([
  [
    "ovn-k8s-cni-overlay",
    "ProfileNotSet",
    "all plugins read the policies alike; of ping no policy with ports speaks",
  ],
  [
    "macvlan",
    "ProfileNotSet",
    "what it takes out, such as 10.200.0.2/32, mnp-iptables, mnp-nftables take out of other blocks as well",
  ],
  [
    "accelerated-bridge",
    "NotEnforced",
    "by mnp-tc policies are enforced in one direction only, and it is for ingress",
  ],
])(
  "on a network of %s only those that may enforce policies there count",
  async (plugin, enforced, message) => {
    const cluster = clusterWith({
      ...BLOCKS,
      rights: {
        ingress: [
          {
            from: [{ ipBlock: { cidr: "10.200.0.0/30", except: ["10.200.0.2/32"] } }],
            ports: [{ port: 22 }],
          },
        ],
      },
    });
    cluster.store.put({ kind: "NetworkAttachment", object: { ...attachment("none"), plugin } });
    await run(cluster);
    const said = new Map(access(cluster).status?.conditions?.map((each) => [each.type, each]));
    expect([said.get("Enforced")?.reason, said.get("Portable")?.message]).toEqual([enforced, message]);
  },
);
