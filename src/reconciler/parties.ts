import { type AddressRange, parseRange } from "../core/addresses.ts";
import type { Direction } from "../core/answer.ts";
import { classesOf, type PodGroup } from "../core/classes.ts";
import { type Endpoint, isEndpoint } from "../core/endpoint.ts";
import type { Evaluator } from "../core/evaluator.ts";
import type { PodClass } from "../core/room.ts";
import { compileSelector, selects } from "../core/selector.ts";
import { atoms, boundaries } from "../core/split.ts";
import type { LabelSelector } from "../model/network-policy.ts";
import type { Pod, World } from "../model/world.ts";
import type { Grant } from "./grant.ts";
import { inNamespace } from "./located.ts";

/** One side of a row: pods that neither a policy nor the object tells apart, or addresses outside. */
export type Party =
  | { readonly kind: "pods"; readonly endpoint: Endpoint; readonly group: PodGroup }
  | { readonly kind: "addresses"; readonly endpoint: Endpoint; readonly range: AddressRange };

/** What is in force may be less than the object declares: both decide who is alike. */
export function podParties(evaluator: Evaluator, grant: Grant, pods: Iterable<Pod>): readonly Party[] {
  return classesOf(evaluator, pods).flatMap(({ pod, members }) =>
    [...Map.groupBy(members, grant.classKey).values()].map((alike) => partyOf(alike[0] ?? pod, alike)),
  );
}

/** The same for classes as the evaluator knows them, which saves looking at every pod. */
export function classParties(grant: Grant, classes: Iterable<PodClass>): readonly Party[] {
  return [...classes].flatMap(({ members }) =>
    [...Map.groupBy(members.values(), grant.classKey).values()].flatMap((alike) => {
      const [first] = alike;
      return first === undefined ? [] : [partyOf(first, alike)];
    }),
  );
}

/** All pods of a class, whatever an object makes of them. */
export function classParty({ pod, members }: PodClass): Party {
  return { kind: "pods", endpoint: { kind: "pod", pod }, group: { pod, members: [...members.values()] } };
}

function partyOf(first: Pod, members: readonly Pod[]): Party {
  const pod = { ...first, node: "", nodeAddresses: [] };
  return { kind: "pods", endpoint: { kind: "pod", pod }, group: { pod, members } };
}

/** All addresses there are, cut where a policy of these pods or the object tells them apart. */
export function addressParties(
  evaluator: Evaluator,
  { blocks: told }: Pick<Grant, "blocks">,
  direction: Direction,
  pods: readonly Party[],
): readonly Party[] {
  const blocks = pods.flatMap(({ endpoint }) =>
    endpoint.kind === "pod" ? boundaries(evaluator, direction, endpoint) : [],
  );
  return EVERYWHERE.flatMap((everywhere) => atoms(everywhere, [...blocks, ...told])).map((range) => ({
    kind: "addresses",
    endpoint: { kind: "address", address: range },
    range,
  }));
}

/** The running pods of a namespace that a selector selects, by name: in which order they came must not show. */
export function selectedPods(world: World, namespace: string, selector: LabelSelector): readonly Pod[] {
  const compiled = compileSelector(selector);
  return inNamespace(world.pods, namespace)
    .filter((pod) => isEndpoint(pod) && selects(compiled, pod.labels) === "yes")
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

const EVERYWHERE: readonly AddressRange[] = ["0.0.0.0/0", "::/0"]
  .map(parseRange)
  .filter((range) => range !== undefined);
