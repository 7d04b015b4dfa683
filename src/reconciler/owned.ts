import { MANAGED_BY_LABEL, MANAGER, OWNER_NAME_LABEL, OWNER_NAMESPACE_LABEL } from "../generator/names.ts";
import { keyText, type ObjectKey } from "../model/key.ts";
import type { NetworkPolicy, PolicyKind } from "../model/network-policy.ts";
import type { World } from "../model/world.ts";
import type { Change, Stored } from "./store.ts";

/** The policies that say in their labels that they were made for this object, in whatever namespace they are. */
export function policiesNaming(
  owner: ObjectKey,
  { policies, multiPolicies }: World,
): readonly NetworkPolicy[] {
  const key = keyText(owner);
  return [policies, multiPolicies].flatMap((map) => [...(indexOf(map).get(key)?.values() ?? [])]);
}

/** Whose policy a changed one says it is, and said it was. */
export function ownersOf({ before, after }: Pick<Change, "before" | "after">): readonly ObjectKey[] {
  const owners = [before, after].flatMap((item) => (isPolicy(item) ? (ownerOf(item.object) ?? []) : []));
  const [first, second] = owners;
  if (first === undefined || second === undefined) return owners;
  return keyText(first) === keyText(second) ? [first] : owners;
}

function isPolicy(item: Stored | undefined): item is Extract<Stored, { readonly kind: PolicyKind }> {
  return item?.kind === "NetworkPolicy" || item?.kind === "MultiNetworkPolicy";
}

/** The object that a policy of ours names as its own; undefined for everybody else's policies. */
export function ownerOf({ metadata: { labels = {} } }: NetworkPolicy): ObjectKey | undefined {
  const { [OWNER_NAMESPACE_LABEL]: namespace, [OWNER_NAME_LABEL]: name } = labels;
  if (labels[MANAGED_BY_LABEL] !== MANAGER || namespace === undefined || name === undefined) return undefined;
  return { namespace, name };
}

/** Keeps the indexes of the watched policies current; whoever changes one of the maps calls this with what it changed. */
export function reindex({ policies, multiPolicies }: World, { kind, key, before, after }: Change): void {
  const index = indexes.get(kind === "MultiNetworkPolicy" ? multiPolicies : policies);
  if (index === undefined) return;
  if (isPolicy(before)) withdraw(index, key, before.object);
  if (isPolicy(after)) enter(index, key, after.object);
}

type Index = Map<string, Map<string, NetworkPolicy>>;

/** Worked out once for each map of policies, when somebody asks first; policies elsewhere are found by their labels only. */
const indexes = new WeakMap<World["policies"], Index>();

function indexOf(policies: World["policies"]): Index {
  const known = indexes.get(policies);
  if (known !== undefined) return known;
  const index: Index = new Map();
  for (const [key, policy] of policies) enter(index, key, policy);
  indexes.set(policies, index);
  return index;
}

function enter(index: Index, key: string, policy: NetworkPolicy): void {
  const owner = ownerOf(policy);
  if (owner === undefined) return;
  const shelf = index.get(keyText(owner));
  if (shelf === undefined) index.set(keyText(owner), new Map([[key, policy]]));
  else shelf.set(key, policy);
}

function withdraw(index: Index, key: string, policy: NetworkPolicy): void {
  const owner = ownerOf(policy);
  if (owner === undefined) return;
  const shelf = index.get(keyText(owner));
  shelf?.delete(key);
  if (shelf?.size === 0) index.delete(keyText(owner));
}
