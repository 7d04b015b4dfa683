import { keyText } from "../model/key.ts";
import type { IpamClaim, NetworkAttachment } from "../model/network-attachment.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import { SERVICE_ACCESS_API, type ServiceAccess } from "../model/service-access.ts";
import type { TierPolicy } from "../model/tier-policy.ts";
import type { VirtualMachine, VirtualMachineInstance } from "../model/virtual-machine.ts";
import {
  type EndpointSlice,
  type Namespace,
  type Node,
  type Pod,
  type Service,
  type Workload,
  workloadKey,
} from "../model/world.ts";
import { type Decoded, isRecord, map } from "./decode-json.ts";
import {
  decodeEndpointSlice,
  decodeNamespace,
  decodeNetworkPolicy,
  decodeIpamClaim,
  decodeMultiNetworkPolicy,
  decodeNetworkAttachment,
  decodeNode,
  decodePodStrictly,
  decodeService,
  decodeTierPolicy,
  decodeVirtualMachine,
  decodeVirtualMachineInstance,
  decodeWorkloadStrictly,
  TIER_POLICY_GROUP,
  TIER_POLICY_KINDS,
  TIER_POLICY_VERSIONS,
  VIRTUAL_MACHINE_GROUP,
  VIRTUAL_MACHINE_VERSIONS,
  WORKLOAD_KINDS,
} from "./decode.ts";

export interface ItemOptions {
  /** For objects that name no namespace. */
  readonly defaultNamespace: string;
  /** Validation by the CRD's schema; passed in, because only input with a ServiceAccess has to pay for loading it. */
  readonly decodeServiceAccess: (raw: unknown) => Decoded<ServiceAccess>;
}

/** An object of the input with the key that it has in its map of the World. */
export type Item =
  | { readonly kind: "Namespace"; readonly key: string; readonly object: Namespace }
  | { readonly kind: "Pod"; readonly key: string; readonly object: Pod }
  | { readonly kind: "Service"; readonly key: string; readonly object: Service }
  | { readonly kind: "EndpointSlice"; readonly key: string; readonly object: EndpointSlice }
  | { readonly kind: "Workload"; readonly key: string; readonly object: Workload }
  | { readonly kind: "VirtualMachine"; readonly key: string; readonly object: VirtualMachine }
  | {
      readonly kind: "VirtualMachineInstance";
      readonly key: string;
      readonly object: VirtualMachineInstance;
    }
  | { readonly kind: "NetworkPolicy"; readonly key: string; readonly object: NetworkPolicy }
  | { readonly kind: "ServiceAccess"; readonly key: string; readonly object: ServiceAccess }
  /** Keyed `Kind/name`. */
  | { readonly kind: "TierPolicy"; readonly key: string; readonly object: TierPolicy }
  | { readonly kind: "MultiNetworkPolicy"; readonly key: string; readonly object: NetworkPolicy }
  | { readonly kind: "NetworkAttachment"; readonly key: string; readonly object: NetworkAttachment }
  | { readonly kind: "IPAMClaim"; readonly key: string; readonly object: IpamClaim }
  | { readonly kind: "Node"; readonly key: string; readonly object: Node };

type Reader = (raw: unknown, options: ItemOptions) => Decoded<Item>;

/** Undefined for a kind that says nothing about reachability, or nothing we can read. */
export function readerOf(group: string, kind: string): Reader | undefined {
  return READERS.get(`${group}/${kind}`);
}

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    "/Namespace",
    (raw) => map(decodeNamespace, (object): Item => ({ kind: "Namespace", key: object.name, object }))(raw),
  ],
  ["/Node", (raw) => map(decodeNode, (object): Item => ({ kind: "Node", key: object.name, object }))(raw)],
  ["/Pod", namespaced(decodePodStrictly, (object) => ({ kind: "Pod", key: keyText(object), object }))],
  ["/Service", namespaced(decodeService, (object) => ({ kind: "Service", key: keyText(object), object }))],
  [
    "discovery.k8s.io/EndpointSlice",
    namespaced(decodeEndpointSlice, (object) => ({ kind: "EndpointSlice", key: keyText(object), object })),
  ],
  [
    "networking.k8s.io/NetworkPolicy",
    namespaced(decodeNetworkPolicy, (object) => ({
      kind: "NetworkPolicy",
      key: keyText(object.metadata),
      object,
    })),
  ],
  [
    `${VIRTUAL_MACHINE_GROUP}/VirtualMachine`,
    namespaced(decodeVirtualMachine, (object) => ({ kind: "VirtualMachine", key: keyText(object), object })),
  ],
  [
    `${VIRTUAL_MACHINE_GROUP}/VirtualMachineInstance`,
    namespaced(decodeVirtualMachineInstance, (object) => ({
      kind: "VirtualMachineInstance",
      key: keyText(object),
      object,
    })),
  ],
  [
    "k8s.cni.cncf.io/MultiNetworkPolicy",
    namespaced(decodeMultiNetworkPolicy, (object) => {
      return { kind: "MultiNetworkPolicy", key: keyText(object.metadata), object };
    }),
  ],
  [
    "k8s.cni.cncf.io/NetworkAttachmentDefinition",
    namespaced(decodeNetworkAttachment, (object) => {
      return { kind: "NetworkAttachment", key: keyText(object), object };
    }),
  ],
  [
    "k8s.cni.cncf.io/IPAMClaim",
    namespaced(decodeIpamClaim, (object) => ({ kind: "IPAMClaim", key: keyText(object), object })),
  ],
  [`${SERVICE_ACCESS_API.group}/${SERVICE_ACCESS_API.kind}`, readAccess],
  ...TIER_POLICY_KINDS.map((kind): [string, Reader] => [
    `${TIER_POLICY_GROUP}/${kind}`,
    (raw) =>
      map(decodeTierPolicy(kind), (object): Item => {
        return { kind: "TierPolicy", key: `${kind}/${object.name}`, object };
      })(raw),
  ]),
  ...["", "apps", "batch", "extensions"].flatMap((group) =>
    WORKLOAD_KINDS.map((kind): [string, Reader] => [
      `${group}/${kind}`,
      namespaced(decodeWorkloadStrictly, (object) => ({
        kind: "Workload",
        key: workloadKey(object.namespace, object),
        object,
      })),
    ]),
  ),
]);

function namespaced<T>(
  decode: (raw: unknown, namespace: string) => Decoded<T>,
  item: (object: T) => Item,
): Reader {
  return (raw, { defaultNamespace }) => map((value: unknown) => decode(value, defaultNamespace), item)(raw);
}

/** The schema does not say which namespace is meant where none is given. */
function readAccess(raw: unknown, options: ItemOptions): Decoded<Item> {
  const metadata = isRecord(raw) && isRecord(raw["metadata"]) ? raw["metadata"] : undefined;
  const placed =
    isRecord(raw) && metadata !== undefined && metadata["namespace"] === undefined
      ? { ...raw, metadata: { ...metadata, namespace: options.defaultNamespace } }
      : raw;
  return map(options.decodeServiceAccess, (object): Item => {
    return { kind: "ServiceAccess", key: keyText(object.metadata), object };
  })(placed);
}

/** Kinds that we know in one version only: another one may mean something else. */
export function wrongVersion(group: string, version: string, kind: string): string | undefined {
  if (group === "extensions" && kind === "NetworkPolicy")
    return "must be networking.k8s.io/v1; extensions is gone";
  if (group === VIRTUAL_MACHINE_GROUP && readerOf(group, kind) !== undefined)
    return VIRTUAL_MACHINE_VERSIONS.includes(version) ? undefined : `must be ${group}/v1`;
  const known = ONLY_VERSION.get(`${group}/${kind}`);
  if (known !== undefined) return version === known ? undefined : `must be ${group}/${known}`;
  if (group !== SERVICE_ACCESS_API.group) return undefined;
  return `has no kind ${kind}; its kinds are ${OWN_KINDS.join(", ")}`;
}

export const REACHABILITY_TEST = "ReachabilityTest";
const OWN_KINDS: readonly string[] = [SERVICE_ACCESS_API.kind, REACHABILITY_TEST];

const ONLY_VERSION: ReadonlyMap<string, string> = new Map([
  ["networking.k8s.io/NetworkPolicy", "v1"],
  ["k8s.cni.cncf.io/MultiNetworkPolicy", "v1beta1"],
  ["k8s.cni.cncf.io/NetworkAttachmentDefinition", "v1"],
  ["k8s.cni.cncf.io/IPAMClaim", "v1alpha1"],
  ...OWN_KINDS.map((kind) => [`${SERVICE_ACCESS_API.group}/${kind}`, SERVICE_ACCESS_API.version] as const),
  ...TIER_POLICY_KINDS.map((kind) => [`${TIER_POLICY_GROUP}/${kind}`, TIER_POLICY_VERSIONS[kind]] as const),
]);
