import { compileCluster, type Evaluator, problemsOf } from "../core/evaluator.ts";
import { type Profile, profileNamed, SPECIFICATION } from "../core/profile.ts";
import type { World } from "../model/world.ts";
import { effectiveWorld, policyOrigin } from "./generated.ts";
import type { Input } from "./input.ts";
import type { Io } from "./io.ts";

/** What the judging commands ask: the input with its ServiceAccesses rendered, compiled. */
export interface Evaluation {
  readonly world: World;
  readonly evaluator: Evaluator;
}

/** The option of every command that judges. */
export interface ProfileOptions {
  readonly profile?: string;
}

/** The parser of the command line lets only known names pass. */
export function profileOf(name: string | undefined): Profile {
  return profileNamed(name ?? SPECIFICATION.name) ?? SPECIFICATION;
}

/** What a policy says that has no meaning is told; it never widens the policy, and makes answers Unknown at most. */
export async function evaluate(io: Io, input: Input, { profile }: ProfileOptions): Promise<Evaluation> {
  const world = await effectiveWorld(io, input);
  const evaluator = evaluatorOf(world, profile);
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

export function evaluatorOf(world: World, profile: string | undefined): Evaluator {
  const { pods, namespaces, policies, tierPolicies, nodes, unreadable } = world;
  return compileCluster({
    profile: profileOf(profile),
    pods: pods.values(),
    namespaces,
    policies: policies.values(),
    tierPolicies: tierPolicies.values(),
    nodes: nodes.values(),
    unreadable: unreadable.values(),
  });
}
