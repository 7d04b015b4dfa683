import { keyText, type ObjectKey } from "../model/key.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import type { Refusal } from "./act.ts";
import type { Cluster } from "./cluster.ts";
import { driftedClaim } from "./drifted.ts";
import { isLeaving, reportLeaving } from "./leaving.ts";
import { definitionOf } from "../core/networks.ts";
import { isEvaluated } from "./networked.ts";
import { planFor } from "./plan.ts";
import { isTried, presentAccess } from "./program.ts";
import { say } from "./say.ts";
import { isStatusEqual, reportOf, type Sight, stamped } from "./status.ts";
import type { Store } from "./store.ts";
import { tellOfStatus } from "./tidings.ts";

/** What became of an object; `waiting` is not an error, a change of the cluster will bring it back. */
export type Outcome = "absent" | "unprogrammed" | "ready" | "waiting";

/**
 * The second turn of an object: says in its status what its policies and all others do. `unprogrammed` is one whose
 * policies are not what its spec asks, though nobody refused them: the first turn comes before anything is said.
 */
export async function report(key: ObjectKey, cluster: Cluster, now: () => Date): Promise<Outcome> {
  const { store } = cluster;
  const programmed = store.programmed.get(keyText(key));
  const access = presentAccess(key, store);
  if (access === undefined) return await reportAbsent(key, programmed?.refusals ?? [], cluster, now);
  const plan = planFor(access, store.world);
  if (!isTried(plan, programmed)) return "unprogrammed";

  const { concern, ...said } = reportOf(access, plan, programmed?.refusals ?? [], sightOf(access, store));
  store.concerns.set(keyText(key), concern);
  const claims = [...said.claims, ...driftedClaim(access, programmed?.guard)];
  const status = stamped(access, { ...said, claims }, now());
  if (!isStatusEqual(access.status, status)) {
    await say(access, status, cluster);
    tellOfStatus(access, status, cluster);
  }
  return said.claims.some((claim) => claim.type === "Ready" && claim.status === "True") ? "ready" : "waiting";
}

/** What the object is about: the pod network, or another one with the addresses that its pods have there. */
function sightOf(access: ServiceAccess, store: Store): Sight {
  const network = definitionOf(access);
  return {
    whole: store.world,
    world: store.worldOn(network),
    evaluator: store.evaluator(network),
    isKnown: isEvaluated(access),
  };
}

/** Of a deleted object there is nothing to say, unless it is still there because of us. */
async function reportAbsent(
  key: ObjectKey,
  left: readonly Refusal[],
  cluster: Cluster,
  now: () => Date,
): Promise<Outcome> {
  const access = cluster.store.world.accesses.get(keyText(key));
  if (!isLeaving(access) || left.length === 0) return "absent";
  await reportLeaving(access, left, cluster, now());
  return "waiting";
}
