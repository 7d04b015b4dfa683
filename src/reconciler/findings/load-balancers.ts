import { parseRange } from "../../core/addresses.ts";
import type { FlowPort } from "../../core/answer.ts";
import { check } from "../../core/check.ts";
import { classesOf } from "../../core/classes.ts";
import { healthChecksOf, type KnownChecks } from "../../generator/cloud-providers.ts";
import type { Finding } from "../../model/service-access.ts";
import type { Pod, Service, ServicePort } from "../../model/world.ts";
import { list } from "../words.ts";
import { inNamespace } from "../located.ts";
import type { Scene } from "./findings.ts";
import { isFrontOf } from "./target.ts";

/** Load balancers that check the health of the target's pods themselves, and are not let in. */
export function loadBalancerFindings(scene: Scene): readonly Finding[] {
  const { access, reach, world } = scene;
  const checks = checksOf(scene);
  if (checks === undefined) return [];
  const services = inNamespace(world.services, access.metadata.namespace);
  return services
    .filter((service) => service.type === "LoadBalancer" && isFrontOf(service, reach.targets))
    .flatMap((service) => blocked(service, checks, scene));
}

/** Nodes get in to their own pods anyway, so that only who asks pods has to be let in. */
function checksOf({ evaluator, world }: Scene): KnownChecks | undefined {
  const provider = world.platform.cloudProvider ?? PROVIDER_OF[evaluator.profile.name];
  const checks = provider === undefined ? undefined : healthChecksOf(provider);
  return checks === undefined || "unknown" in checks ? undefined : checks;
}

/** Plugins that there are in one cloud only. */
const PROVIDER_OF: Readonly<Record<string, string>> = {
  "terway-iptables": "alibaba",
  "terway-ebpf": "alibaba",
};

/** Any of the ranges may be the one that asks, so that all of them have to come in. */
function blocked(service: Service, checks: KnownChecks, { evaluator, reach }: Scene): readonly Finding[] {
  const checkers = checks.blocks.flatMap((block) => parseRange(block) ?? []);
  for (const { pod } of classesOf(evaluator, reach.targets)) {
    for (const port of service.ports.flatMap((each) => portBehind(each, pod))) {
      for (const address of checkers) {
        const { verdict, ingress } = check(
          evaluator,
          { kind: "address", address },
          { kind: "pod", pod },
          port,
        );
        if (verdict === "Denied") return [finding(service, checks, port, ingress.by)];
      }
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
  { blocks, asks }: KnownChecks,
  { protocol, port }: FlowPort,
  by: readonly string[],
): Finding {
  const closed = `${list(blocks)}, which ${list(by)} does not let in on ${protocol}/${port}`;
  const remedy = "let them in, by preset LoadBalancerHealthChecks or by ipBlock";
  const [severity, message] =
    asks === "pods"
      ? ([
          "Warning",
          `is a load balancer, and its health checks come from ${closed}: it takes no pod for healthy and sends nobody there, so ${remedy}`,
        ] as const)
      : ([
          "Info",
          `is a load balancer; should it go straight to the pods and not to their nodes, its health checks come from ${closed}: then ${remedy}`,
        ] as const);
  return { type: "LoadBalancerHealthCheckBlocked", severity, object: `Service/${name}`, message };
}
