import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";

import { readLiveWorld } from "../../src/kube/live.ts";
import type { NetworkPolicy } from "../../src/model/network-policy.ts";
import type { ServiceAccess } from "../../src/model/service-access.ts";
import type { World } from "../../src/model/world.ts";
import { accessDecoder } from "../../src/operator/schema.ts";
import { simulate } from "../../src/reconciler/in-memory.ts";
import type { Access } from "../control-plane/access.ts";
import { isOwned } from "./chaos.ts";

/** What matters of a world, in a form that can be compared. */
export interface Outcome {
  readonly policies: Readonly<Record<string, unknown>>;
  readonly statuses: Readonly<Record<string, unknown>>;
}

/**
 * What the operator has made of a cluster, and what it would have made of the same cluster, had it never seen it before:
 * the same code on a store in memory that knows neither our policies nor any status.
 */
async function madeAndFresh(
  { kubeconfig }: Access,
  namespaces?: readonly string[],
): Promise<{ readonly made: Outcome; readonly fresh: Outcome }> {
  const world = await readLiveWorld({ kubeconfig, decodeServiceAccess: accessDecoder() });
  const { world: fresh } = await simulate(untouched(world), () => new Date(0));
  return { made: outcome(world, namespaces), fresh: outcome(fresh, namespaces) };
}

/**
 * The same, once they agree, or as they are when time is up: whoever compares them sees in what they differ. Of the whole
 * cluster, or of some namespaces.
 */
export async function settled(
  access: Access,
  timeoutMs: number,
  namespaces?: readonly string[],
): ReturnType<typeof madeAndFresh> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const both = await madeAndFresh(access, namespaces);
    if (Date.now() > end || isDeepStrictEqual(both.made, both.fresh)) return both;
    await delay(500);
  }
}

function untouched(world: World): World {
  const foreign = [...world.policies].filter(([, policy]) => !isOwned(raw(policy)));
  const accesses = [...world.accesses].map(([key, { status: _status, ...access }]) => [key, access] as const);
  return { ...world, policies: new Map(foreign), accesses: new Map(accesses) };
}

function raw({ metadata }: NetworkPolicy): Parameters<typeof isOwned>[0] {
  return { metadata: { uid: "", resourceVersion: "", ...metadata } };
}

function outcome(world: World, namespaces?: readonly string[]): Outcome {
  const isAskedFor = (key: string): boolean => namespaces?.includes(key.split("/")[0] ?? "") ?? true;
  return {
    policies: byKey(world.policies, isAskedFor, written),
    statuses: byKey(world.accesses, isAskedFor, said),
  };
}

function byKey<T>(
  objects: ReadonlyMap<string, T>,
  isAskedFor: (key: string) => boolean,
  part: (object: T) => unknown,
): Readonly<Record<string, unknown>> {
  const asked = [...objects].filter(([key]) => isAskedFor(key));
  return Object.fromEntries(asked.map(([key, object]) => [key, part(object)]));
}

/** The part that we write; what others put beside it is theirs. */
function written({ metadata, spec }: NetworkPolicy): unknown {
  const { labels, annotations, ownerReferences = [] } = metadata;
  return { labels: ours(labels), annotations: ours(annotations), ownerReferences, spec };
}

const ourKeys = /^(?:app\.kubernetes\.io\/managed-by$|serviceaccess\.dev\/(?!adopt))/;

function ours(fields: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => ourKeys.test(key)));
}

/** Without the times, which nobody can foretell, and without what others did to the policies, which is over. */
function said({ status = {} }: ServiceAccess): unknown {
  const conditions = (status.conditions ?? [])
    .filter(({ type, status: isSo }) => type !== "Drifted" || isSo === "True")
    .map(({ lastTransitionTime: _time, ...condition }) => condition);
  return { ...status, conditions };
}
