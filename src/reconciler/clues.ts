import type { Touched } from "../core/engine.ts";
import type { Evaluator } from "../core/evaluator.ts";
import { SPECIFICATION } from "../core/profile.ts";
import { nameOnly, type PodClass } from "../core/room.ts";
import { selectorOf, selectsNamespace } from "../core/selector.ts";
import { VIRT_API } from "../generator/referred.ts";
import { isVirtApi } from "../generator/virtctl.ts";
import { keyText } from "../model/key.ts";
import { instanceKey } from "../model/launcher.ts";
import type { Namespace, Pod } from "../model/world.ts";
import { classId, type Concern, mayAdmit } from "./concern.ts";
import { BROAD, podWords } from "./concern-words.ts";
import { workloadIn } from "./lookups.ts";
import { isNamed } from "./named.ts";
import { isOfPlugin } from "./plugins-seen.ts";
import type { Change, Stored, StoredKind } from "./store.ts";

/** Words that a change has, and what of the objects that share one has to hold besides. */
export interface Clue {
  readonly words: readonly string[];
  readonly isMeant?: (concern: Concern) => boolean;
}

export function cluesOf(change: Change, evaluator: Evaluator): Found {
  return CLUES[change.kind](change, evaluator);
}

type Found = "everyone" | readonly Clue[];

const ofSecondaryNetworks = (): Found => [];

const CLUES: { readonly [K in StoredKind]: (change: Change, evaluator: Evaluator) => Found } = {
  ServiceAccess: ({ key }) => [{ words: [`ServiceAccess ${key}`] }],
  MultiNetworkPolicy: ofSecondaryNetworks,
  PolicyDefinition: ofSecondaryNetworks,
  NetworkAttachment: ofSecondaryNetworks,
  IPAMClaim: ofSecondaryNetworks,
  TierPolicy: () => "everyone",
  Node: ({ touched }, { profile }) => (profile.ipBlockMatchesNodes && isNothing(touched) ? [] : "everyone"),
  Unreadable: ({ key, touched }, evaluator) =>
    key.startsWith("NetworkPolicy ") ? touchedClues(touched, evaluator) : "everyone",
  NetworkPolicy: ({ touched }, evaluator) => touchedClues(touched, evaluator),
  EndpointSlice: (change) => [{ words: slicesOf(change).map((slice) => `EndpointSlice ${slice}`) }],
  ResolvedName: ({ key }) => [{ words: [`DNS name ${key}`] }],
  Service: (change) => [{ words: [`at ${namespaceOf(change)}`, `Service ${change.key}`] }],
  Workload: workloadClues,
  VirtualMachine: machineClues,
  VirtualMachineInstance: machineClues,
  Namespace: namespaceClues,
  Pod: podClues,
};

/** Everything with a class that was touched, and for a class that is new whoever may let it in. */
function touchedClues(touched: Touched | undefined, evaluator: Evaluator): "everyone" | readonly Clue[] {
  if (touched === undefined || touched.classes === "all") return "everyone";
  if (touched.classes.length === 0) return [];
  const classes = touched.classes.map((each) => `class ${classId(each.namespace, each.key)}`);
  const known = { words: [BROAD, ...classes] };
  return touched.isStructural
    ? [known, ...touched.classes.map((each) => newcomer(each, evaluator))]
    : [known];
}

function newcomer({ namespace, pod }: PodClass, evaluator: Evaluator): Clue {
  return {
    words: ["admits blocks", ...podWords("admits", namespace, pod.labels)],
    isMeant: (concern) => mayAdmit(concern, pod, evaluator),
  };
}

function podClues(change: Change, evaluator: Evaluator): "everyone" | readonly Clue[] {
  const touched = touchedClues(change.touched, evaluator);
  if (touched === "everyone") return touched;
  const named = podsOf(change).map((pod) => ({
    words: podWords("names", pod.namespace, pod.labels),
    isMeant: ({ selectors }: Concern) => isNamed(selectors, pod, evaluator),
  }));
  return [...touched, ...named, ...podsOf(change).map(launcherClue)];
}

/** Whether a machine is to be restarted is seen on launchers that nobody selects. */
function launcherClue(pod: Pod): Clue {
  const machine = instanceKey(pod);
  return { words: machine === undefined ? [] : [`machine ${machine}`, `at ${pod.namespace}`] };
}

/** Elsewhere a workload matters only to those who tell its pods by the name of their topmost owner. */
function workloadClues({ key, before, after }: Change, evaluator: Evaluator): "everyone" | readonly Clue[] {
  // Every status tells which plugins are seen, as long as nobody has said which one there is.
  const isUnsaid = evaluator.profile.name === SPECIFICATION.name;
  if (isUnsaid && (before === undefined || after === undefined) && isOfPlugin(key)) return "everyone";
  const namespace = key.slice(0, key.indexOf("/"));
  const own = {
    words: [`at ${namespace}`, `Workload ${key}`, ...(isVirtApi(key) ? [VIRT_API] : [])],
  };
  if (ownerText(before) === ownerText(after)) return [own];
  const owned = [...evaluator.classesIn(namespace)]
    .flatMap(({ members }) => [...members.values()])
    .filter(({ owner }) => owner !== undefined);
  const words = new Set(owned.flatMap(({ labels }) => podWords("names", namespace, labels)));
  return [own, { words: [BROAD, `pods of ${namespace}`, ...words] }];
}

/** What its launchers let through to the guest may be told with the machine. */
function machineClues(change: Change, evaluator: Evaluator): "everyone" | readonly Clue[] {
  const own = workloadClues(change, evaluator);
  if (change.touched === undefined || own === "everyone") return own;
  const touched = touchedClues(change.touched, evaluator);
  return touched === "everyone" ? touched : [...own, ...touched];
}

/** What was selected by the labels of a namespace before, and what is now. */
function namespaceClues(change: Change, evaluator: Evaluator): "everyone" | readonly Clue[] {
  const { key: name, before, after } = change;
  const classes = [...evaluator.classesIn(name)];
  const touched = touchedClues({ classes, isStructural: true }, evaluator);
  if (touched === "everyone") return touched;
  const [was, is] = [described(name, before), described(name, after)];
  const own = { words: [`at ${name}`, `asks for ${name}`] };
  const choosing = { words: ["chooses"], isMeant: (concern: Concern) => isChosenAnew(concern, was, is) };
  return [...touched, own, choosing, { words: [BROAD] }];
}

/** Requirement by requirement, for one that nobody meets is a finding of its own. */
function isChosenAnew({ selectors }: Concern, was: Namespace, is: Namespace): boolean {
  return selectors.some(({ namespaces }) => {
    if (namespaces.kind !== "selected" || namespaces.selector.kind === "invalid") return false;
    return namespaces.selector.requirements.some((requirement) => {
      const alone = selectorOf([requirement]);
      return selectsNamespace(alone, was) !== selectsNamespace(alone, is);
    });
  });
}

function isNothing(touched: Touched | undefined): boolean {
  return touched !== undefined && touched.classes !== "all" && touched.classes.length === 0;
}

/** The Services whose endpoints these are. */
function slicesOf({ before, after }: Change): readonly string[] {
  return [before, after].flatMap((item) => {
    if (item?.kind !== "EndpointSlice") return [];
    const { namespace, service } = item.object;
    return [keyText({ namespace, name: service })];
  });
}

function namespaceOf({ key }: Change): string {
  return key.slice(0, key.indexOf("/"));
}

function podsOf({ before, after }: Change): readonly Pod[] {
  return [before, after].flatMap((item) => (item?.kind === "Pod" ? [item.object] : []));
}

/** Without an owner of its own it makes no difference whether a workload is there. */
function ownerText(item: Stored | undefined): string {
  const owner = workloadIn(item)?.owner;
  return owner === undefined ? "" : `${owner.kind}/${owner.name}`;
}

function described(name: string, item: Stored | undefined): Namespace {
  return item?.kind === "Namespace" ? item.object : nameOnly(name);
}
