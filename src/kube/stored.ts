import { type Decoded, type Decoder, map } from "../manifest/decode-json.ts";
import {
  decodeMultiNetworkPolicy,
  decodeEndpointSlice,
  decodeNamespace,
  decodeNetworkPolicy,
  decodeIpamClaim,
  decodeNetworkAttachment,
  decodeNode,
  decodePod,
  decodePolicyDefinition,
  decodeService,
  decodeTierPolicy,
  decodeVirtualMachine,
  decodeVirtualMachineInstance,
  decodeWorkload,
  TIER_POLICY_KINDS,
} from "../manifest/decode.ts";
import { readablePolicyTypes } from "../manifest/readable-policy-types.ts";
import type { ObjectMeta } from "../model/network-policy.ts";
import { share } from "../manifest/share.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import type { TierPolicyKind } from "../model/tier-policy.ts";
import { type Problem, problemsText } from "../model/problem.ts";
import { type Pod, workloadKey } from "../model/world.ts";
import type { Stored, StoredKind } from "../reconciler/store.ts";
import { type Meta, nameOf, type Received } from "./received.ts";
import type { Resource } from "./resources.ts";

/** The schema's own decoder; passed in, because the schema is a file. */
export type AccessDecoder = Decoder<ServiceAccess>;

/** From an object of the API to what the store holds of it. */
export function decodeStored(
  resource: Resource,
  raw: unknown,
  decodeServiceAccess: AccessDecoder,
): Decoded<Stored> {
  const tierKind = tierKindOf(resource);
  if (tierKind !== undefined)
    return map(decodeTierPolicy(tierKind), (object): Stored => ({ kind: "TierPolicy", object }))(raw);
  const kind = plainKind(resource);
  if (kind !== "ServiceAccess") return DECODERS[kind](raw);
  return map(decodeServiceAccess, (object): Stored => ({ kind, object: share(lean(object)) }))(raw);
}

/** Names are resolved by ourselves, and no object of the API. */
type PlainKind = Exclude<StoredKind, "TierPolicy" | "ResolvedName" | "Unreadable">;

const DECODERS: Readonly<Record<Exclude<PlainKind, "ServiceAccess">, Decoder<Stored>>> = {
  Namespace: map(decodeNamespace, (object) => ({ kind: "Namespace", object })),
  Pod: map(decodePod, (object) => ({ kind: "Pod", object: leanPod(object) })),
  Service: map(decodeService, (object) => ({ kind: "Service", object })),
  EndpointSlice: map(decodeEndpointSlice, (object) => ({ kind: "EndpointSlice", object })),
  Workload: map(decodeWorkload, (object) => ({ kind: "Workload", object })),
  VirtualMachine: map(decodeVirtualMachine, (object) => ({ kind: "VirtualMachine", object })),
  VirtualMachineInstance: map(decodeVirtualMachineInstance, (object) => ({
    kind: "VirtualMachineInstance",
    object,
  })),
  NetworkPolicy: map(decodeNetworkPolicy, (object) => ({
    kind: "NetworkPolicy",
    object: share(lean(object)),
  })),
  MultiNetworkPolicy: map(decodeMultiNetworkPolicy, (object) => ({
    kind: "MultiNetworkPolicy",
    object: share(lean(object)),
  })),
  PolicyDefinition: map(decodePolicyDefinition, (object) => ({ kind: "PolicyDefinition", object })),
  NetworkAttachment: map(decodeNetworkAttachment, (object) => ({ kind: "NetworkAttachment", object })),
  IPAMClaim: map(decodeIpamClaim, (object) => ({ kind: "IPAMClaim", object })),
  Node: map(decodeNode, (object) => ({ kind: "Node", object })),
};

/** kubectl keeps a copy of what was applied inside the object, as big as all the rest; nothing here reads it. */
const KUBECTL_COPY = "kubectl.kubernetes.io/last-applied-configuration";

function lean<Kind extends { readonly metadata: ObjectMeta }>(object: Kind): Kind {
  const { annotations } = object.metadata;
  if (annotations?.[KUBECTL_COPY] === undefined) return object;
  const { [KUBECTL_COPY]: _copy, ...others } = annotations;
  return { ...object, metadata: { ...object.metadata, annotations: others } };
}

/** Name, uid and address are a pod's own; most of the rest it has in common with others of its workload. */
function leanPod(pod: Pod): Pod {
  const { namespace, labels, owner, node, nodeAddresses, ports } = pod;
  return { ...pod, ...share({ namespace, labels, owner, node, nodeAddresses, ports }) };
}

/** What the store holds of an object that cannot be read: it is there all the same, and what depends on it is not known. */
export function unreadStored(
  { kind }: Resource,
  { meta: { namespace, name }, raw }: Received,
  problems: readonly Problem[],
): Stored {
  const types = kind === "NetworkPolicy" ? readablePolicyTypes(raw) : undefined;
  const object = { kind, namespace, name, reason: problemsText(problems) };
  return { kind: "Unreadable", object: types === undefined ? object : { ...object, policyTypes: types } };
}

export function storedKind(resource: Resource): StoredKind {
  return tierKindOf(resource) === undefined ? plainKind(resource) : "TierPolicy";
}

function tierKindOf({ kind }: Resource): TierPolicyKind | undefined {
  return TIER_POLICY_KINDS.find((known) => known === kind);
}

function plainKind({ kind }: Resource): PlainKind {
  switch (kind) {
    case "CustomResourceDefinition":
      return "PolicyDefinition";
    case "NetworkAttachmentDefinition":
      return "NetworkAttachment";
    case "IPAMClaim":
    case "Namespace":
    case "Node":
    case "Pod":
    case "Service":
    case "EndpointSlice":
    case "VirtualMachine":
    case "VirtualMachineInstance":
    case "NetworkPolicy":
    case "MultiNetworkPolicy":
    case "ServiceAccess":
      return kind;
    default:
      return "Workload";
  }
}

/** The key under which the store has the object. */
export function storedKey(resource: Resource, meta: Pick<Meta, "namespace" | "name">): string {
  const { kind } = resource;
  const stored = storedKind(resource);
  if (stored === "TierPolicy") return `${kind}/${meta.name}`;
  return stored === "Workload" ? workloadKey(meta.namespace, { kind, name: meta.name }) : nameOf(meta);
}
