import { keyText, type ObjectKey } from "../model/key.ts";
import { NAMESPACE_NAME_LABEL } from "../model/labels.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { Pod } from "../model/world.ts";
import { matches, mayHold } from "./admits.ts";
import type { Direction } from "./answer.ts";
import type { Applying, Classes, Evaluator, Matching } from "./evaluator.ts";
import { type Finer, finerClasses, finerFor, finerKey } from "./finer.ts";
import type { Peer, Policy } from "./policy.ts";
import type { PodClass } from "./room.ts";
import { type Selector, selects } from "./selector.ts";
import { FEW } from "./shelves.ts";

/** NetworkPolicies that are there for the time of a question, in place of those of the same name, and some that are not. */
export interface Supposition {
  readonly put: readonly NetworkPolicy[];
  readonly without: readonly ObjectKey[];
}

/**
 * Asks what would be if. The engine is only looked at, never changed, so nobody has to be told and nothing put back; what
 * is handed to `ask` is true until the next event, and must not be kept.
 */
export function supposing<T>(
  evaluator: Evaluator,
  supposition: Supposition,
  ask: (supposed: Evaluator) => T,
): T {
  return ask(supposed(evaluator, supposition));
}

function supposed(evaluator: Evaluator, { put, without }: Supposition): Evaluator {
  const added = put.map(evaluator.read);
  const gone = new Set([...without.map(keyText), ...added.map(({ name }) => name)]);
  const finer = finerFor(added);
  const own = new Set<unknown>(added.flatMap(peersOf));
  const isGone = ({ policy }: Applying): boolean => gone.has(policy.name);
  const view: Evaluator = {
    ...evaluator,
    applyingTo: (direction, pod) => applyingTo(evaluator.applyingTo(direction, pod), direction, pod),
    classKey: (pod) => finerKey(evaluator, finer, pod),
    classes: () => finerClasses(evaluator.classes(), finer),
    classesIn: (namespace) => finerClasses(evaluator.classesIn(namespace), finer),
    matching: (peers) => (own.has(peers) ? matchingOwn(view, peers) : cutMatching(evaluator, finer, peers)),
    problems: () => [
      ...evaluator.problems().filter(({ policy }) => !gone.has(policy)),
      ...added.flatMap(({ name, problems }) => problems.map((problem) => ({ policy: name, problem }))),
    ],
  };
  return view;

  function applyingTo(known: readonly Applying[], direction: Direction, pod: Pod): readonly Applying[] {
    const kept = known.some(isGone) ? known.filter((each) => !isGone(each)) : known;
    const fresh = added.flatMap((policy) => applies(policy, direction, pod));
    return fresh.length === 0 ? kept : [...kept, ...fresh];
  }
}

function applies(policy: Policy, direction: Direction, pod: Pod): readonly Applying[] {
  if (policy.namespace !== pod.namespace || policy[direction] === undefined) return [];
  const selected = selects(policy.subject, pod.labels);
  return selected === "no" ? [] : [{ policy, selects: selected }];
}

function peersOf({ egress = [], ingress = [] }: Policy): readonly (readonly Peer[])[] {
  return [...egress, ...ingress].flatMap(({ peers }) => (peers === "anyone" ? [] : [peers]));
}

/** What the engine finds for its own policies, whose peers cannot tell the parts of a class apart. */
function cutMatching(evaluator: Evaluator, finer: Finer, peers: readonly Peer[]): Matching {
  const found = evaluator.matching(peers);
  if (found.classes === "all" || !finer.mayCut) return found;
  const isWhole = (group: PodClass): boolean => finer.partsOf(group)[0] === group;
  for (const group of found.classes) {
    if (!isWhole(group)) return { ...found, classes: classesOf([...finerClasses(found.classes, finer)]) };
  }
  return found;
}

/** Of these peers the engine has never heard, so every class that they may mean is held against them. */
function matchingOwn(evaluator: Evaluator, peers: readonly Peer[]): Matching {
  if (peers.some(({ kind }) => kind === "undetermined")) return { classes: "all", isExact: false };
  const groups = new Set<PodClass>();
  let isExact = true;
  for (const peer of peers) {
    for (const group of candidates(evaluator, peer)) {
      const held = holds(evaluator, peer, group);
      if (held !== "no") groups.add(group);
      if (held === "maybe") isExact = false;
    }
    if (peer.kind === "block") isExact = false;
  }
  return { classes: classesOf([...groups]), isExact };
}

function holds(evaluator: Evaluator, peer: Peer, group: PodClass): ReturnType<typeof matches> {
  if (peer.kind === "block") return mayHold(peer, group.pod) ? "yes" : "no";
  return matches(peer, { kind: "pod", pod: group.pod }, undefined, evaluator);
}

/** Most peers name the namespaces that they mean. */
function candidates(evaluator: Evaluator, peer: Peer): Iterable<PodClass> {
  if (peer.kind !== "pods") return evaluator.classes();
  const { namespaces } = peer;
  if (namespaces.kind === "own") return evaluator.classesIn(namespaces.namespace);
  const names = namesIn(namespaces.selector);
  return names === undefined ? evaluator.classes() : names.flatMap((name) => [...evaluator.classesIn(name)]);
}

function namesIn(selector: Selector): readonly string[] | undefined {
  if (selector.kind === "invalid") return undefined;
  const named = selector.requirements.find(
    (requirement) => requirement.operator === "In" && requirement.key === NAMESPACE_NAME_LABEL,
  );
  return named !== undefined && "values" in named ? named.values : undefined;
}

function classesOf(groups: readonly PodClass[]): Classes {
  return groups.length <= FEW ? groups : new Set(groups);
}
