import { keyText, type ObjectKey } from "../model/key.ts";
import { NAMESPACE_NAME_LABEL } from "../model/labels.ts";
import type { NonEmpty } from "../model/nonempty.ts";
import type { LabelSelector, PolicyPeer } from "../model/network-policy.ts";
import type { EgressPeer, Port } from "../model/service-access.ts";
import type { Service, World } from "../model/world.ts";
import { canonicalSelector } from "./canonical.ts";
import { intentOf } from "./intent.ts";
import type { Unresolved } from "./peers.ts";
import { rulePorts } from "./ports.ts";
import type { Rule } from "./rules.ts";
import { hasSelector, resolveTarget, targetPorts } from "./target.ts";

type NamedElsewhere = NonNullable<EgressPeer["service"]>;

/** The pods behind a Service, on the ports that it translates to: that is where a connection to it goes. */
export function serviceRules(named: NamedElsewhere, home: string, world: World): NonEmpty<Rule> | Unresolved {
  const key = placed(named, home);
  const service = world.services.get(keyText(key));
  const name = `Service ${keyText(key)}`;
  if (service === undefined) return { reason: "ServiceNotFound", message: `there is no ${name}` };
  if (!hasSelector(service)) {
    const message = `${name} selects no pods itself: name its destination by podSelector or ipBlock`;
    return { reason: "ServiceWithoutSelector", message };
  }
  const changed = service.headless ? changedPort(service) : undefined;
  if (changed !== undefined) return { reason: "ServiceHeadless", message: `${name} ${changed}` };
  return ruleTo({ matchLabels: service.selector }, targetPorts(service), key, home, name);
}

/** The pods that another object protects, on the ports that it offers its clients. */
export function accessRules(named: NamedElsewhere, home: string, world: World): NonEmpty<Rule> | Unresolved {
  const key = placed(named, home);
  const access = world.accesses.get(keyText(key));
  const name = `ServiceAccess ${keyText(key)}`;
  if (access === undefined) return { reason: "ServiceAccessNotFound", message: `there is no ${name}` };
  const { target, network } = access.spec;
  if (target === undefined) {
    const message = `${name} has no target: name its destinations here`;
    return { reason: "ServiceAccessWithoutTarget", message };
  }
  if (network !== undefined) {
    const message = `${name} is about the network ${network.name}, and not about the pod network`;
    return { reason: "ServiceAccessElsewhere", message };
  }
  const found = resolveTarget(target, key.namespace, world);
  if (found.kind === "missing") return { ...found.why, message: `${name}: ${found.why.message}` };
  if (found.kind === "none")
    return { reason: "ServiceAccessWithoutTarget", message: `${name} has no target` };
  return ruleTo(found.selector, intentOf(access).ports ?? found.ports, key, home, name);
}

function placed({ name, namespace }: NamedElsewhere, home: string): ObjectKey {
  return { namespace: namespace ?? home, name };
}

function ruleTo(
  selector: LabelSelector,
  ports: readonly Port[],
  { namespace }: ObjectKey,
  home: string,
  name: string,
): NonEmpty<Rule> | Unresolved {
  const written = rulePorts(ports);
  if (written === undefined) return { reason: "NoPorts", message: `${name} has no ports` };
  const pods: PolicyPeer = { podSelector: canonicalSelector(selector) };
  const there = { matchLabels: { [NAMESPACE_NAME_LABEL]: namespace } };
  return [{ peers: [namespace === home ? pods : { ...pods, namespaceSelector: there }], ports: written }];
}

/** Who asks for a headless Service gets its pods, and comes to them on the port that they asked for. */
function changedPort({ ports }: Service): string | undefined {
  const port = ports.find((each) => each.targetPort !== each.port);
  if (port === undefined) return undefined;
  return `is headless, so that nothing turns its port ${port.port} into ${port.targetPort}: name its pods by podSelector, with the ports that are meant`;
}
