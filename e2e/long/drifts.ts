import { isDeepStrictEqual } from "node:util";

import type { Access } from "../control-plane/access.ts";
import { policyPath, type RawPolicy, readsOf } from "../operator/reads.ts";
import { timed } from "../operator/timed.ts";

/** Milliseconds from the answer to somebody's change until the policy is what it was. */
export interface Repairs {
  readonly repaired: number;
  readonly median: number;
  readonly p99: number;
}

const opened = { ingress: [{}], egress: [{}] };
const mergePatch = "application/merge-patch+json";

/** Opens or deletes one of our policies after the other, each once, and sees how long it stays so. */
export async function repairs(access: Access, places: readonly string[], name: string): Promise<Repairs> {
  const times: number[] = [];
  for (const [turn, place] of places.entries()) times.push(await repair(access, place, name, turn % 2 === 0));
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  return { repaired: times.length, median: at(0.5), p99: at(0.99) };
}

async function repair(access: Access, place: string, name: string, isDeleted: boolean): Promise<number> {
  const reads = readsOf(access.api);
  const path = policyPath(place, name);
  const before = await reads.policy(place, name);
  if (isDeleted) await access.api("DELETE", path);
  else await access.api("PATCH", path, { spec: opened }, mergePatch);
  const isBack = (now: RawPolicy | undefined) =>
    now !== undefined && isDeepStrictEqual(now.spec, before?.spec);
  const { ms } = await timed(async () => isBack(await reads.policy(place, name)), {
    what: `${place}/${name} to be repaired`,
    timeoutMs: 60_000,
  });
  return ms;
}
