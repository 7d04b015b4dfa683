import { definitionOf } from "../core/networks.ts";
import type { Ipam } from "../model/network-attachment.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import { MULTI_POLICY_DEFINITION } from "../model/policy-definition.ts";
import type { World } from "../model/world.ts";
import { destinationsIn, sourcesIn } from "./asked-peers.ts";
import type { Unresolved } from "./peers.ts";

/** The network that an object is about. */
export type NetworkReference =
  | {
      readonly kind: "pod network";
      /** Where a policy has to say that it is for this network. */
      readonly isNamed: boolean;
    }
  | SecondaryReference
  | { readonly kind: "missing"; readonly why: Unresolved };

export interface SecondaryReference {
  readonly kind: "secondary";
  /** `namespace/name` of the NetworkAttachmentDefinition. */
  readonly definition: string;
  readonly backend: "MultiNetworkPolicy" | "KubeOVN";
  /** Whether the enforcer knows whose an address is; without that it cannot translate a selector. */
  readonly ipam: Ipam;
  /** Whether the cluster keeps endPort. Where nobody knows, as offline, ranges are written out, which is read everywhere. */
  readonly hasRanges: boolean;
}

export function resolveNetwork(access: ServiceAccess, world: World): NetworkReference {
  const definition = definitionOf(access);
  if (definition === undefined)
    return { kind: "pod network", isNamed: world.platform.namesPodNetwork === true };
  const unfit = unfitParts(access.spec);
  if (unfit !== undefined) return missing("InvalidSpec", unfit);
  const attachment = world.networkAttachments.get(definition);
  if (attachment === undefined) {
    return missing("NetworkNotFound", `network: there is no NetworkAttachmentDefinition ${definition}`);
  }
  return {
    kind: "secondary",
    definition,
    backend: access.spec.network?.backend ?? "MultiNetworkPolicy",
    ipam: attachment.ipam,
    hasRanges: world.policyDefinitions.get(MULTI_POLICY_DEFINITION)?.hasEndPort ?? false,
  };
}

/** Nobody hands out addresses there, or nobody here knows: a label says nothing of an address. */
export function isWithoutAddresses(network: NetworkReference): network is SecondaryReference {
  return (
    network.kind === "secondary" &&
    network.backend === "MultiNetworkPolicy" &&
    (network.ipam === "none" || network.ipam === "unknown")
  );
}

/** The schema refuses most of it; what is only about the pod network must not be written for another one. */
function unfitParts(spec: ServiceAccess["spec"]): string | undefined {
  if (spec.target?.service !== undefined)
    return "target.service: a Service is reached over the pod network; use target.podSelector";
  const peers = [...sourcesIn(spec), ...destinationsIn(spec)];
  const unfit = peers.flatMap((peer) => Object.entries(peer)).find(([key, value]) => !isFit(key, value));
  if (unfit === undefined) return undefined;
  const what = unfit[0] === "preset" ? `preset ${String(unfit[1])}` : unfit[0];
  return `${what} is about the pod network; on a secondary network name the peers by ipBlock or by podSelector`;
}

const FIT_PEERS: ReadonlySet<string> = new Set(["podSelector", "namespaceSelector", "namespaces", "ipBlock"]);

function isFit(key: string, value: unknown): boolean {
  if (value === undefined || FIT_PEERS.has(key)) return true;
  return key === "preset" && (value === "Anywhere" || value === "Cluster");
}

function missing(reason: string, message: string): NetworkReference {
  return { kind: "missing", why: { reason, message } };
}
