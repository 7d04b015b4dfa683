import type { Unreadable, World } from "../model/world.ts";
import { unreadableKey } from "../model/world.ts";
import type { Claim } from "./conditions.ts";
import { sentences } from "./words.ts";

/**
 * What is claimed of all pods is not known while one of them cannot be read: it may be a client, or a stranger. And who is
 * told that something is not there learns that it is, where it only cannot be read.
 */
export function doubted(claim: Claim, { unreadable }: World): Claim {
  if (unreadable.size === 0) return claim;
  const objects = [...unreadable.values()];
  const pods = objects.filter(({ kind }) => kind === "Pod").map(inWords);
  const isOfAllPods = claim.type === "Effective" || claim.type === "Exclusive";
  if (isOfAllPods && claim.status !== "False" && pods.length > 0)
    return { ...claim, status: "Unknown", reason: "Unreadable", message: sentences(pods.toSorted()) };
  const named = objects.filter((object) => isMeant(object, claim)).map(inWords);
  return named.length === 0
    ? claim
    : { ...claim, message: `${claim.message}; ${sentences(named.toSorted())}` };
}

/** Of what is Unknown a namespace without labels may be the reason; policies are named by the verdicts themselves. */
function isMeant(object: Unreadable, { status, message }: Claim): boolean {
  const { kind, namespace, name } = object;
  if (message.includes(unreadableKey(object))) return true;
  if (status !== "Unknown") return false;
  return kind === "Namespace" || message.includes(`${namespace === "" ? kind : namespace}/${name}`);
}

function inWords(object: Unreadable): string {
  return `${unreadableKey(object)} is there and cannot be read: ${object.reason}`;
}
