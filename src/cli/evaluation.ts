import { compileCluster, type Evaluator, problemsOf } from "../core/evaluator.ts";
import type { World } from "../model/world.ts";
import { effectiveWorld, policyOrigin } from "./generated.ts";
import type { Input } from "./input.ts";
import type { Io } from "./io.ts";

/** What the judging commands ask: the input with its ServiceAccesses rendered, compiled. */
export interface Evaluation {
  readonly world: World;
  readonly evaluator: Evaluator;
}

/** What a policy says that has no meaning is told; it never widens the policy, and makes answers Unknown at most. */
export async function evaluate(io: Io, input: Input): Promise<Evaluation> {
  const world = await effectiveWorld(io, input);
  const evaluator = evaluatorOf(world);
  for (const { policy, problem } of problemsOf(evaluator)) {
    const isTier = world.tierPolicies.has(policy);
    const origin = policyOrigin(input, isTier ? "TierPolicy" : "NetworkPolicy", policy);
    const subject = isTier ? policy.replace("/", " ") : `NetworkPolicy ${policy}`;
    const text =
      origin === undefined
        ? `${subject}: ${problem.field}: ${problem.message}`
        : input.describe({ ...problem, origin, subject });
    await io.stderr.write(`warning: ${text}\n`);
  }
  return { world, evaluator };
}

export function evaluatorOf({ pods, namespaces, policies, tierPolicies, nodes }: World): Evaluator {
  return compileCluster({
    pods: pods.values(),
    namespaces,
    policies: policies.values(),
    tierPolicies: tierPolicies.values(),
    nodes: nodes.values(),
  });
}
