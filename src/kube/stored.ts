import { type Decoded, type Decoder, map } from "../manifest/decode-json.ts";
import {
  decodeNamespace,
  decodeNetworkPolicy,
  decodePod,
  decodeService,
  decodeWorkload,
} from "../manifest/decode.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import { workloadKey } from "../model/world.ts";
import type { Stored, StoredKind } from "../reconciler/store.ts";
import { type Meta, nameOf } from "./received.ts";
import type { Resource } from "./resources.ts";

/** The schema's own decoder; passed in, because the schema is a file. */
export type AccessDecoder = Decoder<ServiceAccess>;

/** From an object of the API to what the store holds of it. */
export function decodeStored(
  resource: Resource,
  raw: unknown,
  decodeServiceAccess: AccessDecoder,
): Decoded<Stored> {
  switch (storedKind(resource)) {
    case "Namespace":
      return map(decodeNamespace, (object): Stored => ({ kind: "Namespace", object }))(raw);
    case "Pod":
      return map(decodePod, (object): Stored => ({ kind: "Pod", object }))(raw);
    case "Service":
      return map(decodeService, (object): Stored => ({ kind: "Service", object }))(raw);
    case "Workload":
      return map(decodeWorkload, (object): Stored => ({ kind: "Workload", object }))(raw);
    case "NetworkPolicy":
      return map(decodeNetworkPolicy, (object): Stored => ({ kind: "NetworkPolicy", object }))(raw);
    case "ServiceAccess":
      return map(decodeServiceAccess, (object): Stored => ({ kind: "ServiceAccess", object }))(raw);
  }
}

export function storedKind({ kind }: Resource): Exclude<StoredKind, "TierPolicy" | "Node"> {
  switch (kind) {
    case "Namespace":
    case "Pod":
    case "Service":
    case "NetworkPolicy":
    case "ServiceAccess":
      return kind;
    default:
      return "Workload";
  }
}

/** The key under which the store has the object. */
export function storedKey(resource: Resource, meta: Pick<Meta, "namespace" | "name">): string {
  const { kind } = resource;
  return storedKind(resource) === "Workload"
    ? workloadKey(meta.namespace, { kind, name: meta.name })
    : nameOf(meta);
}
