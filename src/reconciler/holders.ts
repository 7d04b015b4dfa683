import { isEndpoint } from "../core/endpoint.ts";
import { pairText } from "../core/selector.ts";
import type { Pod, World } from "../model/world.ts";
import { labelled } from "./located.ts";
import { workloadOf } from "./workloads.ts";

/** The pods of one workload that carry a label. */
export interface Holders {
  readonly namespace: string;
  /** `namespace/Kind/name`. */
  readonly workload: string;
  readonly pods: readonly Pod[];
}

/**
 * Everyone in the cluster who carries a label and has not ended, by name. Where each customer has a namespace, each of them
 * has the same services and labels, so what one object found serves the next.
 */
export function holdersOf({ pods, workloads }: World, label: string, value: string): readonly Holders[] {
  const known = KNOWN.get(pods) ?? new Map<string, readonly Holders[]>();
  KNOWN.set(pods, known);
  const pair = pairText(label, value);
  const found = known.get(pair) ?? byWorkload(labelled(pods, label, value), workloads);
  known.set(pair, found);
  return found;
}

/** Told by whoever changes the pods of a World: who carried one of these labels, or does now, is looked for again. */
export function forgetHolders(pods: World["pods"], changed: readonly (Pod | undefined)[]): void {
  const known = KNOWN.get(pods);
  if (known === undefined) return;
  for (const pod of changed) {
    for (const [label, value] of Object.entries(pod?.labels ?? {})) known.delete(pairText(label, value));
  }
}

/** The same when an owner of pods has come or gone, for then they go by another name. */
export function forgetNames(pods: World["pods"]): void {
  KNOWN.delete(pods);
}

/** Only what can be told from the pods at any time. */
const KNOWN = new WeakMap<World["pods"], Map<string, readonly Holders[]>>();

function byWorkload(pods: readonly Pod[], workloads: World["workloads"]): readonly Holders[] {
  const groups = Map.groupBy(
    pods.filter(isEndpoint),
    (pod) => `${pod.namespace}/${workloadOf(pod, { workloads })}`,
  );
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([workload, members]) => ({ namespace: members[0]?.namespace ?? "", workload, pods: members }));
}
