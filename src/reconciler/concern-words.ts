import type { Peer } from "../core/policy.ts";
import { pairText } from "../core/selector.ts";
import type { Labels } from "../model/labels.ts";
import { type Concern, peersOf } from "./concern.ts";
import { namesAsked, type PodsOf } from "./named.ts";

/** The word of those whom every class concerns. */
export const BROAD = "broad";

/** The words that a change has to share with an object to be looked at more closely. */
export function wordsOf(concern: Concern): readonly string[] {
  const { namespaces, classes, selectors, gates, blocks, refers, isTiered, isBroad } = concern;
  const places = new Set([...classes].map((id) => id.slice(0, id.indexOf("/"))));
  const at = namespaces.map((namespace) => `at ${namespace}`);
  if (isBroad) return [...at, ...refers, BROAD];
  const words = [
    ...at,
    ...refers,
    ...[...classes].map((id) => `class ${id}`),
    ...[...places].map((place) => `pods of ${place}`),
    ...selectors.flatMap(selectorWords),
    ...gates.flatMap((gate) => peersOf(gate).flatMap(peerWords)),
    ...(blocks.length > 0 ? ["admits blocks"] : []),
    ...(isTiered ? ["admits * *"] : []),
  ];
  return [...new Set(words)];
}

function selectorWords({ namespaces, labels }: PodsOf): readonly string[] {
  const places = placesOf(namespaces);
  const names = namespaces.kind === "selected" ? (namesAsked(namespaces.selector) ?? []) : [];
  return [
    ...places.map((place) => `names ${place} ${anchorOf(labels)}`),
    ...names.map((name) => `asks for ${name}`),
    ...(namespaces.kind === "selected" ? ["chooses"] : []),
  ];
}

function peerWords(peer: Peer): readonly string[] {
  switch (peer.kind) {
    case "nothing":
      return [];
    case "undetermined":
      return ["admits * *"];
    case "block":
      return ["admits blocks"];
    case "pods":
      return placesOf(peer.namespaces).map((place) => `admits ${place} ${anchorOf(peer.pods)}`);
  }
}

/** The words under which a pod of these labels is asked for, by its namespace or in all of them, by one label or any. */
export function podWords(what: string, namespace: string, labels: Labels): readonly string[] {
  const pairs = Object.entries(labels).map(([key, value]) => pairText(key, value));
  return [namespace, "*"].flatMap((place) => ["*", ...pairs].map((pair) => `${what} ${place} ${pair}`));
}

function placesOf(scope: PodsOf["namespaces"]): readonly string[] {
  switch (scope.kind) {
    case "any":
      return ["*"];
    case "own":
      return [scope.namespace];
    case "selected":
      return namesAsked(scope.selector) ?? ["*"];
  }
}

function anchorOf(labels: PodsOf["labels"]): string {
  return labels.kind === "invalid" ? "*" : (labels.anchor ?? "*");
}
