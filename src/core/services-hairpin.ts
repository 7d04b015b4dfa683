import type { Pod } from "../model/world.ts";
import type { Answer, Direction, FlowPort, SideAnswer } from "./answer.ts";
import { answerOf, judge, sideAnswer } from "./check.ts";
import { consent } from "./consent.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Evaluator } from "./evaluator.ts";
import type { Profile } from "./profile.ts";

/**
 * A pod that comes back to itself through a Service (S63). For ClusterNetworkPolicies that is a flow like any other; what
 * the others make of it is not defined, since its source address may be replaced on the way.
 */
export function throughServiceToItself(evaluator: Evaluator, pod: Pod, port: FlowPort): Answer {
  // Only as one of several is the pod not its own exemption.
  const end: Endpoint = { kind: "pod", pod: { ...pod, replicas: 2 } };
  return judge(evaluator, end, end, (each, from, to, family) => {
    const side = (direction: Direction): SideAnswer =>
      asDefined(sideAnswer(direction, consent(direction, from, to, family, each), port), each.profile);
    return answerOf(side("egress"), side("ingress"));
  });
}

export function isSamePod(a: Pod, b: Pod): boolean {
  return a.namespace === b.namespace && a.name === b.name;
}

function asDefined(side: SideAnswer, { name, serviceHairpin }: Profile): SideAnswer {
  if (side.by.every((policy) => policy.startsWith("ClusterNetworkPolicy/"))) return side;
  if (serviceHairpin === "allowed") {
    return { verdict: "Allowed", by: [], reason: `${name} lets a pod come back to itself through a Service` };
  }
  const policies = side.by.join(", ");
  const reason = `what ${policies} makes of a pod that comes back to itself through a Service is not defined`;
  return { ...side, verdict: "Unknown", reason };
}
