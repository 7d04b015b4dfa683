import { keyText } from "../model/key.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import { SERVICE_ACCESS_API, type ServiceAccess } from "../model/service-access.ts";
import type { TierPolicy } from "../model/tier-policy.ts";
import {
  type Namespace,
  type Node,
  type Pod,
  type Service,
  type Workload,
  workloadKey,
} from "../model/world.ts";
import { type Decoded, isRecord, map } from "./decode-json.ts";
import {
  decodeNamespace,
  decodeNetworkPolicy,
  decodeNode,
  decodePod,
  decodeService,
  decodeTierPolicy,
  decodeWorkload,
  TIER_POLICY_GROUP,
  TIER_POLICY_KINDS,
  TIER_POLICY_VERSIONS,
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
  | { readonly kind: "Workload"; readonly key: string; readonly object: Workload }
  | { readonly kind: "NetworkPolicy"; readonly key: string; readonly object: NetworkPolicy }
  | { readonly kind: "ServiceAccess"; readonly key: string; readonly object: ServiceAccess }
  /** Keyed `Kind/name`. */
  | { readonly kind: "TierPolicy"; readonly key: string; readonly object: TierPolicy }
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
  ["/Pod", namespaced(decodePod, (object) => ({ kind: "Pod", key: keyText(object), object }))],
  ["/Service", namespaced(decodeService, (object) => ({ kind: "Service", key: keyText(object), object }))],
  [
    "networking.k8s.io/NetworkPolicy",
    namespaced(decodeNetworkPolicy, (object) => ({
      kind: "NetworkPolicy",
      key: keyText(object.metadata),
      object,
    })),
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
      namespaced(decodeWorkload, (object) => ({
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
  const known = ONLY_VERSION.get(`${group}/${kind}`);
  if (known !== undefined) return version === known ? undefined : `must be ${group}/${known}`;
  if (group !== SERVICE_ACCESS_API.group) return undefined;
  return `has no kind ${kind}; its kinds are ${OWN_KINDS.join(", ")}`;
}

export const REACHABILITY_TEST = "ReachabilityTest";
const OWN_KINDS: readonly string[] = [SERVICE_ACCESS_API.kind, REACHABILITY_TEST];

const ONLY_VERSION: ReadonlyMap<string, string> = new Map([
  ["networking.k8s.io/NetworkPolicy", "v1"],
  ...OWN_KINDS.map((kind) => [`${SERVICE_ACCESS_API.group}/${kind}`, SERVICE_ACCESS_API.version] as const),
  ...TIER_POLICY_KINDS.map((kind) => [`${TIER_POLICY_GROUP}/${kind}`, TIER_POLICY_VERSIONS[kind]] as const),
]);
