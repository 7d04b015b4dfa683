import type { ServiceAccessSpec } from "../model/service-access.ts";
import { readList } from "./decode-cases.ts";

/** A scene on a secondary network with objects in the place of its policies. */
export interface ObjectScene {
  readonly scene: string;
  readonly objects: Readonly<Record<string, ServiceAccessSpec>>;
  /** What is said of an object that nothing can be made of. */
  readonly refused?: string;
}

export function readNetworkObjects(): readonly ObjectScene[] {
  const fields = ["scene", "objects", "refused"];
  return readList("scenarios-network-objects.yaml", fields) as readonly ObjectScene[];
}

/** Of what `check -o json` prints. */
export function verdictIn(printed: string): string {
  return (JSON.parse(printed) as { readonly verdict: string }).verdict;
}
