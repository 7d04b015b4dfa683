import { compileCluster, type Evaluator, problemsOf } from "../core/evaluator.ts";
import { viewOf } from "../core/network-view.ts";
import { networkOf } from "../core/networks.ts";
import { type Profile, profileNamed, SPECIFICATION } from "../core/profile.ts";
import { secondaryProfileNamed } from "../core/profile-secondary.ts";
import type { World } from "../model/world.ts";
import { effectiveWorld, policyOrigin } from "./generated.ts";
import type { Input } from "./input.ts";
import type { Io } from "./io.ts";

/** What the judging commands ask: the input with its ServiceAccesses rendered, compiled. */
export interface Evaluation {
  /** On a secondary network the cluster as that network sees it. */
  readonly world: World;
  readonly evaluator: Evaluator;
}

/** The option of every command that judges. */
export interface ProfileOptions {
  readonly profile?: string;
}

/** The option of those that judge secondary networks as well. */
export interface NetworkProfileOptions extends ProfileOptions {
  readonly networkProfile?: string;
}

/** The parser of the command line lets only known names pass. */
export function profileOf(name: string | undefined): Profile {
  return profileNamed(name ?? SPECIFICATION.name) ?? SPECIFICATION;
}

export async function evaluate(io: Io, input: Input, { profile }: ProfileOptions): Promise<Evaluation> {
  const world = await effectiveWorld(io, input);
  const evaluator = evaluatorOf(world, profile);
  await warnOfPolicies(io, input, world, evaluator, "NetworkPolicy");
  return { world, evaluator };
}

/** What a policy says that has no meaning is told; it never widens the policy, and makes answers Unknown at most. */
async function warnOfPolicies(
  io: Io,
  input: Input,
  { tierPolicies }: World,
  evaluator: Evaluator,
  kind: "NetworkPolicy" | "MultiNetworkPolicy",
): Promise<void> {
  for (const { policy, problem } of problemsOf(evaluator)) {
    const isTier = tierPolicies.has(policy);
    const origin = policyOrigin(input, isTier ? "TierPolicy" : kind, policy);
    const subject = isTier ? policy.replace("/", " ") : `${kind} ${policy}`;
    const text =
      origin === undefined
        ? `${subject}: ${problem.field}: ${problem.message}`
        : input.describe({ ...problem, origin, subject });
    await io.stderr.write(`warning: ${text}\n`);
  }
}

export function evaluatorOf(world: World, profile: string | undefined): Evaluator {
  const { pods, namespaces, policies, tierPolicies, nodes, services, unreadable } = world;
  return compileCluster({
    profile: profileOf(profile),
    pods: pods.values(),
    namespaces,
    policies: policies.values(),
    tierPolicies: tierPolicies.values(),
    nodes: nodes.values(),
    services: services.values(),
    unreadable: unreadable.values(),
  });
}

/** What somebody has said that enforces policies on secondary networks. */
export function enforcerOf({ networkProfile }: NetworkProfileOptions): Profile | undefined {
  return networkProfile === undefined ? undefined : secondaryProfileNamed(networkProfile);
}

/** The same cluster on the network that a definition leads to. */
export async function evaluateOn(
  io: Io,
  input: Input,
  world: World,
  definition: string,
  options: NetworkProfileOptions,
): Promise<Evaluation> {
  const view = viewOf(networkOf(definition, world), world, enforcerOf(options));
  await warnOfPolicies(io, input, view.world, view.engine, "MultiNetworkPolicy");
  return { world: view.world, evaluator: view.engine };
}
