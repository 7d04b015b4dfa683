import { isEqual } from "../model/equal.ts";
import { keyText } from "../model/key.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import type { Cluster } from "./cluster.ts";
import { nameStatus } from "./name-claims.ts";
import type { Plan } from "./plan.ts";
import { say } from "./say.ts";

/**
 * What DNS names resolve to is in the status before it is in a policy. Whoever takes over begins with the status: an
 * address that was only in the policy would be cut off until it is answered again. Answers with the object as it is then.
 */
export async function keepNames(access: ServiceAccess, plan: Plan, cluster: Cluster): Promise<ServiceAccess> {
  const { names } = nameStatus(access, plan);
  if (names === undefined || plan.actions.length === 0) return access;
  if (isEqual(names, access.status?.names ?? [])) return access;
  await say(access, { ...access.status, names }, cluster);
  return cluster.store.world.accesses.get(keyText(access.metadata)) ?? access;
}
