import { keyText, type ObjectKey } from "../model/key.ts";
import { act } from "./act.ts";
import type { Cluster } from "./cluster.ts";
import { planFor } from "./plan.ts";
import { isStatusEqual, reportOf, stamped } from "./status.ts";

/** What became of an object; `waiting` is not an error, a change of the cluster will bring it back. */
export type Outcome = "absent" | "ready" | "waiting";

/**
 * Brings the policies of one ServiceAccess to what its spec asks and says in its status what they do; safe to run again at
 * any time. An object that is being deleted is left to the garbage collector, which takes the policies with it.
 */
export async function reconcile(key: ObjectKey, cluster: Cluster, now: () => Date): Promise<Outcome> {
  const { store } = cluster;
  const access = store.world.accesses.get(keyText(key));
  if (access === undefined || access.metadata.deletionTimestamp !== undefined) {
    store.concerns.delete(keyText(key));
    return "absent";
  }

  const plan = planFor(access, store.world);
  const refusals = await act(plan.actions, cluster);

  const report = reportOf(access, plan, refusals, store.world, store.evaluator());
  store.concerns.set(keyText(key), report.concern);
  const status = stamped(access, report, now());
  if (!isStatusEqual(access.status, status)) await cluster.writeStatus(access, status);
  return report.claims.some((claim) => claim.type === "Ready" && claim.status === "True")
    ? "ready"
    : "waiting";
}
