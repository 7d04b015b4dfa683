import { keyText, type ObjectKey } from "../model/key.ts";
import { policyKey } from "../model/network-policy.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import type { Refusal } from "./act.ts";
import { type CarriedOut, carryOut } from "./carry-out.ts";
import type { Cluster } from "./cluster.ts";
import { held, releaseIfDone } from "./finalizer.ts";
import { keepNames } from "./keep-names.ts";
import { isLeaving, letGo } from "./leaving.ts";
import { orphansOf, sweep } from "./orphans.ts";
import { type Plan, planFor } from "./plan.ts";
import type { Store } from "./store.ts";

/** What became of an object's policies when they were last looked at: the turn for its status tells it. */
export interface Programmed extends Partial<CarriedOut> {
  readonly refusals: readonly Refusal[];
}

/**
 * The first turn of an object: brings its policies to what its spec asks. It asks no evaluator, so that the repair of a
 * policy never waits for statuses. Of an object that is being deleted the garbage collector takes the policies beside it,
 * and we those in other namespaces.
 */
export async function program(
  key: ObjectKey,
  cluster: Cluster,
  now: () => Date,
): Promise<"absent" | "programmed"> {
  const { store } = cluster;
  const found = presentAccess(key, store);
  if (found === undefined) return await depart(key, cluster, now);
  const plan = planFor(found, store.world);
  const access = await keepNames(found, plan, cluster);
  const { actions, refusals } = await held(access, plan, cluster);
  const made = await carryOut(access, { ...plan, actions }, cluster, now().getTime());
  store.programmed.set(keyText(key), { ...made, refusals: [...refusals, ...made.refusals] });
  if (made.overtaken !== undefined) throw made.overtaken;
  await releaseIfDone(presentAccess(key, store), plan, cluster);
  return "programmed";
}

async function depart(key: ObjectKey, cluster: Cluster, now: () => Date): Promise<"absent" | "programmed"> {
  const { store } = cluster;
  const access = store.world.accesses.get(keyText(key));
  if (access === undefined) await sweep(orphansOf(key, store.world), cluster);
  const left = isLeaving(access) ? await letGo(access, cluster, now()) : [];
  forget(key, store);
  if (left.length === 0) return "absent";
  store.programmed.set(keyText(key), { refusals: left });
  return "programmed";
}

export function presentAccess(key: ObjectKey, { world }: Store): ServiceAccess | undefined {
  const access = world.accesses.get(keyText(key));
  return access?.metadata.deletionTimestamp === undefined ? access : undefined;
}

/** Whether every step of the plan was tried: what is said of policies before would be said too soon. */
export function isTried({ actions }: Plan, programmed: Programmed | undefined): boolean {
  if (programmed?.failure !== undefined) return true;
  const refused = new Set(programmed?.refusals.map(({ policy }) => policy));
  return actions.every(({ policy }) => refused.has(policyKey(policy)));
}

function forget(key: ObjectKey, { concerns, programmed }: Store): void {
  concerns.delete(keyText(key));
  programmed.delete(keyText(key));
}
