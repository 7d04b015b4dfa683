import type { Direction } from "../../core/answer.ts";
import { classesOf, type PodGroup } from "../../core/classes.ts";
import type { Evaluator } from "../../core/evaluator.ts";
import type { Peer, Policy } from "../../core/policy.ts";
import { MANAGED_BY_LABEL, MANAGER } from "../../generator/names.ts";
import type { NetworkPolicy } from "../../model/network-policy.ts";
import type { ServiceAccess } from "../../model/service-access.ts";
import type { World } from "../../model/world.ts";
import type { Reach } from "../reach.ts";

/** A policy that has a say on the object's targets or clients; most often one that somebody wrote by hand. */
export interface Other {
  readonly policy: Policy;
  readonly written: NetworkPolicy;
  /** Whom of them it isolates, in classes. */
  readonly groups: readonly PodGroup[];
}

export const DIRECTIONS: readonly Direction[] = ["egress", "ingress"];

/** What comes of a ServiceAccess is judged with that object, not with everyone whose pods it selects. */
export function othersOn(reach: Ends, world: World, evaluator: Evaluator): readonly Other[] {
  return writtenOn(reach, world, evaluator).filter(({ written }) => !isManaged(written));
}

/** What came of ServiceAccesses, this one or others. */
export function oursOn(reach: Ends, world: World, evaluator: Evaluator): readonly Other[] {
  return writtenOn(reach, world, evaluator).filter(({ written }) => isManaged(written));
}

type Ends = Pick<Reach, "targets" | "clients">;

function isManaged({ metadata }: NetworkPolicy): boolean {
  return metadata.labels?.[MANAGED_BY_LABEL] === MANAGER;
}

function writtenOn({ targets, clients }: Ends, world: World, evaluator: Evaluator): readonly Other[] {
  const found = new Map<string, { readonly policy: Policy; readonly groups: Set<PodGroup> }>();
  for (const group of classesOf(evaluator, new Set([...targets, ...clients]))) {
    for (const policy of policiesOn(group, evaluator)) {
      const known = found.get(policy.name) ?? { policy, groups: new Set() };
      known.groups.add(group);
      found.set(policy.name, known);
    }
  }
  return [...found.values()].flatMap(({ policy, groups }) => {
    const written = world.policies.get(policy.name);
    return written === undefined ? [] : [{ policy, written, groups: [...groups] }];
  });
}

function policiesOn({ pod }: PodGroup, evaluator: Evaluator): ReadonlySet<Policy> {
  const applying = DIRECTIONS.flatMap((direction) => evaluator.applyingTo(direction, pod));
  return new Set(applying.flatMap(({ policy, selects }) => (selects === "yes" ? [policy] : [])));
}

/** As findings name it: without the namespace where that is the object's own. */
export function otherText({ written }: Pick<Other, "written">, access: ServiceAccess): string {
  const { kind, metadata } = written;
  const text = `${kind}/${metadata.name}`;
  return metadata.namespace === access.metadata.namespace ? text : `${metadata.namespace}/${text}`;
}

/** Every peer that a policy names in either direction; "anyone" is no name. */
export function peersNamed({ egress = [], ingress = [] }: Policy): readonly Peer[] {
  return [...egress, ...ingress].flatMap(({ peers }) => (peers === "anyone" ? [] : peers));
}
