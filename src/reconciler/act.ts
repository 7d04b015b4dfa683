import { type NetworkPolicy, policyKey } from "../model/network-policy.ts";
import type { Cluster, WriteResult } from "./cluster.ts";
import { saysTheSame } from "./says-the-same.ts";
import type { Action } from "./steps.ts";

/** A write that the API answered with no, or whose result is not what was asked. */
export interface Refusal {
  /** The policy as `policyKey` names it. */
  readonly policy: string;
  readonly reason: string;
  readonly message: string;
}

/** What became of a plan. */
export interface Deeds {
  readonly refusals: readonly Refusal[];
  /** The policies that were written or removed as asked. */
  readonly done: ReadonlySet<string>;
  /** What kept the rest from being tried, and may pass by itself. */
  readonly failure: { readonly error: Error; readonly policy: string } | undefined;
}

/** For whoever counts what failed with what was refused, and does not try it again at once. */
export function failed({ policy, error }: NonNullable<Deeds["failure"]>): Refusal {
  return { policy, reason: "Failed", message: error.message };
}

/** Performs a plan step by step and tells how far it came; a refused step does not keep the others from being done. */
export async function attempt(actions: readonly Action[], cluster: Cluster): Promise<Deeds> {
  const refusals: Refusal[] = [];
  const written = new Map<string, NetworkPolicy | undefined>();
  for (const action of actions) {
    const policy = policyKey(action.policy);
    // What would come after a refused write of a policy builds upon it.
    if (refusals.some((refusal) => refusal.policy === policy)) continue;
    try {
      const result = await perform(action, written.get(policy), cluster);
      const refused = refusalsOf(action, result);
      refusals.push(...refused);
      if (refused.length === 0) written.set(policy, result.kind === "stored" ? result.policy : undefined);
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      return { refusals, done: new Set(written.keys()), failure: { error, policy } };
    }
  }
  return { refusals, done: new Set(written.keys()), failure: undefined };
}

/** A policy that was written before in the same plan is in the version that this gave it. */
async function perform(
  action: Action,
  written: NetworkPolicy | undefined,
  cluster: Cluster,
): Promise<WriteResult> {
  return action.kind === "apply"
    ? await cluster.applyPolicy(action.policy, written ?? action.observed)
    : await cluster.removePolicy(written ?? action.policy);
}

/** What came back is compared: a policy that lost its peers on the way would admit everyone. */
function refusalsOf(action: Action, result: WriteResult): readonly Refusal[] {
  const policy = policyKey(action.policy);
  if (result.kind === "refused") return [{ policy, reason: result.reason, message: result.message }];
  if (result.kind === "removed" || action.kind === "remove") return [];
  if (saysTheSame(action.policy, result.policy)) return [];
  return [{ policy, reason: "StoredDifferently", message: "the API stored something else than was sent" }];
}
