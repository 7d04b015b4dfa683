import type { ObjectKey } from "./key.ts";

/** What was said of the cluster beside its objects, because none of them says it. */
export interface Platform {
  /** The Service that pods ask for names; undefined: it is found by its name. */
  readonly dnsService: ObjectKey | undefined;
  /** Where pods ask besides, such as a cache on each node: single addresses. */
  readonly dnsAddresses: readonly string[];
  /** Who runs the load balancers, by the name in `generator/cloud-providers.ts`; undefined: nobody said. */
  readonly cloudProvider: string | undefined;
  /** Where a policy has to say that it is for the pod network, or is for all networks of a pod. */
  readonly namesPodNetwork?: true;
}

export const UNTOLD: Platform = { dnsService: undefined, dnsAddresses: [], cloudProvider: undefined };
