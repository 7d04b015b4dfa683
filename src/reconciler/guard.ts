import { type NetworkPolicy, policyKey } from "../model/network-policy.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import type { World } from "../model/world.ts";
import { type Drift, driftOf } from "./drift.ts";
import { type Fight, isForgotten, pauseOf, restoredOnce, unrestOf } from "./fights.ts";
import type { Plan } from "./plan.ts";
import { standingAt } from "./ownership.ts";
import { saysTheSame } from "./says-the-same.ts";
import type { Action } from "./steps.ts";

/** What is remembered of a policy from turn to turn. */
interface Guarded {
  /** As it was in the cluster when it last was as asked. */
  readonly known: NetworkPolicy | undefined;
  readonly fight: Fight | undefined;
  /** What somebody did to it last. */
  readonly drift: Drift | undefined;
}

/** What is remembered of the policies of an object, and what there is to say of them. */
export interface Guard {
  readonly generation: number | undefined;
  readonly policies: ReadonlyMap<string, Guarded>;
  /** Of those that somebody insists on changing. */
  readonly contested: readonly Drift[];
  /** What is as somebody else left it. */
  readonly standing: readonly Drift[];
  /** What was put right just now. */
  readonly news: readonly Drift[];
  /** What was put right last, in this generation of the object. */
  readonly restored: readonly Drift[];
  /** After so many milliseconds a contested policy is to be looked at again. */
  readonly again: number | undefined;
}

/** What somebody else has changed, and what is done about it now. */
export interface Round {
  readonly changes: ReadonlyMap<string, Change>;
  /** The steps of the plan, without those that would go on with a fight. */
  readonly actions: readonly Action[];
}

interface Change {
  readonly drift: Drift;
  readonly observed: NetworkPolicy | undefined;
}

/** Whom and what it is about; `now` is in milliseconds. */
export interface Scene {
  readonly access: ServiceAccess;
  readonly plan: Plan;
  readonly world: World;
  readonly now: number;
}

/** Looks, before anything is written, whether somebody else was there. */
export function goRound(scene: Scene, guard: Guard | undefined): Round {
  const { plan, world, now } = scene;
  const changes = new Map<string, Change>();
  for (const desired of guardedPolicies(scene)) {
    const key = policyKey(desired);
    const observed = standingAt(desired, world);
    const known = guard?.policies.get(key)?.known ?? saidToBe(scene, desired, observed);
    const drift = driftOf(desired, observed, known);
    if (drift !== undefined) changes.set(key, { drift, observed });
  }
  const isPaused = (key: string): boolean =>
    changes.has(key) && pauseOf(guard?.policies.get(key)?.fight, now) > 0;
  return { changes, actions: plan.actions.filter(({ policy }) => !isPaused(policyKey(policy))) };
}

/** What is remembered once these policies were written. */
export function guardAfter(
  scene: Scene,
  { changes }: Round,
  done: ReadonlySet<string>,
  before: Guard | undefined,
): Guard {
  const policies = new Map<string, Guarded>();
  for (const desired of guardedPolicies(scene)) {
    const key = policyKey(desired);
    const change = done.has(key) ? changes.get(key) : undefined;
    const known = standingAt(desired, scene.world);
    const old = before?.policies.get(key);
    policies.set(key, {
      known: known !== undefined && saysTheSame(desired, known) ? known : old?.known,
      drift: changes.get(key)?.drift ?? old?.drift,
      fight:
        change === undefined
          ? current(old?.fight, scene.now)
          : restoredOnce(old?.fight, undone(change), scene.now),
    });
  }
  return guardOf(
    scene,
    policies,
    [...changes.values()].map(({ drift }) => drift),
    done,
    before,
  );
}

function guardOf(
  { access: { metadata }, now }: Scene,
  policies: Guard["policies"],
  drifts: readonly Drift[],
  done: ReadonlySet<string>,
  before: Guard | undefined,
): Guard {
  const standing = drifts.filter(({ policy }) => !done.has(policy));
  const news = drifts.filter(({ policy }) => done.has(policy));
  const fights = [...policies].filter(([, { fight }]) => unrestOf(fight, now) > 0);
  const earlier = before?.generation === metadata.generation ? (before?.restored ?? []) : [];
  const isStanding = (key: string): boolean => standing.some(({ policy }) => policy === key);
  const waits = fights.map(([key, { fight }]) =>
    isStanding(key) ? pauseOf(fight, now) : unrestOf(fight, now),
  );
  return {
    generation: metadata.generation,
    policies,
    contested: fights.flatMap(([, { drift }]) => (drift === undefined ? [] : [drift])),
    standing,
    news,
    restored: news.length === 0 ? earlier : news,
    again: waits.length === 0 ? undefined : Math.min(...waits),
  };
}

/** What is to be there and is not somebody else's; a namespace that goes away takes its policies with it. */
function guardedPolicies({ plan, world }: Scene): readonly NetworkPolicy[] {
  const foreign = new Set(plan.conflicts.map(policyKey));
  return plan.generated.policies.filter(
    (policy) =>
      !foreign.has(policyKey(policy)) &&
      world.namespaces.get(policy.metadata.namespace)?.terminating !== true,
  );
}

/** After a restart the status still says which policies were there, though not what was in them. */
function saidToBe(
  { access: { metadata, status } }: Scene,
  desired: NetworkPolicy,
  observed: NetworkPolicy | undefined,
): NetworkPolicy | undefined {
  if (observed !== undefined || status?.observedGeneration !== metadata.generation) return undefined;
  const {
    kind,
    metadata: { namespace, name },
  } = desired;
  const isListed = status?.policies?.some(
    (policy) => policy.kind === kind && policy.namespace === namespace && policy.name === name,
  );
  return isListed === true ? desired : undefined;
}

function current(fight: Fight | undefined, now: number): Fight | undefined {
  return fight === undefined || isForgotten(fight, now) ? undefined : fight;
}

/** What was there instead of ours, as a text to compare. */
function undone({ drift, observed }: Change): string {
  return JSON.stringify([drift.fields, observed?.spec]);
}
