import { isEqual } from "../model/equal.ts";
import { keyText } from "../model/key.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { Condition, ServiceAccess, ServiceAccessStatus } from "../model/service-access.ts";
import { attempt, failed, type Refusal } from "./act.ts";
import type { Cluster } from "./cluster.ts";
import { release } from "./finalizer.ts";
import { conditionTime } from "./condition-time.ts";
import { isHeld, ownPoliciesElsewhere, type Owner } from "./ownership.ts";

/** An object that is being deleted and that we hold. */
export type Leaving = Owner & { readonly status?: Pick<ServiceAccessStatus, "conditions"> };

export function isLeaving<T extends Owner>(access: T | undefined): access is T {
  return access?.metadata.deletionTimestamp !== undefined && isHeld(access);
}

/**
 * Removes what a deleted object has in other namespaces and lets it go; answers with what cannot be removed now. The
 * policies beside it are the garbage collector's, and what lies in a namespace that is going away goes with that.
 */
export async function letGo(leaving: Leaving, cluster: Cluster, now: Date): Promise<readonly Refusal[]> {
  const { left, error } = await removed(ownPoliciesElsewhere(leaving, cluster.store.world), cluster);
  if (left.length > 0 && !isTimeUp(leaving, now)) {
    if (error !== undefined) throw error;
    return left;
  }
  if (left.length > 0) tellLeftBehind(leaving, left, cluster);
  const refused = await release(leaving, cluster);
  // Whoever took the object away altogether has let it go as well.
  if (refused === undefined || refused.reason === "NotFound") return [];
  return [{ ...refused, policy: keyText(leaving.metadata) }];
}

interface Removal {
  readonly left: readonly Refusal[];
  /** What may pass by itself, as the queue wants it. */
  readonly error: Error | undefined;
}

/** A webhook that never answers looks like a server in trouble, and must not keep the object for ever either. */
async function removed(policies: readonly NetworkPolicy[], cluster: Cluster): Promise<Removal> {
  const left: Refusal[] = [];
  let error: Error | undefined;
  for (const policy of policies) {
    const { refusals, failure } = await attempt([{ kind: "remove", policy }], cluster);
    left.push(...refusals);
    if (failure === undefined) continue;
    error ??= failure.error;
    left.push(failed(failure));
  }
  return { left, error };
}

/** Whoever waits for the object to go is told why it does not, and waits for no more than this. */
const LONG_ENOUGH = 10 * 60_000;
/** Where even that could not be said. */
const LONGEST = 60 * 60_000;

function isTimeUp({ metadata, status }: Leaving, now: Date): boolean {
  const waited = now.getTime() - Date.parse(metadata.deletionTimestamp ?? "");
  const isTold = conditionsOf(status).some(({ type }) => type === NOT_REMOVED);
  return waited >= LONGEST || (isTold && waited >= LONG_ENOUGH);
}

function tellLeftBehind({ metadata }: Leaving, left: readonly Refusal[], cluster: Cluster): void {
  cluster.tell({
    access: metadata,
    type: "Warning",
    reason: "PermitsLeftBehind",
    action: "Release",
    note: `the object goes though ${sentence(left)}; the operator removes what is left as soon as it may`,
  });
}

const NOT_REMOVED = "PermitsRemoved";

/** Says in the status, and once as an Event, why a deleted object is still there. */
export async function reportLeaving(
  access: ServiceAccess,
  left: readonly Refusal[],
  cluster: Cluster,
  now: Date,
): Promise<void> {
  const known = conditionsOf(access.status);
  const before = known.find(({ type }) => type === NOT_REMOVED);
  const message = `the object is kept because ${sentence(left)}`;
  const condition: Condition = {
    type: NOT_REMOVED,
    status: "False",
    reason: left[0]?.reason ?? "Failed",
    message,
    lastTransitionTime: before?.lastTransitionTime ?? conditionTime(now),
  };
  const others = known.filter(({ type }) => type !== NOT_REMOVED);
  const status: ServiceAccessStatus = { ...access.status, conditions: [...others, condition] };
  if (isEqual(access.status, status)) return;
  await cluster.writeStatus(access, status);
  if (before !== undefined) return;
  const event = { type: "Warning", reason: "PermitsNotRemoved", action: "Remove", note: message } as const;
  cluster.tell({ access: access.metadata, ...event });
}

function conditionsOf(status: Leaving["status"]): readonly Condition[] {
  return status?.conditions ?? [];
}

function sentence(left: readonly Refusal[]): string {
  const [first] = left;
  const more = left.length > 1 ? ` (and ${left.length - 1} more)` : "";
  return first === undefined ? "" : `${first.policy} cannot be removed${more}: ${first.message}`;
}
