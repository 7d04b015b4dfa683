import type { Endpoint } from "../../core/endpoint.ts";
import { connections } from "../../core/check.ts";
import { isSubset, portSet } from "../../core/ports.ts";
import { LAUNCHER_LABEL } from "../../model/launcher.ts";
import type { Finding } from "../../model/service-access.ts";
import type { Pod } from "../../model/world.ts";
import { workloadOf } from "../workloads.ts";
import type { Scene } from "./findings.ts";

/**
 * Machines move over connections between the virt-handlers of two nodes, on whatever port the other one listens. Policies in
 * the namespaces of the machines have no part in it; one in KubeVirt's own can close it.
 */
export function migrationFindings({ reach, world, evaluator }: Scene): readonly Finding[] {
  const handlers = reach.targets.filter(({ labels }) => labels[LAUNCHER_LABEL] === "virt-handler");
  const [from, ...others] = handlers;
  const isClosed = others.some((to) => from !== undefined && !(isOpen(from, to) && isOpen(to, from)));
  if (from === undefined || !isClosed) return [];
  const message =
    "its pods do not reach each other on every port of TCP, and so no virtual machine can migrate: let them, by a rule for pods with kubevirt.io=virt-handler and all ports of TCP, in both directions where both are isolated";
  return [{ type: "VMMigrationBlocked", severity: "Warning", object: workloadOf(from, world), message }];

  function isOpen(source: Pod, destination: Pod): boolean {
    const { allowed } = connections(evaluator, podEnd(source), podEnd(destination));
    return isSubset(portSet("TCP"), allowed);
  }
}

function podEnd(pod: Pod): Endpoint {
  return { kind: "pod", pod };
}
