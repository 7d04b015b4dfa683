import { expect, test } from "vitest";
import type { Labels } from "../../model/labels.ts";
import type { NetworkPolicySpec, PolicyPeer } from "../../model/network-policy.ts";
import type { Finding } from "../../model/service-access.ts";
import { findings, lines } from "../../testing/findings.ts";
import { policyOf, smallWorld, type WorldSketch } from "../../testing/small-world.ts";

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

test("a label beside whole namespaces, where nobody at home carries it", () => {
  const dns = { podSelector: { matchLabels: { "k8s-app": "kube-dns" } } };
  const system = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } };
  const said = (to: readonly PolicyPeer[], more: WorldSketch = {}) =>
    onDb({ policyTypes: ["Egress"], egress: [{ to, ports: [{ port: 53, protocol: "UDP" }] }] }, more);
  const [detached, ...rest] = said([dns, system]);
  expect(detached).toEqual({
    type: "SelectorsDetached",
    severity: "Warning",
    object: "NetworkPolicy/by-hand",
    message:
      "has a peer with namespaceSelector only, which is every pod of those namespaces, beside one with podSelector only, which is pods of shop with k8s-app=kube-dns, of which there are none: write both into one peer if both are meant of the same pods",
  });
  expect(rest).toEqual([]);
  expect(said([{ ...dns, ...system }])).toEqual([]);
  expect(said([dns])).toEqual([]);
  expect(said([system])).toEqual([]);
  expect(said([dns, { namespaceSelector: {} }])).toEqual([]);
  const own = { "shop/dns": { ips: ["10.0.0.3"], labels: { "k8s-app": "kube-dns" } } };
  expect(said([dns, system], { pods: { ...PODS, ...own } })).toEqual([]);
});
