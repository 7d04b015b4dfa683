import type { World } from "../model/world.ts";
import type { AccessEvent } from "./cluster.ts";
import type { Change } from "./store.ts";

/**
 * What people are told when an object goes whose policies were all that isolated some pods. Its last status says it: when
 * the object is gone nobody is left to ask.
 */
export function farewellOf(
  { kind, before, after }: Change,
  { namespaces }: Pick<World, "namespaces">,
): AccessEvent | undefined {
  if (kind !== "ServiceAccess" || before?.kind !== "ServiceAccess") return undefined;
  const { metadata, status } = before.object;
  // With a finalizer the object stays for a while: it goes when it is marked, and is told of once.
  if (metadata.deletionTimestamp !== undefined) return undefined;
  const isMarked = after?.kind === "ServiceAccess" && after.object.metadata.deletionTimestamp !== undefined;
  if ((after !== undefined && !isMarked) || status?.deletionWouldExpose === undefined) return undefined;
  // With its namespace go the pods, too.
  if (namespaces.get(metadata.namespace)?.terminating === true) return undefined;
  const note = `the object is deleted: ${status.deletionWouldExpose.message}`;
  return { access: metadata, type: "Warning", reason: "DeletionExposes", action: "Delete", note };
}
