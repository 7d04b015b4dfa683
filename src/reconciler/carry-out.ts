import { keyText } from "../model/key.ts";
import { policyKey } from "../model/network-policy.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import { attempt, type Deeds, type Refusal } from "./act.ts";
import type { Cluster } from "./cluster.ts";
import { driftText } from "./drift.ts";
import { contestedText } from "./drifted.ts";
import { goRound, type Guard, guardAfter } from "./guard.ts";
import type { Plan } from "./plan.ts";
import type { Action } from "./steps.ts";
import { tellOfPolicies } from "./tidings.ts";

/** What became of a plan, as far as the next turns need to know. */
export interface CarriedOut {
  /** Of policies that are not as asked, and why; those that somebody contests are among them. */
  readonly refusals: readonly Refusal[];
  readonly guard: Guard;
  /** A server in trouble kept the rest from being tried: that is said, and the queue tries again. */
  readonly failure: Error | undefined;
  /** Somebody was faster; there is nothing to say of that, for it is over with the next look. */
  readonly overtaken: Error | undefined;
}

/**
 * Takes the steps of a plan, but for those that would go on with a fight, and tells what of it put right what somebody
 * else had done.
 */
export async function carryOut(
  access: ServiceAccess,
  plan: Plan,
  cluster: Cluster,
  now: number,
): Promise<CarriedOut> {
  const { store } = cluster;
  const before = store.programmed.get(keyText(access.metadata))?.guard;
  const scene = { access, plan, world: store.world, now };
  const round = goRound(scene, before);
  const deeds = await attempt(round.actions, cluster);
  const guard = guardAfter(scene, round, deeds.done, before);
  tellOfDrift(access, guard, before, cluster);
  tellOfPolicies(access, unforced(round.actions, deeds, guard), cluster);
  const refusals = [...deeds.refusals, ...contested(guard)];
  const { failure } = deeds;
  const obstacle = failure === undefined ? undefined : cluster.obstacle(failure.error);
  return failure === undefined || obstacle === undefined
    ? { refusals, guard, failure: undefined, overtaken: failure?.error }
    : {
        refusals: [{ policy: failure.policy, ...obstacle }, ...refusals],
        guard,
        failure: failure.error,
        overtaken: undefined,
      };
}

/** What was written because the object asks for it, and not to undo what somebody did. */
function unforced(actions: readonly Action[], { done }: Deeds, { news }: Guard): readonly Action[] {
  const restored = new Set(news.map(({ policy }) => policy));
  return actions.filter((action) => {
    const policy = policyKey(action.policy);
    return done.has(policy) && !restored.has(policy);
  });
}

function contested({ contested: drifts }: Guard): readonly Refusal[] {
  return drifts.map((drift) => ({
    policy: drift.policy,
    reason: "Contested",
    message: contestedText([drift]),
  }));
}

function tellOfDrift(access: ServiceAccess, guard: Guard, before: Guard | undefined, cluster: Cluster): void {
  const event = { access: access.metadata, type: "Warning" } as const;
  for (const drift of guard.news) {
    const note = `${driftText(drift)}, and has been restored`;
    cluster.tell({ ...event, reason: "PolicyRestored", action: "Restore", note });
  }
  const known = new Set(before?.contested.map(({ policy }) => policy));
  for (const drift of guard.contested.filter(({ policy }) => !known.has(policy))) {
    cluster.tell({ ...event, reason: "PolicyContested", action: "BackOff", note: contestedText([drift]) });
  }
}
