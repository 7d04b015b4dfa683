import { keyText } from "../model/key.ts";
import { NAMESPACE_NAME_LABEL } from "../model/labels.ts";
import type { NonEmpty } from "../model/nonempty.ts";
import type { LabelSelector, PolicyPeer, RulePeers, RulePorts } from "../model/network-policy.ts";
import type { AccessEgressRule, Port, ServiceAccess, Target } from "../model/service-access.ts";
import { type Service, workloadKey, type World } from "../model/world.ts";
import { canonicalSelector } from "./canonical.ts";
import { clusterDns } from "./cluster-dns.ts";
import { type Elsewhere, elsewhereOf } from "./elsewhere.ts";
import { intentOf } from "./intent.ts";
import { machineSelector, machinesSelector } from "./machines.ts";
import { type NetworkReference, resolveNetwork } from "./network.ts";
import type { Unresolved } from "./peers.ts";
import { rulePorts } from "./ports.ts";

/** What an object refers to, looked up in the cluster as it is now. */
export interface References {
  readonly target: TargetReference;
  readonly dns: DnsReference;
  readonly elsewhere: Elsewhere;
  readonly network: NetworkReference;
}

export type TargetReference =
  | { readonly kind: "none" }
  | { readonly kind: "found"; readonly selector: LabelSelector; readonly ports: readonly Port[] }
  | { readonly kind: "missing"; readonly why: Unresolved };

export type DnsReference =
  | { readonly kind: "unused" }
  | { readonly kind: "found"; readonly service: string; readonly peers: RulePeers; readonly ports: RulePorts }
  | { readonly kind: "missing"; readonly why: Unresolved };

export function resolve(access: ServiceAccess, world: World): References {
  const { target } = access.spec;
  const resolved = target === undefined ? NO_TARGET : resolveTarget(target, access.metadata.namespace, world);
  const dns = asksForDns(access, resolved) ? resolveDns(world) : UNUSED;
  return {
    target: resolved,
    dns,
    elsewhere: elsewhereOf(access, world),
    network: resolveNetwork(access, world),
  };
}

const NO_TARGET: TargetReference = { kind: "none" };
const UNUSED: DnsReference = { kind: "unused" };

/** Whether holders of the label get anywhere; an object without ports, such as a default deny, has no use for it. */
export function offersAnything({ spec }: ServiceAccess, { target }: Pick<References, "target">): boolean {
  if (target.kind === "none") return true;
  return (spec.ports ?? []).length > 0 || (target.kind === "found" && target.ports.length > 0);
}

/** Whether anyone is named who should get anywhere, be it by a rule with sources and ports of its own. */
export function namesAnyone(access: ServiceAccess, references: Pick<References, "target">): boolean {
  return offersAnything(access, references) || (access.spec.rights?.ingress ?? []).length > 0;
}

function resolveTarget(target: Target, namespace: string, world: World): TargetReference {
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
function hasSelector(
  service: Service,
): service is Service & { readonly selector: Readonly<Record<string, string>> } {
  return service.selector !== undefined && Object.keys(service.selector).length > 0;
}

function targetPorts(service: Service): readonly Port[] {
  return service.ports.map(({ protocol, targetPort }) => ({ protocol, port: targetPort }));
}

/** The pods' ports behind port 53; the Service of CoreDNS also shows its metrics, which nobody asked for. */
function dnsPorts(service: Service): readonly Port[] {
  return targetPorts({ ...service, ports: service.ports.filter((port) => port.port === 53) });
}

function resolveDns(world: World): DnsReference {
  const service = clusterDns(world);
  const ports = service === undefined ? undefined : rulePorts(dnsPorts(service));
  if (service === undefined || !hasSelector(service) || ports === undefined) {
    const message =
      "no Service kube-system/kube-dns with a selector and port 53: the rule for the cluster DNS is left out";
    return { kind: "missing", why: { reason: "DNSNotFound", message } };
  }
  const peers: NonEmpty<PolicyPeer> = [
    {
      podSelector: canonicalSelector({ matchLabels: service.selector }),
      namespaceSelector: { matchLabels: { [NAMESPACE_NAME_LABEL]: service.namespace } },
    },
  ];
  return { kind: "found", service: keyText(service), peers, ports };
}

function asksForDns(access: ServiceAccess, target: TargetReference): boolean {
  const { egress, permits } = intentOf(access);
  if ([...egress, ...permits.egress].some(isDnsRule)) return true;
  return permits.generate && permits.dns && offersAnything(access, { target });
}

/** The cluster's DNS has ports of its own, so the preset stands alone in its rule. */
export function isDnsRule(rule: AccessEgressRule): boolean {
  return rule.to.length === 1 && rule.to.every((peer) => peer.preset === "ClusterDNS");
}

function found(selector: LabelSelector, ports: readonly Port[]): TargetReference {
  return { kind: "found", selector: canonicalSelector(selector), ports };
}

function missing(reason: string, message: string): TargetReference {
  return { kind: "missing", why: { reason, message } };
}
