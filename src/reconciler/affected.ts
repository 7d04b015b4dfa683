import type { ObjectKey } from "../model/key.ts";
import type { World } from "../model/world.ts";
import type { Change, Stored } from "./store.ts";

/**
 * The objects whose policies or status a change may concern: the object itself, or, since any pod, namespace or policy
 * can open or close a path to any target, all of them. The queue joins what comes in a burst.
 */
export function affectedBy(change: Change, world: World): readonly ObjectKey[] {
  const own = ownKey(change.after ?? change.before);
  if (own !== undefined) return [own];
  return [...world.accesses.values()].map(({ metadata: { namespace, name } }) => ({ namespace, name }));
}

function ownKey(item: Stored | undefined): ObjectKey | undefined {
  if (item?.kind !== "ServiceAccess") return undefined;
  const { namespace, name } = item.object.metadata;
  return { namespace, name };
}
