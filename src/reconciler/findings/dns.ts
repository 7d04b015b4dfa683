import { check } from "../../core/check.ts";
import type { FlowPort } from "../../core/answer.ts";
import { classesOf } from "../../core/classes.ts";
import type { Finding } from "../../model/service-access.ts";
import type { Pod, World } from "../../model/world.ts";
import { clusterDns, offersAnything } from "../../generator/references.ts";
import { intentOf } from "../../generator/intent.ts";
import { selectedPods } from "../parties.ts";
import { workloadOf } from "../workloads.ts";
import type { Scene } from "./findings.ts";

/** A permit isolates its holders for egress; holders that cannot ask the cluster's DNS are stranded. */
export function dnsFindings(scene: Scene): readonly Finding[] {
  const servers = dnsPods(scene.world);
  const [server] = servers;
  const { permits } = intentOf(scene.access);
  if (server === undefined || !permits.generate || !offersAnything(scene.access, scene.plan.references))
    return [];
  const stranded = classesOf(scene.evaluator, scene.reach.clients)
    .filter((group) => !asks(scene, group.pod, server))
    .flatMap((group) => group.members.map((pod) => `${pod.namespace}/${workloadOf(pod, scene.world)}`));
  return [...new Set(stranded)].toSorted().map((object) => ({
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

/** UDP is what resolvers use first; whoever gets an answer there is not stranded. */
function asks({ evaluator, world }: Scene, client: Pod, server: Pod): boolean {
  const { verdict } = check(
    evaluator,
    { kind: "pod", pod: client },
    { kind: "pod", pod: server },
    dnsPort(world, server),
  );
  return verdict !== "Denied";
}

/** The pods' port behind the Service's port 53, by number or by name. */
function dnsPort(world: Scene["world"], server: Pod): FlowPort {
  const entry = clusterDns(world)?.ports.find((port) => port.protocol === "UDP");
  const target = entry?.targetPort ?? 53;
  const named = server.ports.find((port) => port.name === target && port.protocol === "UDP");
  return { protocol: "UDP", port: typeof target === "number" ? target : (named?.number ?? 53) };
}
