import { keyText } from "../model/key.ts";
import type { LabelSelector } from "../model/network-policy.ts";
import type { Port, Target } from "../model/service-access.ts";
import { type Service, workloadKey, type World } from "../model/world.ts";
import { canonicalSelector } from "./canonical.ts";
import { machineSelector, machinesSelector } from "./machines.ts";
import type { Unresolved } from "./peers.ts";

/** The pods that an object is about, and the ports that they are known to have. */
export type TargetReference =
  | { readonly kind: "none" }
  | { readonly kind: "found"; readonly selector: LabelSelector; readonly ports: readonly Port[] }
  | { readonly kind: "missing"; readonly why: Unresolved };

export function resolveTarget(target: Target, namespace: string, world: World): TargetReference {
  if (Object.values(target).filter((each) => each !== undefined).length > 1)
    return missing("InvalidSpec", "target names more than one thing: keep the one you mean");
  if (target.podSelector !== undefined) return found(target.podSelector, []);
  if (target.service !== undefined) return resolveService(namespace, target.service.name, world);
  if (target.workload !== undefined) {
    const { kind, name } = target.workload;
    const selector = world.workloads.get(workloadKey(namespace, target.workload))?.selector;
    if (selector !== undefined) return found(selector, []);
    return missing("WorkloadNotFound", `target.workload: there is no ${kind} ${namespace}/${name}`);
  }
  if (target.virtualMachines !== undefined) return found(machinesSelector(target.virtualMachines), []);
  if (target.virtualMachine !== undefined) {
    const selector = machineSelector({ namespace, name: target.virtualMachine.name }, world);
    return "reason" in selector ? { kind: "missing", why: selector } : found(selector, []);
  }
  return missing("InvalidSpec", `target names nothing: say one of ${TARGETS.join(", ")}`);
}

const TARGETS = ["podSelector", "service", "workload", "virtualMachine", "virtualMachines"];

/** The Service's exact selector and its target ports: what kube-proxy sends to the pods. */
function resolveService(namespace: string, name: string, world: World): TargetReference {
  const service = world.services.get(keyText({ namespace, name }));
  if (service === undefined) {
    return missing("ServiceNotFound", `target.service: there is no Service ${namespace}/${name}`);
  }
  if (!hasSelector(service)) {
    return missing(
      "ServiceWithoutSelector",
      `target.service: Service ${namespace}/${name} selects no pods itself; use target.podSelector`,
    );
  }
  return found({ matchLabels: service.selector }, targetPorts(service));
}

/** A Service with an empty selector has no pods of its own; as a podSelector it would mean all of them. */
export function hasSelector(
  service: Service,
): service is Service & { readonly selector: Readonly<Record<string, string>> } {
  return service.selector !== undefined && Object.keys(service.selector).length > 0;
}

export function targetPorts(service: Service): readonly Port[] {
  return service.ports.map(({ protocol, targetPort }) => ({ protocol, port: targetPort }));
}

function found(selector: LabelSelector, ports: readonly Port[]): TargetReference {
  return { kind: "found", selector: canonicalSelector(selector), ports };
}

function missing(reason: string, message: string): TargetReference {
  return { kind: "missing", why: { reason, message } };
}
