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
  switch (plainKind(resource)) {
    case "Namespace":
      return map(decodeNamespace, (object): Stored => ({ kind: "Namespace", object }))(raw);
    case "Pod":
      return map(decodePod, (object): Stored => ({ kind: "Pod", object: leanPod(object) }))(raw);
    case "Service":
      return map(decodeService, (object): Stored => ({ kind: "Service", object }))(raw);
    case "EndpointSlice":
      return map(decodeEndpointSlice, (object): Stored => ({ kind: "EndpointSlice", object }))(raw);
    case "VirtualMachine":
      return map(decodeVirtualMachine, (object): Stored => ({ kind: "VirtualMachine", object }))(raw);
    case "VirtualMachineInstance":
      return map(decodeVirtualMachineInstance, (object): Stored => {
        return { kind: "VirtualMachineInstance", object };
      })(raw);
    case "Workload":
      return map(decodeWorkload, (object): Stored => ({ kind: "Workload", object }))(raw);
    case "NetworkPolicy":
      return map(decodeNetworkPolicy, (object): Stored => ({
        kind: "NetworkPolicy",
        object: share(lean(object)),
      }))(raw);
    case "MultiNetworkPolicy":
      return map(decodeMultiNetworkPolicy, (object): Stored => ({
        kind: "MultiNetworkPolicy",
        object: share(lean(object)),
      }))(raw);
    case "PolicyDefinition":
      return map(decodePolicyDefinition, (object): Stored => ({ kind: "PolicyDefinition", object }))(raw);
    case "NetworkAttachment":
      return map(decodeNetworkAttachment, (object): Stored => ({ kind: "NetworkAttachment", object }))(raw);
    case "IPAMClaim":
      return map(decodeIpamClaim, (object): Stored => ({ kind: "IPAMClaim", object }))(raw);
    case "Node":
      return map(decodeNode, (object): Stored => ({ kind: "Node", object }))(raw);
    case "ServiceAccess":
      return map(decodeServiceAccess, (object): Stored => ({
        kind: "ServiceAccess",
        object: share(lean(object)),
      }))(raw);
  }
}

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

function plainKind({ kind }: Resource): Exclude<StoredKind, "TierPolicy" | "Unreadable"> {
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
