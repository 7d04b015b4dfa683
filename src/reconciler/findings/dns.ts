import { parseRange, rangeText } from "../../core/addresses.ts";
import { check } from "../../core/check.ts";
import type { FlowPort } from "../../core/answer.ts";
import { classesOf } from "../../core/classes.ts";
import type { Evaluator } from "../../core/evaluator.ts";
import { isNodeLocal } from "../../core/node-local.ts";
import type { Finding } from "../../model/service-access.ts";
import type { Pod, ServicePort, World } from "../../model/world.ts";
import { clusterDns } from "../../generator/cluster-dns.ts";
import { offersAnything } from "../../generator/references.ts";
import { intentOf } from "../../generator/intent.ts";
import { selectedPods } from "../parties.ts";
import { workloadOf } from "../workloads.ts";
import type { Scene } from "./findings.ts";

export function dnsFindings(scene: Scene): readonly Finding[] {
  return [...strandedHolders(scene), ...withoutTcp(scene), ...withoutCache(scene)];
}

/** A permit isolates its holders for egress; holders that cannot ask the cluster's DNS are stranded. */
function strandedHolders(scene: Scene): readonly Finding[] {
  const servers = dnsPods(scene.world);
  const [server] = servers;
  const { permits } = intentOf(scene.access);
  if (server === undefined || !permits.generate || !offersAnything(scene.access, scene.plan.references))
    return [];
  const stranded = classesOf(scene.evaluator, scene.reach.clients)
    .filter(({ pod }) => !mayAsk("UDP", scene, pod, server))
    .flatMap(({ members }) => members);
  return workloadsOf(stranded, scene).map((object) => ({
    type: "DNSBlocked",
    severity: "Warning",
    object,
    message:
      "holds the permit but cannot ask the cluster's DNS: set permits.dns, or give it another permit for DNS",
  }));
}

export function dnsPods(world: World): readonly Pod[] {
  const service = clusterDns(world);
  const labels = service?.selector;
  if (service === undefined || labels === undefined || Object.keys(labels).length === 0) return [];
  return selectedPods(world, service.namespace, { matchLabels: labels });
}

/** What is longer than a datagram is asked for again over TCP: names with many addresses fail, and the others do not. */
function withoutTcp(scene: Scene): readonly Finding[] {
  const { evaluator, reach, world } = scene;
  const [server] = dnsPods(world);
  if (server === undefined || dnsEntry("TCP", world) === undefined) return [];
  const half = classesOf(evaluator, new Set([...reach.targets, ...reach.clients]))
    .filter(({ pod }) => mayAsk("UDP", scene, pod, server) && !mayAsk("TCP", scene, pod, server))
    .flatMap(({ members }) => members);
  return workloadsOf(half, scene).map((object) => ({
    type: "DNSOverTCPBlocked",
    severity: "Warning",
    object,
    message:
      "may ask the cluster's DNS over UDP, but not over TCP, which long answers need: open the same port of TCP, too",
  }));
}

/** Where a cache runs on each node, pods ask there first, and some of their resolvers nowhere else. */
function withoutCache(scene: Scene): readonly Finding[] {
  const { plan, reach, evaluator } = scene;
  const { dns } = plan.references;
  if (dns.kind !== "found" && dns.kind !== "kept") return [];
  const caches = dns.dns.addresses.flatMap((address) => parseRange(address) ?? []).filter(isNodeLocal);
  return caches.flatMap((address) => {
    const cache = { kind: "address", address } as const;
    const asked = classesOf(evaluator, reach.clients).map(({ pod, members }) => ({
      members: [...members],
      verdict: check(evaluator, { kind: "pod", pod }, cache, { protocol: "UDP", port: 53 }).verdict,
    }));
    const doubtful = asked.filter(({ verdict }) => verdict === "Unknown").flatMap(({ members }) => members);
    return workloadsOf(doubtful, scene).map((object) => cacheFinding(object, rangeText(address), evaluator));
  });
}

function cacheFinding(object: string, cache: string, { profile }: Evaluator): Finding {
  return {
    type: "DNSCacheUndetermined",
    severity: "Info",
    object,
    message: `may ask the cache for names on its node at ${cache} by an address block, which ${profile.name} holds against no node: it may take an object of the plugin's own to let it through`,
  };
}

function workloadsOf(pods: readonly Pod[], { world }: Scene): readonly string[] {
  return [...new Set(pods.map((pod) => `${pod.namespace}/${workloadOf(pod, world)}`))].toSorted();
}

/** UDP is what resolvers use first; whoever gets an answer there is not stranded. */
function mayAsk(protocol: DnsProtocol, { evaluator, world }: Scene, client: Pod, server: Pod): boolean {
  const { verdict } = check(
    evaluator,
    { kind: "pod", pod: client },
    { kind: "pod", pod: server },
    dnsPort(protocol, world, server),
  );
  return verdict !== "Denied";
}

type DnsProtocol = "UDP" | "TCP";

/** The pods' port behind the Service's port 53, by number or by name. */
function dnsPort(protocol: DnsProtocol, world: World, server: Pod): FlowPort {
  const target = dnsEntry(protocol, world)?.targetPort ?? 53;
  const named = server.ports.find((port) => port.name === target && port.protocol === protocol);
  return { protocol, port: typeof target === "number" ? target : (named?.number ?? 53) };
}

function dnsEntry(protocol: DnsProtocol, world: World): ServicePort | undefined {
  return clusterDns(world)?.ports.find((port) => port.port === 53 && port.protocol === protocol);
}
