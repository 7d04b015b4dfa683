import { intentOf } from "../../generator/intent.ts";
import { offersAnything } from "../../generator/references.ts";
import { keyText } from "../../model/key.ts";
import type { Finding, Permits, Port } from "../../model/service-access.ts";
import type { Pod, Service, ServicePort } from "../../model/world.ts";
import { inNamespace } from "../located.ts";
import { selectorText } from "../selector-text.ts";
import { workloadOf } from "../workloads.ts";
import type { Scene } from "./findings.ts";

/** What is odd about the pods that the object protects. */
export function targetFindings(scene: Scene): readonly Finding[] {
  if (scene.reach.selector === undefined) return [];
  return [
    ...emptyTarget(scene),
    ...nothingOffered(scene),
    ...selfClients(scene),
    ...hostNetwork(scene),
    ...servicePorts(scene),
    ...lostPorts(scene),
  ];
}

function emptyTarget({ access, reach }: Scene): readonly Finding[] {
  if (reach.targets.length > 0) return [];
  return [
    {
      type: "SelectorMatchesNothing",
      severity: "Warning",
      object: keyText(access.metadata),
      message: `the target ${selectorText(reach.selector ?? {})} selects no running pod: compare it with the labels of the pod template`,
    },
  ];
}

/** An object that isolates and offers nothing is a default deny; one that speaks of clients must have meant a port. */
function nothingOffered({ access, plan }: Scene): readonly Finding[] {
  const { permits } = access.spec;
  if (offersAnything(access, plan.references) || !speaksOfClients(permits)) return [];
  const message =
    "there are permits but no ports: name the service's ports, or the holders of the label are let in nowhere";
  return [{ type: "NothingOffered", severity: "Warning", object: keyText(access.metadata), message }];
}

function speaksOfClients(permits: Permits | undefined): boolean {
  return permits !== undefined && !(permits.policy === "None" && Object.keys(permits).length === 1);
}

function selfClients({ access, plan, reach, world }: Scene): readonly Finding[] {
  if (!offersAnything(access, plan.references)) return [];
  const { key, value } = intentOf(access).clientLabel;
  const own = reach.targets.filter((pod) => pod.labels[key] === value);
  return byWorkload(own, (pod) => workloadOf(pod, world)).map((object) => ({
    type: "TargetIsClient",
    severity: "Warning",
    object,
    message: `pods of the target carry the client label ${key} themselves, so they reach each other: remove it unless that is meant`,
  }));
}

/** Policies do not bind what shares its node's network (S67). */
function hostNetwork({ access, reach, world }: Scene): readonly Finding[] {
  const unbound = [...reach.targets, ...reach.clients].filter((pod) => pod.hostNetwork);
  const home = access.metadata.namespace;
  const named = (pod: Pod) => `${pod.namespace === home ? "" : `${pod.namespace}/`}${workloadOf(pod, world)}`;
  return byWorkload(unbound, named).map((object) => ({
    type: "HostNetwork",
    severity: "Warning",
    object,
    message:
      "its pods use the node's network, where most CNIs do not apply NetworkPolicy: do not count on being isolated",
  }));
}

/** A port's name is looked up in each pod; where no pod has it, nobody gets through on it. */
function lostPorts({ access, reach }: Scene): readonly Finding[] {
  return reach.lostPorts.map((port) => ({
    type: "PortNotFound",
    severity: "Warning",
    object: keyText(access.metadata),
    message: `no running pod of the target has a port named ${port}: name a containerPort of the pod template, or write its number`,
  }));
}

/** Policies match the pods' port after Service translation; the Service's own port number does nothing. */
function servicePorts({ access, reach, world }: Scene): readonly Finding[] {
  const { namespace } = access.metadata;
  const services = inNamespace(world.services, namespace).filter((each) => isFrontOf(each, reach.targets));
  return (access.spec.ports ?? []).flatMap((port) =>
    services.some((service) => isBehind(port, service, reach.targets))
      ? []
      : services.flatMap((service) => mistaken(port, service)),
  );
}

function isBehind(port: Port, service: Service, targets: readonly Pod[]): boolean {
  return service.ports.some((each) => isListening(port, each, targets));
}

function mistaken(port: Port, service: Service): readonly Finding[] {
  const entry = service.ports.find(
    (each) => each.port === port.port && each.protocol === (port.protocol ?? "TCP"),
  );
  if (entry === undefined) return [];
  const message = `port ${entry.port} is the Service's own; its pods listen on ${entry.targetPort}: use that in spec.ports`;
  return [
    { type: "ServicePortInsteadOfPodPort", severity: "Warning", object: `Service/${service.name}`, message },
  ];
}

/** Whether the Service sends to this very port of the pods, by number or by a name that stands for it. */
function isListening({ port }: Port, { targetPort }: ServicePort, targets: readonly Pod[]): boolean {
  if (targetPort === port) return true;
  return targets.some((pod) => pod.ports.some((named) => named.name === targetPort && named.number === port));
}

export function isFrontOf(service: Service, targets: readonly Pod[]): boolean {
  const [target] = targets;
  const wanted = Object.entries(service.selector ?? {});
  if (target === undefined || wanted.length === 0 || service.namespace !== target.namespace) return false;
  return wanted.every(([key, value]) => target.labels[key] === value);
}

function byWorkload(pods: readonly Pod[], name: (pod: Pod) => string): readonly string[] {
  return [...new Set(pods.map(name))].toSorted();
}
