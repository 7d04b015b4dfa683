import { companies, largeNamespaces, ownPolicies, samePolicies, smallNamespaces } from "./antrea.ts";
import { mixed } from "./mixed.ts";
import { shops } from "./shop.ts";
import { type NamespaceSketch, type Shape, shapeOf } from "./sketch.ts";

/** The namespace of shape G that no other is as hard as. */
export const LARGE = "n";
const LARGE_PODS = 1000;

/** The clusters that are measured, by the letters of the published figures. */
const SKETCHES = {
  A: smallNamespaces,
  B: largeNamespaces,
  C: samePolicies,
  D: ownPolicies,
  E: companies,
  F: mixed,
  S: shops,
  /** F, and one namespace in which a thousand pods are a thousand classes. */
  G: (pods: number) => [...mixed(pods - LARGE_PODS), ...ownPolicies(LARGE_PODS)],
} satisfies Record<string, (pods: number) => readonly NamespaceSketch[]>;

export type ShapeName = keyof typeof SKETCHES;

export function isShape(text: string): text is ShapeName {
  return text in SKETCHES;
}

/** Always the same cluster for the same name and size; the number of pods is rounded to what the shape is made of. */
export function shape(name: ShapeName, pods: number): Shape {
  return shapeOf(SKETCHES[name](pods));
}
