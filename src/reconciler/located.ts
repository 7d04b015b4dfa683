import { pairText } from "../core/selector.ts";
import type { Labels } from "../model/labels.ts";
import type { Pod } from "../model/world.ts";
import { enter, type KeysByWord, leave } from "./keys-by-word.ts";

/** Objects of a World as its maps have them, whole or decoded to what matters. */
type Located =
  | { readonly namespace: string; readonly labels: Labels }
  | { readonly metadata: { readonly namespace: string; readonly labels?: Labels } };

/** The objects of one of a World's maps that lie in a namespace. */
export function inNamespace<T extends Located>(map: ReadonlyMap<string, T>, namespace: string): readonly T[] {
  return found(map, indexOf(map).byNamespace.get(namespace));
}

/** The namespaces that something of the map lies in. */
export function inhabited(map: ReadonlyMap<string, Located>): readonly string[] {
  return [...indexOf(map).byNamespace.keys()];
}

/** The pods of all namespaces that carry a label. */
export function labelled(pods: ReadonlyMap<string, Pod>, label: string, value: string): readonly Pod[] {
  const index = indexOf(pods);
  if (!index.labels.has(label)) {
    index.labels.add(label);
    for (const [key, pod] of pods) enterAll(index.byPair, key, pairs(index, pod.labels, [label]));
  }
  return found(pods, index.byPair.get(pairText(label, value)));
}

/** Told by whoever changes a map of a World, so that what is looked up stays true. */
export function relocate(
  map: ReadonlyMap<string, Located>,
  key: string,
  before: Located | undefined,
  after: Located | undefined,
): void {
  const index = INDEXES.get(map);
  if (index === undefined) return;
  const [left, entered] = [placesOf(index, before), placesOf(index, after)];
  leaveAll(index.byNamespace, key, left.namespaces, entered.namespaces);
  leaveAll(index.byPair, key, left.pairs, entered.pairs);
  enterAll(index.byNamespace, key, entered.namespaces);
  enterAll(index.byPair, key, entered.pairs);
}

interface Index {
  readonly byNamespace: KeysByWord;
  readonly byPair: KeysByWord;
  /** The labels that somebody has asked for: nobody asks for most. */
  readonly labels: Set<string>;
}

/** Only what can be told from the maps at any time. */
const INDEXES = new WeakMap<object, Index>();

function indexOf(map: ReadonlyMap<string, Located>): Index {
  const known = INDEXES.get(map);
  if (known !== undefined) return known;
  const index: Index = { byNamespace: new Map(), byPair: new Map(), labels: new Set() };
  for (const [key, object] of map) enter(index.byNamespace, metaOf(object).namespace, key);
  INDEXES.set(map, index);
  return index;
}

function placesOf(index: Index, object: Located | undefined) {
  if (object === undefined) return { namespaces: [], pairs: [] };
  const { namespace, labels = {} } = metaOf(object);
  return { namespaces: [namespace], pairs: pairs(index, labels, Object.keys(labels)) };
}

function metaOf(object: Located) {
  return "metadata" in object ? object.metadata : object;
}

function pairs(index: Index, labels: Labels, keys: readonly string[]): readonly string[] {
  return keys.flatMap((key) => {
    const value = labels[key];
    return value === undefined || !index.labels.has(key) ? [] : [pairText(key, value)];
  });
}

function found<T>(map: ReadonlyMap<string, T>, keys: ReadonlySet<string> = NOTHING): readonly T[] {
  const objects: T[] = [];
  for (const key of keys) {
    const object = map.get(key);
    if (object !== undefined) objects.push(object);
  }
  return objects;
}

const NOTHING: ReadonlySet<string> = new Set();

function enterAll(index: KeysByWord, key: string, words: readonly string[]): void {
  for (const word of words) enter(index, word, key);
}

function leaveAll(index: KeysByWord, key: string, words: readonly string[], kept: readonly string[]): void {
  for (const word of words) if (!kept.includes(word)) leave(index, word, key);
}
