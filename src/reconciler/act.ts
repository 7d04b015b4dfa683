import { keyText } from "../model/key.ts";
import type { Cluster, WriteResult } from "./cluster.ts";
import { type Action, saysTheSame } from "./plan.ts";

/** A write that the API answered with no, or whose result is not what was asked. */
export interface Refusal {
  /** `namespace/name` of the policy. */
  readonly policy: string;
  readonly reason: string;
  readonly message: string;
}

/** Performs a plan step by step; a refused step does not keep the others from being done. */
export async function act(actions: readonly Action[], cluster: Cluster): Promise<readonly Refusal[]> {
  const refusals: Refusal[] = [];
  for (const action of actions) {
    const result = await perform(action, cluster);
    refusals.push(...refusalsOf(action, result));
  }
  return refusals;
}

async function perform(action: Action, cluster: Cluster): Promise<WriteResult> {
  return action.kind === "apply"
    ? await cluster.applyPolicy(action.policy, action.observed)
    : await cluster.removePolicy(action.policy);
}

/** What came back is compared: a policy that lost its peers on the way would admit everyone. */
function refusalsOf(action: Action, result: WriteResult): readonly Refusal[] {
  const policy = keyText(action.policy.metadata);
  if (result.kind === "refused") return [{ policy, reason: result.reason, message: result.message }];
  if (result.kind === "removed" || action.kind === "remove") return [];
  if (saysTheSame(action.policy, result.policy)) return [];
  return [{ policy, reason: "StoredDifferently", message: "the API stored something else than was sent" }];
}
