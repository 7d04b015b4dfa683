import type { Pod } from "../model/world.ts";
import { createAtoms } from "./atoms.ts";
import type { Evaluator } from "./evaluator.ts";
import type { Policy } from "./policy.ts";
import type { PodClass } from "./room.ts";
import { sightOfPolicy } from "./sight.ts";
import { type Seen, signatureOf } from "./signature.ts";

/** The classes of an evaluator, cut where some more policies can tell their pods apart. */
export interface Finer {
  /** Equal for pods of one class of the evaluator that the policies do not tell apart. */
  keyOf(pod: Pod): string;
  /** The class itself where nothing tells its pods apart; always the same objects for the same class. */
  partsOf(group: PodClass): readonly PodClass[];
  /** Whether some class may have parts. */
  readonly mayCut: boolean;
}

export function finerFor(policies: readonly Policy[]): Finer {
  const { seen, ownKeys, isWide } = seenBy(policies);
  const keyOf = (pod: Pod): string => signatureOf(pod, ownKeys.get(pod.namespace) ?? NO_KEYS, seen).key;
  const known = new Map<PodClass, readonly PodClass[]>();
  return {
    keyOf,
    mayCut: policies.length > 0,
    partsOf(group) {
      if (group.members.size < 2 || !(isWide || ownKeys.has(group.namespace))) return [group];
      const parts = known.get(group) ?? cut(group, keyOf);
      known.set(group, parts);
      return parts;
    },
  };
}

const NO_KEYS: ReadonlySet<string> = new Set();

/** What the policies look at: of the pods of their own namespaces, and of all pods. */
function seenBy(policies: readonly Policy[]): {
  readonly seen: Seen;
  readonly ownKeys: ReadonlyMap<string, ReadonlySet<string>>;
  readonly isWide: boolean;
} {
  const sights = policies.map((policy) => ({ namespace: policy.namespace, ...sightOfPolicy(policy) }));
  const keys = new Set(sights.flatMap(({ clusterKeys }) => clusterKeys));
  const portNames = new Set(sights.flatMap((sight) => sight.portNames));
  const atoms = createAtoms();
  for (const range of sights.flatMap(({ ranges }) => ranges)) atoms.add(range, () => false);
  const ownKeys = new Map(
    [...Map.groupBy(sights, ({ namespace }) => namespace)].map(([namespace, own]) => [
      namespace,
      new Set(own.flatMap((sight) => sight.ownKeys)),
    ]),
  );
  return {
    seen: { keys, portNames, atoms },
    ownKeys,
    isWide: keys.size + portNames.size > 0 || !atoms.isUncut(),
  };
}

function cut(group: PodClass, keyOf: (pod: Pod) => string): readonly PodClass[] {
  const parts = Map.groupBy(group.members, ([, pod]) => keyOf(pod));
  if (parts.size < 2) return [group];
  return [...parts].flatMap(([key, members]) => {
    const [first] = members;
    return first === undefined ? [] : [partOf(group, key, first[1], new Map(members))];
  });
}

/** As every class, a part is spoken for by one of its members without its node. */
function partOf(whole: PodClass, key: string, first: Pod, members: ReadonlyMap<string, Pod>): PodClass {
  const pod = { ...first, node: "", nodeAddresses: [] };
  return { namespace: whole.namespace, key: `${whole.key}#${key}`, pod, members };
}

/** The classes of an evaluator with what cuts them. */
export function* finerClasses(classes: Iterable<PodClass>, finer: Finer): Iterable<PodClass> {
  for (const group of classes) yield* finer.partsOf(group);
}

/** A pod's class by what everybody sees of it. */
export function finerKey(evaluator: Evaluator, finer: Finer, pod: Pod): string {
  return finer.mayCut ? `${evaluator.classKey(pod)}#${finer.keyOf(pod)}` : evaluator.classKey(pod);
}
