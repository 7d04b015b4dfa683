import { type AddressRange, parseRange, rangeText } from "../../core/addresses.ts";
import type { FlowPort } from "../../core/answer.ts";
import { check } from "../../core/check.ts";
import { classesOf } from "../../core/classes.ts";
import type { Finding } from "../../model/service-access.ts";
import type { Pod, Service, ServicePort } from "../../model/world.ts";
import { list } from "../words.ts";
import { inNamespace } from "../located.ts";
import type { Scene } from "./findings.ts";
import { isFrontOf } from "./target.ts";

/** Load balancers that check the health of the target's pods themselves, and are not let in. */
export function loadBalancerFindings(scene: Scene): readonly Finding[] {
  const { access, evaluator, reach, world } = scene;
  const checkers = parseRange(CHECKED_FROM[evaluator.profile.name] ?? "");
  if (checkers === undefined) return [];
  const services = inNamespace(world.services, access.metadata.namespace);
  return services
    .filter((service) => service.type === "LoadBalancer" && isFrontOf(service, reach.targets))
    .flatMap((service) => blocked(service, checkers, scene));
}

/** From where, with the plugins whose load balancers go to the pods; elsewhere they ask the nodes, which get in anyway. */
const CHECKED_FROM: Readonly<Record<string, string>> = {
  "terway-iptables": "100.64.0.0/10",
  "terway-ebpf": "100.64.0.0/10",
};

function blocked(service: Service, checkers: AddressRange, { evaluator, reach }: Scene): readonly Finding[] {
  const from = { kind: "address", address: checkers } as const;
  for (const { pod } of classesOf(evaluator, reach.targets)) {
    for (const port of service.ports.flatMap((each) => portBehind(each, pod))) {
      const { verdict, ingress } = check(evaluator, from, { kind: "pod", pod }, port);
      if (verdict === "Denied") return [finding(service, checkers, port, ingress.by)];
    }
  }
  return [];
}

/** None where the pod does not know the port's name. */
function portBehind({ protocol, targetPort }: ServicePort, pod: Pod): readonly FlowPort[] {
  if (typeof targetPort === "number") return [{ protocol, port: targetPort }];
  const named = pod.ports.find((each) => each.name === targetPort && each.protocol === protocol);
  return named === undefined ? [] : [{ protocol, port: named.number }];
}

function finding(
  { name }: Service,
  checkers: AddressRange,
  { protocol, port }: FlowPort,
  by: readonly string[],
): Finding {
  const message = `is a load balancer, and its health checks come from ${rangeText(checkers)}, which ${list(by)} does not let in on ${protocol}/${port}: it takes no pod for healthy and sends nobody there, so let that block in`;
  return {
    type: "LoadBalancerHealthCheckBlocked",
    severity: "Warning",
    object: `Service/${name}`,
    message,
  };
}
