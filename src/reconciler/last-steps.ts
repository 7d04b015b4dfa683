import { policyKey } from "../model/network-policy.ts";
import type { Action } from "./steps.ts";

/**
 * What becomes of each policy in the end, compared with what is there now: a plan may write one twice on the way, or write
 * it before it removes it.
 */
export function lastSteps(actions: readonly Action[]): readonly Action[] {
  const last = new Map<string, Action>();
  for (const action of actions) {
    const key = policyKey(action.policy);
    const known = last.get(key);
    const isAgain = action.kind === "apply" && known?.kind === "apply";
    last.set(key, isAgain ? { ...action, observed: known.observed } : action);
  }
  return [...last.values()];
}
