import { definitionOf, networkOf } from "../core/networks.ts";
import { keyText } from "../model/key.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import type { World } from "../model/world.ts";
import { enter, type KeysByWord, leave } from "./keys-by-word.ts";
import type { Change } from "./store.ts";

/** What Kube-OVN does on secondary networks is not evaluated: of it nothing is claimed, rather than something wrong. */
export function isEvaluated({ spec }: Pick<ServiceAccess, "spec">): boolean {
  return spec.network?.backend !== "KubeOVN";
}

/** The objects that may ask for other policies now, because what is known of their network, or of its policies, changed. */
export function askingAnew({ kind, key }: Change, { accesses }: World): ReadonlySet<string> {
  if (kind === "NetworkAttachment") return new Set(indexOf(accesses).get(key));
  if (kind !== "PolicyDefinition") return new Set();
  return new Set([...indexOf(accesses).values()].flatMap((keys) => [...keys]));
}

/** The objects about networks that tell of a policy which no enforcer knows of: it lies beside them. */
export function besidePolicy({ kind, key }: Change, { accesses }: World): ReadonlySet<string> {
  if (kind !== "MultiNetworkPolicy") return new Set();
  const home = key.slice(0, key.indexOf("/") + 1);
  const all = [...indexOf(accesses).values()].flatMap((keys) => [...keys]);
  return new Set(all.filter((each) => each.startsWith(home)));
}

/** The objects about networks on which something may be another way now. */
export function onNetworks(networks: readonly string[], world: World): ReadonlySet<string> {
  if (networks.length === 0) return new Set();
  const meant = [...indexOf(world.accesses)].filter(([definition]) =>
    networks.includes(networkOf(definition, world)),
  );
  return new Set(meant.flatMap(([, keys]) => [...keys]));
}

/** Told by whoever changes the accesses of a World. */
export function moveNetworked(
  accesses: World["accesses"],
  before: ServiceAccess | undefined,
  after: ServiceAccess | undefined,
): void {
  const index = INDEXES.get(accesses);
  if (index === undefined) return;
  const [was, is] = [before, after].map((access) =>
    access === undefined ? undefined : definitionOf(access),
  );
  if (before !== undefined && was !== undefined) leave(index, was, keyText(before.metadata));
  if (after !== undefined && is !== undefined) enter(index, is, keyText(after.metadata));
}

/** By definition, the objects about its network: only what can be told from the accesses at any time. */
const INDEXES = new WeakMap<World["accesses"], KeysByWord>();

function indexOf(accesses: World["accesses"]): KeysByWord {
  const known = INDEXES.get(accesses);
  if (known !== undefined) return known;
  const index: KeysByWord = new Map();
  for (const [key, access] of accesses) {
    const definition = definitionOf(access);
    if (definition !== undefined) enter(index, definition, key);
  }
  INDEXES.set(accesses, index);
  return index;
}
