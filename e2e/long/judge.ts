import { createClient } from "../../src/kube/client.ts";
import { loadKubeConfig } from "../../src/kube/kubeconfig.ts";
import { KNOWN_RESOURCES, PODS } from "../../src/kube/resources.ts";
import { createTransport } from "../../src/kube/transport.ts";
import { createWatches } from "../../src/kube/watches.ts";
import { OWNER_NAME_LABEL, OWNER_NAMESPACE_LABEL } from "../../src/generator/names.ts";
import { policiesFor } from "../../src/generator/policies.ts";
import { resolve } from "../../src/generator/references.ts";
import { keyText } from "../../src/model/key.ts";
import type { NetworkPolicy } from "../../src/model/network-policy.ts";
import type { ServiceAccess } from "../../src/model/service-access.ts";
import { accessDecoder } from "../../src/operator/schema.ts";
import { createStore, type Store } from "../../src/reconciler/store.ts";
import { recordedLog } from "../../src/testing/recorded-log.ts";
import type { Access } from "../control-plane/access.ts";
import { isOwned } from "./chaos.ts";

/** Knows at every moment which policies are asked for, and says of a deletion whether anybody asked for it. */
export interface Judge {
  /** Somebody asks for the end of a policy, by its uid if they are careful. */
  deletes(policy: string, uid: string | undefined): void;
  readonly verdicts: readonly Verdict[];
  stop(): Promise<void>;
}

export interface Verdict {
  /** `namespace/name` of the policy that was deleted. */
  readonly policy: string;
  /**
   * For how many milliseconds it had been asked for by then. Undefined: it was not. A few: whoever deleted it had not heard
   * yet. Infinity: it was nobody's to delete, ever.
   */
  readonly wantedFor: number | undefined;
}

/** Follows the cluster by its own watches, straight from the API server. */
export async function judge({ kubeconfig }: Access): Promise<Judge> {
  const client = createClient(createTransport(loadKubeConfig({ kubeconfig })));
  const store = createStore();
  const log = recordedLog();
  const watches = createWatches({ client, store, log, decodeServiceAccess: accessDecoder() });
  const wanted = new Map<string, number>();
  const verdicts: Verdict[] = [];
  // No pod changes what is asked for.
  const asking = KNOWN_RESOURCES.filter((resource) => resource !== PODS);
  for (const resource of asking) watches.listen(resource, () => follow(wanted, store));
  const stopping = new AbortController();
  const running = watches.run(stopping.signal);
  await watches.synced;
  return {
    verdicts,
    deletes: (policy, uid) => {
      // Deleted and made again by then: the API server will refuse.
      if (uid !== undefined && store.world.policies.get(policy)?.metadata.uid !== uid) return;
      verdicts.push({ policy, wantedFor: wantedFor(policy, wanted, store) });
    },
    stop: async () => {
      stopping.abort();
      await running;
      await client.close();
    },
  };
}

/** Since when each policy that is asked for has been so without a break. */
function follow(wanted: Map<string, number>, { world }: Store): void {
  const now = new Set<string>();
  for (const access of world.accesses.values()) {
    for (const name of askedFor(access, world)) now.add(name);
  }
  for (const name of wanted.keys()) if (!now.has(name)) wanted.delete(name);
  for (const name of now) if (!wanted.has(name)) wanted.set(name, Date.now());
}

/** While an object is suspended, or something it names is missing, its policies are to stay as they are. */
function askedFor(access: ServiceAccess, world: Store["world"]): readonly string[] {
  if (access.metadata.deletionTimestamp !== undefined) return [];
  const { policies, undecided } = policiesFor(access, resolve(access, world));
  if (undecided === undefined && access.spec.suspend !== true) {
    return policies.map(({ metadata }) => keyText(metadata));
  }
  return [...world.policies.values()]
    .filter((policy) => ownerOf(policy) === keyText(access.metadata))
    .map(({ metadata }) => keyText(metadata));
}

function ownerOf({ metadata: { labels = {} } }: NetworkPolicy): string {
  return `${labels[OWNER_NAMESPACE_LABEL]}/${labels[OWNER_NAME_LABEL]}`;
}

function wantedFor(
  policy: string,
  wanted: ReadonlyMap<string, number>,
  { world }: Store,
): number | undefined {
  const stored = world.policies.get(policy);
  const isTheirs = stored !== undefined && ownerOf(stored) === "undefined/undefined" && !isOwned(raw(stored));
  if (isTheirs) return Infinity;
  const since = wanted.get(policy);
  return since === undefined ? undefined : Date.now() - since;
}

function raw({ metadata }: NetworkPolicy): Parameters<typeof isOwned>[0] {
  return { metadata: { uid: "", resourceVersion: "", ...metadata } };
}
