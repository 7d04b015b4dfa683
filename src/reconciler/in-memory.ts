import { type Profile, SPECIFICATION } from "../core/profile.ts";
import { PERMITS_FINALIZER } from "../generator/names.ts";
import { keyText, type ObjectKey } from "../model/key.ts";
import { type NetworkPolicy, policyKey } from "../model/network-policy.ts";
import type { ServiceAccess, ServiceAccessStatus } from "../model/service-access.ts";
import type { World } from "../model/world.ts";
import type { Cluster, Refused } from "./cluster.ts";
import { standingAt } from "./ownership.ts";
import { reconcile } from "./reconcile.ts";
import { untilQuiet } from "./rounds.ts";
import { NETWORK_ANNOTATIONS } from "./says-the-same.ts";
import { createStore, type Store, storeOf } from "./store.ts";

/** A cluster that is nothing but its state: for tests, and to show what the operator would do. */
export interface InMemoryCluster extends Cluster {
  readonly store: Store;
  /** What was written, in order, in words: `apply shop/web-rights`, `remove shop/web-permits`, `status shop/web`. */
  readonly changes: readonly string[];
  /** What was told, in order, in words: `Warning Conflict shop/web: NetworkPolicy shop/web-rights is not ours`. */
  readonly told: readonly string[];
}

/** Behaves as the API server does where the reconciler can tell: uids, resource versions, preconditions, conflicts. */
export function inMemoryCluster(store: Store = createStore()): InMemoryCluster {
  const changes: string[] = [];
  const told: string[] = [];
  return {
    store,
    changes,
    told,
    ...policyWrites(store, changes),
    writeStatus(access: ServiceAccess, status: ServiceAccessStatus) {
      changes.push(`status ${keyText(access.metadata)}`);
      store.put({ kind: "ServiceAccess", object: { ...access, status } });
      return Promise.resolve();
    },
    setFinalizers({ metadata }, finalizers) {
      const key = keyText(metadata);
      if (!store.world.accesses.has(key)) return refused(`${key} is gone`);
      changes.push(`${finalizers.includes(PERMITS_FINALIZER) ? "hold" : "release"} ${key}`);
      keepFinalizers(store, key, finalizers);
      return Promise.resolve(undefined);
    },
    isGone: (key) => Promise.resolve(!store.world.accesses.has(keyText(key))),
    obstacle: () => undefined,
    tell({ access, type, reason, note }) {
      told.push(`${type} ${reason} ${keyText(access)}: ${note}`);
    },
  };
}

function policyWrites(store: Store, changes: string[]): Pick<Cluster, "applyPolicy" | "removePolicy"> {
  let version = 0;
  const keep = (policy: NetworkPolicy, uid: string): NetworkPolicy => {
    version += 1;
    const stored = { ...policy, metadata: { ...policy.metadata, uid, resourceVersion: String(version) } };
    store.put({ kind: policy.kind, object: stored });
    return stored;
  };
  return {
    applyPolicy(policy, observed) {
      const key = policyKey(policy);
      const present = standingAt(policy, store.world);
      if (present?.metadata.uid !== observed?.metadata.uid)
        return outdated(`${key} is another object by now`);
      changes.push(`apply ${key}`);
      const merged = merge(present, policy);
      return Promise.resolve({
        kind: "stored",
        policy: keep(merged, present?.metadata.uid ?? `uid-of-${key}`),
      });
    },
    removePolicy(policy) {
      const key = policyKey(policy);
      const present = standingAt(policy, store.world);
      if (present === undefined) return Promise.resolve({ kind: "removed" });
      if (!isVersion(present, policy)) return outdated(`${key} has changed by now`);
      changes.push(`remove ${key}`);
      store.remove(policy.kind, keyText(policy.metadata));
      return Promise.resolve({ kind: "removed" });
    },
  };
}

/** A deleted object that nobody holds any more is gone. */
function keepFinalizers(store: Store, key: string, finalizers: readonly string[]): void {
  const present = store.world.accesses.get(key);
  if (present === undefined) return;
  const isLast = finalizers.length === 0 && present.metadata.deletionTimestamp !== undefined;
  const object = { ...present, metadata: { ...present.metadata, finalizers } };
  if (isLast) store.remove("ServiceAccess", key);
  else store.put({ kind: "ServiceAccess", object });
}

export interface Simulated {
  readonly world: World;
  /** In order, as of the in-memory cluster. */
  readonly changes: readonly string[];
  /** What was still being changed when it was given up; none where it came to rest. */
  readonly unsettled: readonly string[];
}

/** Runs the operator's loop on a copy of the world until it has nothing left to do. */
export async function simulate(
  world: World,
  now: () => Date,
  profile: Profile = SPECIFICATION,
  enforcer?: Profile,
): Promise<Simulated> {
  const cluster = inMemoryCluster(storeOf(world, profile, enforcer));
  const unsettled = await untilQuiet(async () => {
    const before = cluster.changes.length;
    for (const key of accessKeys(cluster.store.world)) await reconcile(key, cluster, now);
    return cluster.changes.slice(before);
  });
  return { world: cluster.store.world, changes: cluster.changes, unsettled };
}

function accessKeys(world: World): readonly ObjectKey[] {
  return [...world.accesses.values()]
    .map(({ metadata: { namespace, name } }) => ({ namespace, name }))
    .toSorted((a, b) => (keyText(a) < keyText(b) ? -1 : 1));
}

/** Server-side apply by one manager: our fields as sent and no others of ours, the labels and annotations of others beside them. */
function merge(present: NetworkPolicy | undefined, sent: NetworkPolicy): NetworkPolicy {
  const labels = { ...present?.metadata.labels, ...sent.metadata.labels };
  const others = Object.entries(present?.metadata.annotations ?? {}).filter(
    ([key]) => !NETWORK_ANNOTATIONS.includes(key),
  );
  const annotations = { ...Object.fromEntries(others), ...sent.metadata.annotations };
  return { ...sent, metadata: { ...sent.metadata, labels, annotations } };
}

function isVersion(present: NetworkPolicy, expected: NetworkPolicy): boolean {
  const { uid, resourceVersion } = expected.metadata;
  return present.metadata.uid === uid && present.metadata.resourceVersion === resourceVersion;
}

function refused(message: string): Promise<Refused> {
  return Promise.resolve({ kind: "refused", reason: "NotFound", message });
}

/** What was looked at is no longer so: whoever comes back sees what is there now. */
function outdated(message: string): Promise<never> {
  return Promise.reject(new Error(message));
}
