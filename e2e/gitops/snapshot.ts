import { believe } from "../control-plane/believe.ts";
import type { RawAccess } from "../operator/reads.ts";

/** What a reader of an object's life looks at, with the names and times of the run taken out. */
export interface Snapshot {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly generation: number;
    readonly finalizers?: readonly string[];
    readonly deletionTimestamp?: string;
  };
  readonly spec: RawAccess["spec"];
  readonly status: Pick<NonNullable<RawAccess["status"]>, "observedGeneration" | "conditions" | "summary">;
}

/** The same in every run; the rest of a status has tests of its own, and no reader of health looks at it. */
export function snapshotOf({ metadata, spec, status = {} }: RawAccess): Snapshot {
  const { name, namespace, generation, finalizers, deletionTimestamp } = metadata;
  const { observedGeneration, conditions, summary } = status;
  const seen = {
    apiVersion: "serviceaccess.dev/v1alpha1",
    kind: "ServiceAccess",
    metadata: { name, namespace, generation, finalizers, deletionTimestamp },
    spec,
    status: { observedGeneration, conditions, summary },
  };
  const text = JSON.stringify(seen)
    .replaceAll(namespace, "shop")
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "2026-11-21T12:00:00Z");
  return believe<Snapshot>(text);
}
