import fc from "fast-check";
import { expect, test } from "vitest";
import { check } from "../core/check.ts";
import type { Evaluator } from "../core/evaluator.ts";
import { viewOf } from "../core/network-view.ts";
import { networkOf } from "../core/networks.ts";
import type { PodAttachment } from "../model/network-attachment.ts";
import type { NetworkPolicySpec } from "../model/network-policy.ts";
import type { World } from "../model/world.ts";
import { accessOf } from "../testing/small-world.ts";
import { namespaceOf, podOf } from "../testing/table.ts";
import { createStore, type Store, type Stored, type StoredKind, storeOf } from "./store.ts";

/** More, or others: `RANDOM_CLUSTERS=5000 RANDOM_SEED=7 vitest run networks`. */
const numRuns = Math.ceil(Number(process.env["RANDOM_CLUSTERS"] ?? 300) / 3);
const seed = Number(process.env["RANDOM_SEED"] ?? 20_261_121);
const unhurried = { timeout: 3_600_000 };

const DEFINITIONS = ["x/net", "x/other"];

test("a network that is followed answers as one that is put together anew", unhurried, () => {
  const law = fc.property(fc.array(event(), { minLength: 20, maxLength: 60, size: "max" }), (events) => {
    const store = createStore();
    for (const definition of DEFINITIONS) store.evaluator(definition);
    for (const each of events) {
      const before = DEFINITIONS.map((definition) => followed(store, definition));
      const ids = DEFINITIONS.map((definition) => networkOf(definition, store.world));
      const change = each.act === "put" ? store.put(each.item) : store.remove(...keyOf(each.item));
      for (const [i, definition] of DEFINITIONS.entries()) {
        const after = followed(store, definition);
        expect(after).toEqual(anew(store.world, definition));
        const isTold = ids.some((id) => change?.networks?.includes(id) === true);
        if (JSON.stringify(after) !== JSON.stringify(before[i])) expect(isTold).toBe(true);
      }
    }
  });
  fc.assert(law, { numRuns, seed });
});

test("of a network that nobody asked about no change is told", () => {
  const store = createStore();
  const pod = { ...podOf("x/a", "10.244.0.1"), attachments: [attachment({ definition: "x/net" })] };
  expect(store.put({ kind: "Pod", object: pod })?.networks).toBeUndefined();
  expect([...store.worldOn("x/net").pods.keys()]).toEqual(["x/a"]);
  expect(store.remove("Pod", "x/a")?.networks).toEqual(["x/net"]);
});

test("a namespace is known on a network by what it says of itself, now and later", () => {
  const store = createStore();
  const object = {
    namespace: "x",
    name: "net",
    network: "x/net",
    plugin: "macvlan",
    ipam: "subnets" as const,
    subnets: [],
  };
  const spec = {
    podSelector: {},
    ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: "t" } } }] }],
  };
  store.put({ kind: "NetworkAttachment", object });
  store.put(policyOf("x/p", "x/net", spec));
  for (const key of ["x/a", "y/c"]) {
    const attachments = [attachment({ definition: "x/net", status: ["10.0.0.1"] })];
    store.put({ kind: "Pod", object: { ...podOf(key, "10.244.0.1"), attachments } });
  }
  const verdicts = [undefined, {}, { team: "t" }].map((labels) => {
    if (labels !== undefined) store.put({ kind: "Namespace", object: namespaceOf("y", labels) });
    return verdictOn(store, "x/net", "y/c", "x/a");
  });
  expect(verdicts).toEqual(["Unknown", "Denied", "Allowed"]);
  expect(verdictOn(storeOf(store.world), "x/net", "y/c", "x/a")).toBe("Allowed");
});

function verdictOn(store: Store, network: string, from: string, to: string): string | undefined {
  const { pods } = store.worldOn(network);
  const [source, target] = [pods.get(from), pods.get(to)];
  if (source === undefined || target === undefined) return undefined;
  const ends = [
    { kind: "pod", pod: source },
    { kind: "pod", pod: target },
  ] as const;
  return check(store.evaluator(network), ...ends, { protocol: "TCP", port: 80 }).verdict;
}

interface Event {
  readonly act: "put" | "remove";
  readonly item: Stored;
}

/** Everybody's verdicts on everybody, and everybody's addresses. */
function followed(store: Store, definition: string): unknown {
  return seen(store.worldOn(definition), store.evaluator(definition));
}

function anew(world: World, definition: string): unknown {
  const view = viewOf(networkOf(definition, world), world);
  return seen(view.world, view.engine);
}

function seen({ pods, policies }: World, evaluator: Evaluator): unknown {
  const sorted = [...pods.values()].toSorted((a, b) => (a.uid < b.uid ? -1 : 1));
  const verdicts = sorted.map((from) =>
    sorted.map((to) => {
      const ends = [
        { kind: "pod", pod: from },
        { kind: "pod", pod: to },
      ] as const;
      const { verdict, reason } = check(evaluator, ...ends, { protocol: "TCP", port: 80 });
      return `${verdict}: ${reason}`;
    }),
  );
  return {
    verdicts,
    pods: sorted.map((pod) => [pod.uid, pod.addresses]),
    policies: [...policies.keys()].toSorted(),
  };
}

function event(): fc.Arbitrary<Event> {
  const items = [
    pod(),
    pod(),
    definition(),
    policy(),
    policy(),
    namespace(),
    claim(),
    machine(),
    declared(),
    unread(),
  ];
  return fc.record({ act: fc.constantFrom("put", "put", "put", "remove"), item: fc.oneof(...items) });
}

function pod(): fc.Arbitrary<Stored> {
  const some = fc.record({
    definition: fc.constantFrom(...DEFINITIONS),
    claim: fc.constantFrom("", "kept"),
    status: fc.constantFrom(undefined, [], ["10.0.0.1"], ["10.0.0.9"]),
  });
  return fc
    .record({
      name: fc.constantFrom("x/a", "x/b", "y/c"),
      labels: fc.constantFrom({ role: "a" }, { role: "b", kubevirt: "x" }),
      attachments: fc.array(some, { maxLength: 2 }),
    })
    .map(({ name, labels, attachments }): Stored => {
      const isMachine = "kubevirt" in labels;
      const object = {
        ...podOf(name, {
          ips: ["10.244.0.1"],
          labels: isMachine ? { ...labels, "kubevirt.io": "virt-launcher" } : labels,
        }),
        ...(isMachine ? { owner: { kind: "VirtualMachineInstance", name: "vm" } } : {}),
        ...(attachments.length === 0 ? {} : { attachments: attachments.map(attachment) }),
      };
      return { kind: "Pod", object };
    });
}

function attachment(given: Partial<PodAttachment> & Pick<PodAttachment, "definition">): PodAttachment {
  return { interface: "", mac: "", claim: "", requested: [], status: undefined, ...given };
}

function definition(): fc.Arbitrary<Stored> {
  return fc
    .record({
      name: fc.constantFrom("net", "other"),
      network: fc.constantFrom("shared", undefined),
      ipam: fc.constantFrom("none" as const, "subnets" as const, "unknown" as const),
    })
    .map(({ name, network = `x/${name}`, ipam }): Stored => {
      const object = { namespace: "x", name, network, plugin: "ovn-k8s-cni-overlay", ipam, subnets: [] };
      return { kind: "NetworkAttachment", object };
    });
}

const SPECS: readonly NetworkPolicySpec[] = [
  { podSelector: {}, policyTypes: ["Ingress"] },
  { podSelector: { matchLabels: { role: "a" } } },
  { podSelector: {}, ingress: [{ from: [{ podSelector: { matchLabels: { role: "b" } } }] }] },
  { podSelector: {}, ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: "t" } } }] }] },
  { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/29" } }] }] },
];

function policy(): fc.Arbitrary<Stored> {
  return fc
    .record({
      name: fc.constantFrom("p", "q"),
      namespace: fc.constantFrom("x", "y"),
      policyFor: fc.constantFrom("x/net", "x/other", "x/net, x/other", ""),
      spec: fc.constantFrom(...SPECS),
    })
    .map(({ name, namespace, policyFor, spec }) => policyOf(`${namespace}/${name}`, policyFor, spec));
}

function policyOf(key: string, policyFor: string, spec: NetworkPolicySpec): Stored {
  const [namespace = "", name = ""] = key.split("/");
  const metadata = { namespace, name, annotations: { "k8s.v1.cni.cncf.io/policy-for": policyFor } };
  const object = {
    apiVersion: "k8s.cni.cncf.io/v1beta1",
    kind: "MultiNetworkPolicy",
    metadata,
    spec,
  } as const;
  return { kind: "MultiNetworkPolicy", object };
}

function namespace(): fc.Arbitrary<Stored> {
  return fc
    .record({ name: fc.constantFrom("x", "y", "z"), labels: fc.constantFrom({}, { team: "t" }) })
    .map(({ name, labels }): Stored => ({ kind: "Namespace", object: namespaceOf(name, labels) }));
}

function claim(): fc.Arbitrary<Stored> {
  return fc.constantFrom([], ["10.0.0.2"], ["10.0.0.20"]).map((addresses): Stored => {
    return { kind: "IPAMClaim", object: { namespace: "x", name: "kept", network: "shared", addresses } };
  });
}

function machine(): fc.Arbitrary<Stored> {
  return fc.constantFrom(["10.0.0.3"], ["10.0.0.30", "fe80::1"], ["nothing"]).map((addresses): Stored => {
    const network = { kind: "multus", attachment: "x/net", isDefault: false } as const;
    const nic = { name: "net", binding: "bridge", mac: "", ports: [], network } as const;
    return {
      kind: "VirtualMachineInstance",
      object: {
        kind: "VirtualMachineInstance",
        namespace: "x",
        name: "vm",
        uid: "vm",
        labels: {},
        owner: undefined,
        selector: undefined,
        template: { labels: {}, hostNetwork: false, ports: [] },
        replicas: 1,
        hostname: "vm",
        interfaces: [nic],
        cloudInit: [],
        node: "",
        activePods: [],
        migratesBridged: false,
        reported: [{ name: "net", mac: "", addresses, sources: ["domain", "guest-agent"] }],
      },
    };
  });
}

function declared(): fc.Arbitrary<Stored> {
  return fc.constantFrom(undefined, "10.0.0.4", "10.0.0.40").map((address): Stored => {
    const endpoints = [{ podSelector: { matchLabels: { role: "a" } }, addresses: [address ?? ""] }] as const;
    const network = { name: "net", ...(address === undefined ? {} : { endpoints }) };
    return { kind: "ServiceAccess", object: accessOf("x/svc", { network }) };
  });
}

function unread(): fc.Arbitrary<Stored> {
  return fc.constantFrom("x", "y").map((namespaceName): Stored => {
    const object = { kind: "MultiNetworkPolicy", namespace: namespaceName, name: "u", reason: "is not one" };
    return { kind: "Unreadable", object };
  });
}

function keyOf({ kind, object }: Stored): [StoredKind, string] {
  if (kind === "Unreadable") return [kind, `MultiNetworkPolicy ${object.namespace}/${object.name}`];
  if (kind === "Namespace") return [kind, object.name];
  const { namespace: home, name } = "metadata" in object ? object.metadata : { namespace: "", ...object };
  return [kind, `${home}/${name}`];
}
