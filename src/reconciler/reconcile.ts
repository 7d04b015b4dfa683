import type { ObjectKey } from "../model/key.ts";
import type { Cluster } from "./cluster.ts";
import { program } from "./program.ts";
import { type Outcome, report } from "./report.ts";

/**
 * Brings one ServiceAccess to what its spec asks and says in its status what that does: both turns, one after the other.
 * Safe to run again at any time. The operator takes the turns apart, so that no policy waits for a status.
 */
export async function reconcile(key: ObjectKey, cluster: Cluster, now: () => Date): Promise<Outcome> {
  const programmed = await program(key, cluster, now);
  return programmed === "absent" ? "absent" : await report(key, cluster, now);
}
