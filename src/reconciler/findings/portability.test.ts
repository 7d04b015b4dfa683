import { expect, test } from "vitest";
import { profileNamed, SPECIFICATION } from "../../core/profile.ts";
import type { NetworkPolicySpec } from "../../model/network-policy.ts";
import type { World } from "../../model/world.ts";
import { findings, lines } from "../../testing/findings.ts";
import { policyOf, smallWorld } from "../../testing/small-world.ts";

const PODS = { "shop/db": { ips: ["10.0.0.1"], labels: { app: "db" } }, "web/a": { ips: ["10.0.0.2"] } };

function worldWith(...specs: readonly NetworkPolicySpec[]): World {
  return smallWorld({ pods: PODS, policies: specs.map((spec, n) => policyOf(`shop/by-hand-${n}`, spec)) });
}

function said(profile: string, world: World): readonly string[] {
  return lines(
    findings(world, "shop", { app: "db" }, { policy: "None" }, profileNamed(profile) ?? SPECIFICATION),
  );
}

const DB = { matchLabels: { app: "db" } };
const NAMED = worldWith({ podSelector: DB, ingress: [{ ports: [{ port: "web" }] }] });
const RANGE = worldWith({ podSelector: DB, ingress: [{ ports: [{ port: 80, endPort: 90 }] }] });
const BLOCK = worldWith({ podSelector: DB, ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }] });

test.each<readonly [profile: string, world: World, found: readonly string[]]>([
  ["ovn-kubernetes", NAMED, ["Warning NamedPortNotPortable NetworkPolicy/by-hand-0"]],
  ["calico", NAMED, []],
  ["specification", NAMED, []],
  ["terway-ebpf", RANGE, ["Warning EndPortNotPortable NetworkPolicy/by-hand-0"]],
  ["terway-iptables", RANGE, []],
  ["cilium", BLOCK, ["Info IPBlockCoversPods NetworkPolicy/by-hand-0"]],
  ["specification", BLOCK, ["Info IPBlockCoversPods NetworkPolicy/by-hand-0"]],
  ["antrea", BLOCK, ["Warning ICMPNotPortable NetworkPolicy/by-hand-0"]],
  ["azure-npm", BLOCK, []],
  ["kube-router", RANGE, ["Info PingNotPoliced shop/mine"]],
])("with %s, of policies that others wrote", (profile, world, found) => {
  expect(said(profile, world)).toEqual(found);
});

test("more policies than a plugin is advised to have", () => {
  const full = worldWith(
    ...Array.from({ length: 101 }, () => ({ podSelector: { matchLabels: { app: "x" } } })),
  );
  expect(said("terway-iptables", full)).toEqual(["Info TooManyPolicies shop/mine"]);
  expect(said("calico", full)).toEqual([]);
  const policies = new Map([...full.policies].slice(1));
  expect(said("terway-iptables", { ...full, policies })).toEqual([]);
});
