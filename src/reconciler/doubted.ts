import type { Unreadable, World } from "../model/world.ts";
import { unreadableKey } from "../model/world.ts";
import type { Claim } from "./conditions.ts";

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
    return { ...claim, status: "Unknown", reason: "Unreadable", message: list(pods) };
  const named = objects.filter((object) => claim.message.includes(unreadableKey(object))).map(inWords);
  return named.length === 0 ? claim : { ...claim, message: `${claim.message}; ${list(named)}` };
}

function inWords(object: Unreadable): string {
  return `${unreadableKey(object)} is there and cannot be read: ${object.reason}`;
}

function list(sentences: readonly string[]): string {
  const shown = sentences.toSorted().slice(0, 3).join("; ");
  return sentences.length > 3 ? `${shown}; and ${sentences.length - 3} more` : shown;
}
