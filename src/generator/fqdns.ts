import type { ServiceAccess } from "../model/service-access.ts";
import { destinationsIn } from "./asked-peers.ts";

/** The DNS names that an object speaks of, each once. */
export interface Fqdns {
  readonly asked: readonly string[];
  /** Those beyond what one object may have; nobody asks for them, and rules that need them are left out. */
  readonly tooMany: readonly string[];
}

/** Each name is asked for again and again, on behalf of whoever may write an object. */
export const MOST_NAMES = 20;

export function fqdnsOf(access: Pick<ServiceAccess, "spec">): Fqdns {
  const all = allNames(access);
  return { asked: all.slice(0, MOST_NAMES), tooMany: all.slice(MOST_NAMES) };
}

/** In the order in which the object has them: which of too many count does not depend on the others' letters. */
function allNames({ spec }: Pick<ServiceAccess, "spec">): readonly string[] {
  const names = destinationsIn(spec).flatMap((peer) => [
    ...(peer.names?.fqdns ?? []),
    ...(peer.except?.names ?? []),
  ]);
  return [...new Set(names)];
}

/** Of these nobody can say when they are complete: an address that no answer has shown yet is not left out. */
export function excludedNames({ spec }: Pick<ServiceAccess, "spec">): readonly string[] {
  return [...new Set(destinationsIn(spec).flatMap((peer) => [...(peer.except?.names ?? [])]))];
}
