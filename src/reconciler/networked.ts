import { networkOf } from "../core/networks.ts";
import { keyText } from "../model/key.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import type { World } from "../model/world.ts";
import type { Change } from "./store.ts";

/** `namespace/name` of the definition of the network that an object is about; undefined for the pod network. */
export function definitionOf({
  metadata,
  spec,
}: Pick<ServiceAccess, "metadata" | "spec">): string | undefined {
  const { network } = spec;
  if (network === undefined) return undefined;
  return keyText({ namespace: network.namespace ?? metadata.namespace, name: network.name });
}

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
  if (before !== undefined) leave(index, before);
  if (after !== undefined) enter(index, after);
}

/** By definition, the keys of the objects about its network. */
type Index = Map<string, Set<string>>;

/** Only what can be told from the accesses at any time. */
const INDEXES = new WeakMap<World["accesses"], Index>();

function indexOf(accesses: World["accesses"]): Index {
  const known = INDEXES.get(accesses);
  if (known !== undefined) return known;
  const index: Index = new Map();
  for (const access of accesses.values()) enter(index, access);
  INDEXES.set(accesses, index);
  return index;
}

function enter(index: Index, access: ServiceAccess): void {
  const definition = definitionOf(access);
  if (definition === undefined) return;
  const keys = index.get(definition) ?? new Set<string>();
  index.set(definition, keys.add(keyText(access.metadata)));
}

function leave(index: Index, access: ServiceAccess): void {
  const definition = definitionOf(access);
  const keys = definition === undefined ? undefined : index.get(definition);
  keys?.delete(keyText(access.metadata));
  if (definition !== undefined && keys?.size === 0) index.delete(definition);
}
