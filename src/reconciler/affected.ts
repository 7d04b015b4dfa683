import { isEqual } from "../model/equal.ts";
import { HALVES, mayBeElsewhere, permitsNameElsewhere, policyName } from "../generator/names.ts";
import { keyText, type ObjectKey } from "../model/key.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import type { World } from "../model/world.ts";
import { choosesNamespaces } from "./consent.ts";
import { movesDns } from "./dns-change.ts";
import { inNamespace } from "./located.ts";
import { thoseNamingMachine } from "./machine-targets.ts";
import { askingAnew, besidePolicy, onNetworks } from "./networked.ts";
import { ownersOf } from "./owned.ts";
import { objectIn } from "./stored.ts";
import type { Change, Store, StoredKind } from "./store.ts";

/** An object that a change may concern, and the turn that it asks for, as the queue has it. */
export interface Affected {
  readonly key: ObjectKey;
  /** `first`: something of its own may have to be repaired; `in turn`: it may ask for other policies now. */
  readonly lane: "first" | "in turn" | "status";
}

/**
 * The objects whose policies or status a change may concern. Of an object that nobody has looked at yet nothing is known,
 * and nothing has to be: its first turns are still to come.
 */
export function affectedBy(change: Change, store: Store): readonly Affected[] {
  if (change.kind === "ServiceAccess") return [...ofAccess(change, store), ...thoseReferring(change, store)];
  const isPolicy = change.kind === "NetworkPolicy" || change.kind === "MultiNetworkPolicy";
  const owners = isPolicy ? policyOwners(change, store) : [];
  const own = new Set(owners.map(keyText));
  const choosing =
    change.kind === "Namespace" ? thoseChoosing(store) : thoseNamingMachine(change, store.world);
  const concerned =
    crossesLimit(change, store) || movesDns(change, store.world)
      ? new Set(store.world.accesses.keys())
      : store.concerns.concernedBy(change, store.evaluator());
  const asking = choosing.union(askingAnew(change, store.world));
  const meeting = onNetworks(change.networks ?? [], store.world).union(besidePolicy(change, store.world));
  const others = concerned.union(asking).union(meeting).difference(own);
  const mayAskMore = MAY_ASK_MORE.includes(change.kind);
  return [
    ...owners.map((key) => ({ key, lane: "first" as const })),
    ...[...others].flatMap((text) => {
      const access = store.world.accesses.get(text);
      const lane = mayAskMore || asking.has(text) ? ("in turn" as const) : ("status" as const);
      return access === undefined ? [] : [{ key: keyOf(access), lane }];
    }),
  ];
}

/** What targets are named by. */
const MAY_ASK_MORE: readonly StoredKind[] = [
  "Service",
  "EndpointSlice",
  "ResolvedName",
  "Workload",
  "VirtualMachine",
  "VirtualMachineInstance",
];

/** One policy more than a plugin is advised to have is a finding of every object, and one less is none. */
function crossesLimit({ kind, before, after }: Change, store: Store): boolean {
  const { advisedPolicies } = store.evaluator().profile;
  if (kind !== "NetworkPolicy" || advisedPolicies === undefined) return false;
  const { size } = store.world.policies;
  return before === undefined
    ? size === advisedPolicies + 1
    : after === undefined && size === advisedPolicies;
}

/** Those whose permits lie in namespaces that have a label, or an annotation. */
function thoseChoosing({ world }: Store): ReadonlySet<string> {
  const choosing = [...world.accesses].filter(([, access]) => choosesNamespaces(access));
  return new Set(choosing.map(([text]) => text));
}

/** Whose status somebody else has written is told again, but nothing of its policies has changed. */
function ofAccess({ key, before, after }: Change, { saying }: Store): readonly Affected[] {
  const [was, is] = [objectIn(before, "ServiceAccess"), objectIn(after, "ServiceAccess")];
  const access = is ?? was;
  if (access === undefined) return [];
  const isStatus = was !== undefined && is !== undefined && isEqual(asked(was), asked(is));
  if (!isStatus) return [{ key: keyOf(access), lane: "first" }];
  return isEqual(is.status, saying.get(key)) ? [] : [{ key: keyOf(access), lane: "status" }];
}

/** Those that have the object among their peers: its target and its ports are theirs, its status is not. */
function thoseReferring(change: Change, store: Store): readonly Affected[] {
  const [was, is] = [objectIn(change.before, "ServiceAccess"), objectIn(change.after, "ServiceAccess")];
  if (isEqual(was?.spec, is?.spec)) return [];
  const others = store.concerns.concernedBy(change, store.evaluator());
  return [...others].flatMap((text) => {
    const access = text === change.key ? undefined : store.world.accesses.get(text);
    return access === undefined ? [] : [{ key: keyOf(access), lane: "in turn" as const }];
  });
}

function asked({ metadata, spec }: ServiceAccess): unknown {
  const { resourceVersion: _, ...rest } = metadata;
  return [rest, spec];
}

/**
 * Those whom the policy names as its owner, there or not, for what a gone object has left is to be removed; and those who
 * want one of this name: it may be back, or in the way.
 */
function policyOwners(change: Change, { world }: Store): readonly ObjectKey[] {
  const named = ownersOf(change);
  const namespace = change.key.slice(0, change.key.indexOf("/"));
  const wanting = inNamespace(world.accesses, namespace).filter(({ metadata: { name } }) =>
    HALVES.some((half) => change.key === keyText({ namespace, name: policyName(name, half) })),
  );
  const beyond = named.length > 0 ? [] : wantingElsewhere(change.key.slice(namespace.length + 1), world);
  const all = [...named, ...[...wanting, ...beyond].map(keyOf)];
  return [...new Map(all.map((key) => [keyText(key), key])).values()];
}

/** In another namespace somebody else's policy may be in the way, or be so no longer. */
function wantingElsewhere(name: string, { accesses }: World): readonly ServiceAccess[] {
  if (!mayBeElsewhere(name)) return [];
  return [...accesses.values()].filter(
    (access) => choosesNamespaces(access) && permitsNameElsewhere(access.metadata) === name,
  );
}

function keyOf({ metadata: { namespace, name } }: ServiceAccess): ObjectKey {
  return { namespace, name };
}
