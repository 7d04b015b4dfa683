import { expect, test } from "vitest";
import { UNTOLD } from "../../model/platform.ts";
import type { Finding, ServiceAccessSpec } from "../../model/service-access.ts";
import type { World } from "../../model/world.ts";
import { servicesOf } from "../../testing/decode-late-cases.ts";
import { readScenarios } from "../../testing/decode-scenarios.ts";
import { profileOf } from "../../testing/expect-late.ts";
import { findings, lines } from "../../testing/findings.ts";
import { accessOf, CLUSTER_DNS, smallWorld } from "../../testing/small-world.ts";
import type { ClusterSketch } from "../../testing/table.ts";
import { simulate } from "../in-memory.ts";

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
  const of = (id: string, profile: string, cloudProvider?: string): readonly Finding[] => {
    const scenes = readScenarios().filter(({ rule }) => rule === id);
    return scenes.flatMap((scene) => {
      const platform = { ...UNTOLD, cloudProvider };
      const world = { ...worldOf(scene), services: servicesOf(scene), platform };
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
          "is a load balancer, and its health checks come from 100.64.0.0/10, which default/access-nginx does not let in on TCP/80: it takes no pod for healthy and sends nobody there, so let them in, by preset LoadBalancerHealthChecks or by ipBlock",
      },
    ]);
    expect(lines(of("K2a", profile))).toHaveLength(1);
    expect(of("K2j", profile)).toEqual([]);
    expect(of("K1a", profile)).toEqual([]);
  }
  expect(of("K2k", "calico")).toEqual([]);
  expect(lines(of("K2k", "calico", "alibaba"))).toEqual(lines(of("K2k", "terway-ebpf")));
  // There the load balancer of a Service asks the nodes, unless it was set up otherwise.
  expect(lines(of("K2k", "calico", "google"))).toEqual([
    "Info LoadBalancerHealthCheckBlocked Service/nginx-slb",
  ]);
  expect(of("K2k", "terway-ebpf", "aws")).toEqual([]);
});
