import { HALVES, policyName } from "../generator/names.ts";
import { keyText, type ObjectKey } from "../model/key.ts";
import { isConcerned } from "./concern.ts";
import type { Change, Store, Stored } from "./store.ts";

/**
 * The objects whose policies or status a change may concern: the object itself, and all whose status was worked out from
 * what the change touches. Of an object that nobody has looked at yet nothing is known, so everything concerns it.
 */
export function affectedBy(change: Change, { world, concerns }: Store): readonly ObjectKey[] {
  const own = ownKey(change.after ?? change.before);
  if (own !== undefined) return [own];
  return [...world.accesses.values()]
    .map(({ metadata: { namespace, name } }) => ({ namespace, name }))
    .filter((key) => {
      const concern = concerns.get(keyText(key));
      return concern === undefined || isConcerned(concern, change);
    });
}

/** Whether the change is of the object itself or of a policy that is to be its own: then there may be something to repair. */
export function isOwn({ kind, key: changed }: Change, key: ObjectKey): boolean {
  if (kind === "ServiceAccess") return changed === keyText(key);
  const { namespace, name } = key;
  return (
    kind === "NetworkPolicy" &&
    HALVES.some((half) => changed === keyText({ namespace, name: policyName(name, half) }))
  );
}

function ownKey(item: Stored | undefined): ObjectKey | undefined {
  if (item?.kind !== "ServiceAccess") return undefined;
  const { namespace, name } = item.object.metadata;
  return { namespace, name };
}
