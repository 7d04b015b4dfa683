import { isRecord } from "../../src/manifest/decode-json.ts";

/**
 * What Argo CD would still change in an object that it applies the way of `kubectl apply`: a three-way merge between what
 * was applied last, what Git has now and what is there, for kinds it does not know. Undefined when there is nothing.
 */
export function threeWayDiff(lastApplied: unknown, git: unknown, live: unknown): unknown {
  if (!isRecord(git) || !isRecord(live)) return isSame(git, live) ? undefined : git;
  const before = isRecord(lastApplied) ? lastApplied : {};
  const changed = Object.entries(git)
    .map(([key, wanted]) => [key, threeWayDiff(before[key], wanted, live[key])] as const)
    .filter(([, difference]) => difference !== undefined);
  const removed = Object.keys(before)
    .filter((key) => !(key in git) && key in live)
    .map((key) => [key, null] as const);
  const differences = [...changed, ...removed];
  return differences.length === 0 ? undefined : Object.fromEntries(differences);
}

/** As Argo CD looks at a live object: without the status, and without what the API server keeps about it. */
export function normalised(object: unknown): unknown {
  if (!isRecord(object) || !isRecord(object["metadata"])) return object;
  const { status: _status, metadata, ...rest } = object;
  const { managedFields: _fields, resourceVersion: _version, ...kept } = metadata;
  return { ...rest, metadata: kept };
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
