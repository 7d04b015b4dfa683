import { compileCluster } from "../core/evaluator.ts";
import { type Profile, profileNamed, SPECIFICATION } from "../core/profile.ts";
import type { Labels } from "../model/labels.ts";
import type { Finding, ServiceAccess, ServiceAccessSpec } from "../model/service-access.ts";
import type { World } from "../model/world.ts";
import { findingsOf } from "../reconciler/findings/findings.ts";
import { planFor } from "../reconciler/plan.ts";
import { reachOf } from "../reconciler/reach.ts";
import { accessOf } from "./small-world.ts";

/**
 * What the status of an object would say whose targets are these pods, before the object has any policies. With a plugin
 * that reads policies as most do there is nothing to say of plugins.
 */
export function findings(
  world: World,
  namespace: string,
  target: Labels,
  permits: ServiceAccessSpec["permits"] = { policy: "None" },
  profile = profileNamed("calico") ?? SPECIFICATION,
): readonly Finding[] {
  const access = accessOf(`${namespace}/mine`, {
    target: { podSelector: { matchLabels: target } },
    ports: [{ port: 80 }],
    ...(permits === undefined ? {} : { permits }),
  });
  return findingsAbout(access, world, profile).filter(({ type }) => type !== "ClientLabelUnused");
}

/** What the status of the object would say in the world as it is. */
export function findingsAbout(
  access: ServiceAccess,
  world: World,
  profile: Profile = SPECIFICATION,
): readonly Finding[] {
  const evaluator = compileCluster({
    pods: world.pods.values(),
    namespaces: world.namespaces,
    policies: world.policies.values(),
    tierPolicies: world.tierPolicies.values(),
    profile,
  });
  const plan = planFor(access, world);
  const reach = reachOf(access, plan, world, evaluator);
  return findingsOf({ access, plan, reach, world, whole: world, evaluator });
}

/** `Warning HostNetwork DaemonSet/agent` */
export function lines(found: readonly Finding[]): readonly string[] {
  return found.map(({ type, severity, object }) => `${severity} ${type} ${object}`);
}
