import { expect, test } from "vitest";
import { compileCluster } from "../../core/evaluator.ts";
import { SPECIFICATION } from "../../core/profile.ts";
import type { Labels } from "../../model/labels.ts";
import type { NetworkPolicySpec } from "../../model/network-policy.ts";
import type { Finding, ServiceAccessSpec } from "../../model/service-access.ts";
import type { World } from "../../model/world.ts";
import { servicesOf } from "../../testing/decode-late-cases.ts";
import { readScenarios } from "../../testing/decode-scenarios.ts";
import { profileOf } from "../../testing/expect-late.ts";
import { accessOf, CLUSTER_DNS, policyOf, smallWorld, type WorldSketch } from "../../testing/small-world.ts";
import type { ClusterSketch } from "../../testing/table.ts";
import { simulate } from "../in-memory.ts";
import { planFor } from "../plan.ts";
import { reachOf } from "../reach.ts";
import { findingsOf } from "./findings.ts";

/** What the status of an object would say whose targets are these pods, before the object has any policies. */
function findings(
  world: World,
  namespace: string,
  target: Labels,
  permits: ServiceAccessSpec["permits"] = { policy: "None" },
  profile = SPECIFICATION,
): readonly Finding[] {
  const access = accessOf(`${namespace}/mine`, {
    target: { podSelector: { matchLabels: target } },
    ports: [{ port: 80 }],
    ...(permits === undefined ? {} : { permits }),
  });
  const evaluator = compileCluster({
    pods: world.pods.values(),
    namespaces: world.namespaces,
    policies: world.policies.values(),
    profile,
  });
  const plan = planFor(access, world);
  const scene = { access, plan, reach: reachOf(access, plan, world, evaluator), world, evaluator };
  return findingsOf(scene).filter(({ type }) => type !== "ClientLabelUnused");
}

function lines(found: readonly Finding[]): readonly string[] {
  return found.map(({ type, severity, object }) => `${severity} ${type} ${object}`);
}

function worldOf({ pods, namespaces = {}, policies = [] }: ClusterSketch): World {
  const detailed = Object.entries(pods).map(
    ([name, pod]) => [name, typeof pod === "string" ? { ips: [pod] } : pod] as const,
  );
  const services = "kube-system/kube-dns" in pods ? CLUSTER_DNS.services : undefined;
  return smallWorld({
    pods: Object.fromEntries(detailed),
    namespaces,
    policies,
    ...(services && { services }),
  });
}

/** Rows of the table of scenarios that ask for a finding: whose pods, and what is said of them in their scenes. */
const ROWS: readonly (readonly [id: string, target: string, found: readonly string[]])[] = [
  ["A1", "abcdesktop run=memcached-od", []],
  ["A10", "abcdesktop run=memcached-od", ["Warning NamespaceLabelUnknown NetworkPolicy/memcached-rights"]],
  ["B8", "abcdesktop type=x11server", ["Info WebRuleReachesCluster NetworkPolicy/ocuser-rights"]],
  [
    "B10",
    "abcdesktop type=x11server",
    [
      "Warning NamespaceLabelUnknown NetworkPolicy/ocuser-rights",
      "Info WebRuleReachesCluster NetworkPolicy/ocuser-rights",
    ],
  ],
  ["C4", "vms kubevirt.io=virt-launcher", ["Warning ExclusionShadowed NetworkPolicy/whitelist"]],
  ["C7", "vms kubevirt.io=virt-launcher", ["Warning IPv6Blocked NetworkPolicy/whitelist"]],
  ["K1a", "default run=nginx", []],
  ["K2f", "default run=nginx", ["Warning HealthCheckCidrTooWide NetworkPolicy/access-nginx"]],
  [
    "K3b",
    "default run=busybox",
    [
      "Warning DNSOverTCPBlocked default/Pod/busybox",
      "Warning ImplicitIngressIsolation NetworkPolicy/busybox-policy",
    ],
  ],
  [
    "K3f",
    "default run=busybox",
    [
      "Warning DNSOverTCPBlocked default/Pod/busybox",
      "Warning ImplicitIngressIsolation NetworkPolicy/busybox-policy",
    ],
  ],
  [
    "L1",
    "default role=db",
    [
      "Warning ExclusionShadowed NetworkPolicy/test-network-policy",
      "Warning PortsDetachedFromPeers NetworkPolicy/test-network-policy",
    ],
  ],
];

/** A row about the scenes of another one. */
const SCENE_OF: Readonly<Record<string, string>> = { L1: "N3" };

test.each(ROWS)("%s: what an object for %s says of the policies there", (id, target, expected) => {
  const [namespace = "", key = "", value = ""] = target.split(/[ =]/);
  const scenes = readScenarios().filter(({ rule }) => rule === (SCENE_OF[id] ?? id));
  const said = scenes.flatMap((scene) => lines(findings(worldOf(scene), namespace, { [key]: value })));
  expect(said).toEqual(expected);
});

/** What the status says once the operator has written the rights, beside the permits and denials of the row. */
async function said(id: string, spec: ServiceAccessSpec): Promise<readonly Finding[]> {
  const [scene] = readScenarios().filter(({ rule }) => rule === id);
  if (scene === undefined) throw new Error(`there is no row ${id}`);
  const world = worldOf(scene);
  const access = accessOf("abcdesktop/mine", spec);
  const { world: after } = await simulate(
    { ...world, accesses: new Map([["abcdesktop/mine", access]]) },
    () => new Date(0),
  );
  const found = after.accesses.get("abcdesktop/mine")?.status?.findings ?? [];
  return found.filter(({ type }) => type === "PermitMissing" || type === "PortAsymmetry");
}

test("A9: a client that its own namespace does not let out", async () => {
  const memcached: ServiceAccessSpec = {
    target: { podSelector: { matchLabels: { run: "memcached-od" } } },
    ports: [{ port: 11211 }],
    rights: {
      ingress: [
        {
          from: [
            { namespaces: ["kube-monitor"], podSelector: { matchLabels: { "netpol/metrics": "true" } } },
          ],
        },
      ],
    },
    permits: { dns: false },
  };
  expect(await said("A9", memcached)).toEqual([
    {
      type: "PermitMissing",
      severity: "Warning",
      object: "kube-monitor/Pod/prom",
      message:
        "is let in on TCP/11211 to abcdesktop/Pod/memcached, but kube-monitor/closed does not let it out: write a policy beside that one which does",
    },
  ]);
  expect(await said("A4", memcached)).toEqual([]);
});

test("B2: a port of the rights that is not in the permits", async () => {
  const desktops = (...ports: readonly number[]): ServiceAccessSpec => ({
    target: { podSelector: { matchLabels: { type: "x11server" } } },
    ports: [{ port: 4714 }, ...ports.map((port) => ({ port }))],
    permits: { policy: "None", label: { key: "netpol/ocuser" } },
  });
  expect(await said("B2", desktops(6081, 8000))).toEqual([
    {
      type: "PortAsymmetry",
      severity: "Warning",
      object: "Pod/client",
      message:
        "is let in on TCP/8000 to abcdesktop/Pod/desktop, but abcdesktop/ocuser-permits lets it out on other ports only: add these there, or take them out of spec.ports",
    },
  ]);
  expect(await said("B2", desktops(6081))).toEqual([]);
});

test("K2k: a load balancer whose health checks nobody lets in, where they come straight to the pods", () => {
  const of = (id: string, profile: string): readonly Finding[] => {
    const scenes = readScenarios().filter(({ rule }) => rule === id);
    return scenes.flatMap((scene) => {
      const world = { ...worldOf(scene), services: servicesOf(scene) };
      const found = findings(world, "default", { run: "nginx" }, { policy: "None" }, profileOf(profile));
      return found.filter(({ type }) => type === "LoadBalancerHealthCheckBlocked");
    });
  };
  for (const profile of ["terway-iptables", "terway-ebpf"]) {
    expect(of("K2k", profile)).toEqual([
      {
        type: "LoadBalancerHealthCheckBlocked",
        severity: "Warning",
        object: "Service/nginx-slb",
        message:
          "is a load balancer, and its health checks come from 100.64.0.0/10, which default/access-nginx does not let in on TCP/80: it takes no pod for healthy and sends nobody there, so let that block in",
      },
    ]);
    expect(lines(of("K2a", profile))).toHaveLength(1);
    expect(of("K2j", profile)).toEqual([]);
    expect(of("K1a", profile)).toEqual([]);
  }
  expect(of("K2k", "calico")).toEqual([]);
});

const PODS = { "shop/db": { ips: ["10.0.0.1"], labels: { app: "db" } }, "web/a": { ips: ["10.0.0.2"] } };

function onDb(spec: Omit<NetworkPolicySpec, "podSelector">, more: WorldSketch = {}): readonly Finding[] {
  const policy = policyOf("shop/by-hand", { podSelector: { matchLabels: { app: "db" } }, ...spec });
  return findings(smallWorld({ pods: PODS, ...more, policies: [policy] }), "shop", { app: "db" });
}

const EVERYONE = { ipBlock: { cidr: "0.0.0.0/0" } };

test("a policy that is written as it should be is not spoken of", () => {
  const to = [EVERYONE];
  expect(onDb({ policyTypes: ["Egress"], egress: [{ to }] })).toEqual([]);
  expect(onDb({ ingress: [{ from: [EVERYONE] }], egress: [{ to }] })).toEqual([]);
  expect(onDb({ ingress: [{ from: [EVERYONE] }] })).toEqual([]);
  expect(onDb({ policyTypes: ["Egress"], egress: [{}] })).toEqual([]);
  expect(onDb({ policyTypes: ["Egress"], egress: [{ ports: [{ port: 5432 }] }] })).toEqual([]);
  expect(onDb({ ingress: [{ from: [{ ipBlock: { cidr: "100.64.0.0/10" } }] }] })).toEqual([]);
  expect(onDb({ ingress: [{ from: [{ ipBlock: { cidr: "100.64.0.0/12" } }] }] })).toEqual([]);
});

test("what a policy does by the way it is written is said with what to do", () => {
  const [implicit] = onDb({ egress: [{ to: [EVERYONE] }] });
  expect(implicit?.message).toBe(
    "has rules for egress only, but no policyTypes, so it lets nobody in either: write policyTypes: [Egress] if that is not meant",
  );
  const [detached] = onDb({
    policyTypes: ["Egress"],
    egress: [{ to: [EVERYONE] }, { ports: [{ port: 1 }] }],
  });
  expect(detached?.message).toBe(
    "has a rule with to and no ports beside one with ports and no to: the peers of the first may be reached on every port, and everyone on those of the second; write both into one rule if they belong together",
  );
  const [web] = onDb({ policyTypes: ["Egress"], egress: [{ ports: [{ port: 443 }] }] });
  expect(web?.message).toContain("lets its pods out on TCP/443 to everyone");
  const [wide] = onDb({ ingress: [{ from: [{ ipBlock: { cidr: "100.0.0.0/9" } }] }] });
  expect(wide?.message).toContain("lets in 100.0.0.0/9");
});

test("a namespace's label that nobody has, among those that policies of others ask for", () => {
  const asking = (labels: Labels, namespaces: WorldSketch["namespaces"]) =>
    lines(
      onDb(
        { ingress: [{ from: [{ namespaceSelector: { matchLabels: labels } }] }] },
        namespaces && { namespaces },
      ),
    );
  const unknown = ["Warning NamespaceLabelUnknown NetworkPolicy/by-hand"];
  expect(asking({ name: "web" }, { web: {} })).toEqual(unknown);
  expect(asking({ name: "web" }, { web: { name: "web" } })).toEqual([]);
  expect(asking({ name: "web" }, { web: "unknown" })).toEqual([]);
  expect(asking({ "kubernetes.io/metadata.name": "later" }, {})).toEqual([]);
});

test("policies of others on other pods, and policies that come of a ServiceAccess, are not spoken of", () => {
  const egress = [{ to: [EVERYONE] }];
  const other = policyOf("shop/by-hand", { podSelector: { matchLabels: { app: "web" } }, egress });
  const managed = policyOf("shop/made", { podSelector: {}, egress });
  const labels = { "app.kubernetes.io/managed-by": "serviceaccess" };
  const made = { ...managed, metadata: { ...managed.metadata, labels } };
  expect(findings(smallWorld({ pods: PODS, policies: [other, made] }), "shop", { app: "db" })).toEqual([]);
});

test("a policy on clients counts as well, and has its namespace before its name where that is another", () => {
  const client = { labels: { "netpol/mine": "true" } };
  const world = smallWorld({
    pods: { ...PODS, "shop/web": client, "web/b": client },
    policies: ["shop/by-hand", "web/by-hand"].map((key) =>
      policyOf(key, { podSelector: { matchLabels: client.labels }, egress: [{ to: [EVERYONE] }] }),
    ),
  });
  const permits = { policy: "None", namespaces: { names: ["web"] } } as const;
  expect(lines(findings(world, "shop", { app: "db" }, permits))).toEqual([
    "Warning ImplicitIngressIsolation NetworkPolicy/by-hand",
    "Warning ImplicitIngressIsolation web/NetworkPolicy/by-hand",
  ]);
});

const block = (cidr: string, ...except: readonly string[]) => ({ ipBlock: { cidr, except } });
const TO_WORLD = { to: [block("0.0.0.0/0", "10.0.0.0/8")], ports: [{ port: 443 }] };

test("what one rule takes out and another lets through, without speaking of it", () => {
  const shadowed = (...egress: NonNullable<NetworkPolicySpec["egress"]>) =>
    onDb({ policyTypes: ["Egress"], egress: [TO_WORLD, ...egress] })
      .filter(({ type }) => type === "ExclusionShadowed")
      .map(({ message }) => message);
  const message = (ports: string) =>
    `takes 10.0.0.0/8 out of 0.0.0.0/0, but another of its rules lets it through on ${ports}: rules add up, so take it out there as well`;
  expect(shadowed({ to: [block("0.0.0.0/0")], ports: [{ protocol: "UDP", port: 443 }] })).toEqual([
    message("UDP/443"),
  ]);
  expect(shadowed({ to: [block("0.0.0.0/0")] })).toEqual([message("every port")]);
  expect(shadowed({ ports: [{ port: 443 }, { port: 80 }] })).toEqual([message("TCP/80, TCP/443")]);
  expect(shadowed({ to: [block("8.0.0.0/6")], ports: [{ port: "web" }] })).toEqual([
    message("its named ports"),
  ]);
  // Meant: the DNS of everyone, these very addresses or some of them, and pods.
  expect(shadowed()).toEqual([]);
  expect(shadowed({ ports: [{ protocol: "UDP", port: 53 }] })).toEqual([]);
  expect(shadowed({ to: [block("10.0.0.0/8")] }, { to: [block("10.1.0.0/16")] })).toEqual([]);
  expect(shadowed({ to: [{ podSelector: {} }] })).toEqual([]);
  expect(shadowed({ to: [block("0.0.0.0/0", "10.0.0.0/8")] })).toEqual([]);
});

test("a family that is left closed by a block of the other one", () => {
  const pods = { "shop/db": { ips: ["10.0.0.1", "2001:db8::1"], labels: { app: "db" } } };
  const blocked = (spec: Omit<NetworkPolicySpec, "podSelector">, more: WorldSketch = { pods }) =>
    onDb(spec, more)
      .filter(({ type }) => type === "IPv6Blocked")
      .map(({ message }) => message);
  const egress = (...to: readonly ReturnType<typeof block>[]) => ({
    policyTypes: ["Egress"] as const,
    egress: [{ to }],
  });
  expect(blocked(egress(block("0.0.0.0/0")))).toEqual([
    "opens 0.0.0.0/0, which is IPv4 only, while its pods have IPv6 addresses, too: by those they reach nobody outside; add ::/0 if that is not meant",
  ]);
  expect(blocked({ ingress: [{ from: [block("0.0.0.0/0")] }] })).toHaveLength(1);
  expect(blocked(egress(block("0.0.0.0/0"), block("::/0")))).toEqual([]);
  expect(blocked(egress(block("10.0.0.0/8")))).toEqual([]);
  expect(blocked(egress(block("0.0.0.0/0")), { pods: PODS })).toEqual([]);
});
