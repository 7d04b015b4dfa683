import { type NetworkPolicy, policyKey } from "../model/network-policy.ts";
import { differences, saysTheSame } from "./says-the-same.ts";

/** What somebody else has made of a policy of ours. */
export interface Drift {
  /** The policy as `policyKey` names it. */
  readonly policy: string;
  /** What was changed, as people write it: `spec.ingress`. None where the policy was deleted. */
  readonly fields: readonly string[];
  /** Who did it, as far as the API tells: it knows who wrote a field, and not who took one away, or the policy. */
  readonly managers: readonly string[];
}

/**
 * What of the difference is somebody else's doing: all of it where the policy was as it should be the last time we saw to
 * it (`known`), otherwise what somebody else has written since. The rest is what the object asks for by now.
 */
export function driftOf(
  desired: NetworkPolicy,
  observed: NetworkPolicy | undefined,
  known: NetworkPolicy | undefined,
): Drift | undefined {
  const policy = policyKey(desired);
  const wasAsAsked = known !== undefined && saysTheSame(desired, known);
  if (observed === undefined) return wasAsAsked ? { policy, fields: [], managers: [] } : undefined;

  const { managers = [] } = observed.metadata;
  const fields = differences(desired, observed).filter(
    (field) => wasAsAsked || managers.some((manager) => manager.fields.includes(field)),
  );
  if (fields.length === 0) return undefined;
  const who = managers.filter((manager) => manager.fields.some((field) => fields.includes(field)));
  return { policy, fields, managers: [...new Set(who.map(({ name }) => name))].toSorted() };
}

/** `kubectl-edit changed spec.ingress of shop/web-rights`, without the first words where nobody is known. */
export function driftText({ policy, fields, managers }: Drift): string {
  if (fields.length === 0) return `${policy} was deleted`;
  const what = `${fields.join(", ")} of ${policy}`;
  return managers.length === 0 ? `${what} was changed` : `${managers.join(", ")} changed ${what}`;
}
