import type { Snapshot } from "./snapshot.ts";

/** What Flux, kpt and others say of an object: the rules of kstatus for a kind that they do not know. */
export type Kstatus = "Terminating" | "InProgress" | "Failed" | "Current";

export type Readable = Pick<Snapshot, "status"> & {
  readonly metadata: Pick<Snapshot["metadata"], "generation" | "deletionTimestamp">;
};

/** The first rule that applies decides; an object that says nothing at all is Current, which is why a new one says -1. */
export function kstatusOf({ metadata, status }: Readable): Kstatus {
  const { observedGeneration, conditions = [] } = status;
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  if (observedGeneration !== undefined && observedGeneration !== metadata.generation) return "InProgress";
  const telling = conditions.find(
    (condition) => condition.status === "True" && ["Reconciling", "Stalled"].includes(condition.type),
  );
  if (telling !== undefined) return telling.type === "Stalled" ? "Failed" : "InProgress";
  const ready = conditions.find((condition) => condition.type === "Ready");
  return ready === undefined || ready.status === "True" ? "Current" : "InProgress";
}
