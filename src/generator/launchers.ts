import { instanceKey } from "../model/launcher.ts";
import type { Pod, World } from "../model/world.ts";

/** The launchers of an instance, which is known by `namespace/name`, by their own names: two while it moves to another node. */
export function launchersOf({ pods }: Pick<World, "pods">, instance: string): readonly Pod[] {
  const found = indexOf(pods).get(instance)?.values() ?? [];
  return [...found].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Told by whoever changes the pods of a World. */
export function moveLauncher(pods: World["pods"], before: Pod | undefined, after: Pod | undefined): void {
  const index = KNOWN.get(pods);
  if (index === undefined) return;
  if (before !== undefined) leave(index, before);
  if (after !== undefined) enter(index, after);
}

/** By instance, then by the name of the pod. */
type Index = Map<string, Map<string, Pod>>;

/** Only what can be told from the pods at any time. */
const KNOWN = new WeakMap<World["pods"], Index>();

function indexOf(pods: World["pods"]): Index {
  const known = KNOWN.get(pods);
  if (known !== undefined) return known;
  const index: Index = new Map();
  for (const pod of pods.values()) enter(index, pod);
  KNOWN.set(pods, index);
  return index;
}

function enter(index: Index, pod: Pod): void {
  const key = instanceKey(pod);
  if (key === undefined) return;
  const launchers = index.get(key) ?? new Map<string, Pod>();
  index.set(key, launchers);
  launchers.set(pod.name, pod);
}

function leave(index: Index, pod: Pod): void {
  const key = instanceKey(pod);
  const launchers = key === undefined ? undefined : index.get(key);
  launchers?.delete(pod.name);
  if (key !== undefined && launchers?.size === 0) index.delete(key);
}
