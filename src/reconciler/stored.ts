import { keyText } from "../model/key.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { IpamClaim, NetworkAttachment } from "../model/network-attachment.ts";
import type { Platform } from "../model/platform.ts";
import type { PolicyDefinition } from "../model/policy-definition.ts";
import type { NameStatus, ServiceAccess } from "../model/service-access.ts";
import type { TierPolicy } from "../model/tier-policy.ts";
import type { VirtualMachine, VirtualMachineInstance } from "../model/virtual-machine.ts";
import {
  type EndpointSlice,
  type Namespace,
  type Node,
  type Pod,
  type Service,
  type Unreadable,
  unreadableKey,
  type Workload,
  workloadKey,
  type World,
} from "../model/world.ts";

/** What there is to watch, by its kind. */
export interface Watched {
  readonly Namespace: Namespace;
  readonly Pod: Pod;
  readonly Service: Service;
  readonly EndpointSlice: EndpointSlice;
  readonly ResolvedName: NameStatus;
  readonly Workload: Workload;
  readonly VirtualMachine: VirtualMachine;
  readonly VirtualMachineInstance: VirtualMachineInstance;
  readonly NetworkPolicy: NetworkPolicy;
  readonly MultiNetworkPolicy: NetworkPolicy;
  readonly PolicyDefinition: PolicyDefinition;
  readonly ServiceAccess: ServiceAccess;
  readonly TierPolicy: TierPolicy;
  readonly Node: Node;
  readonly NetworkAttachment: NetworkAttachment;
  readonly IPAMClaim: IpamClaim;
  readonly Unreadable: Unreadable;
}

export type StoredKind = keyof Watched;

/** One object of some of the kinds. */
export interface StoredAs<K extends StoredKind> {
  readonly kind: K;
  readonly object: Watched[K];
}

/** One object of a watched kind. */
export type Stored = { readonly [K in StoredKind]: StoredAs<K> }[StoredKind];

/** The object, where it is one of the kind. */
export function objectIn<K extends StoredKind>(item: Stored | undefined, kind: K): Watched[K] | undefined {
  return isOfKind(item, kind) ? item.object : undefined;
}

function isOfKind<K extends StoredKind>(item: Stored | undefined, kind: K): item is Stored & StoredAs<K> {
  return item?.kind === kind;
}

/** The objects of each kind by their keys. */
export type Maps = { readonly [K in StoredKind]: Map<string, Watched[K]> };

export function emptyMaps(): Maps {
  return {
    Namespace: new Map(),
    Pod: new Map(),
    Service: new Map(),
    EndpointSlice: new Map(),
    ResolvedName: new Map(),
    Workload: new Map(),
    VirtualMachine: new Map(),
    VirtualMachineInstance: new Map(),
    NetworkPolicy: new Map(),
    MultiNetworkPolicy: new Map(),
    PolicyDefinition: new Map(),
    ServiceAccess: new Map(),
    TierPolicy: new Map(),
    Node: new Map(),
    NetworkAttachment: new Map(),
    IPAMClaim: new Map(),
    Unreadable: new Map(),
  };
}

export function worldOf(maps: Maps, platform: Platform): World {
  return {
    namespaces: maps.Namespace,
    pods: maps.Pod,
    services: maps.Service,
    endpointSlices: maps.EndpointSlice,
    names: maps.ResolvedName,
    workloads: maps.Workload,
    virtualMachines: maps.VirtualMachine,
    virtualMachineInstances: maps.VirtualMachineInstance,
    platform,
    policies: maps.NetworkPolicy,
    multiPolicies: maps.MultiNetworkPolicy,
    policyDefinitions: maps.PolicyDefinition,
    accesses: maps.ServiceAccess,
    tierPolicies: maps.TierPolicy,
    nodes: maps.Node,
    networkAttachments: maps.NetworkAttachment,
    ipamClaims: maps.IPAMClaim,
    unreadable: maps.Unreadable,
  };
}

/** Everything in a World, one by one; machines are among its workloads as well, and come once. */
export function storedIn(world: World): readonly Stored[] {
  const workloads = [...world.workloads.values()].filter(({ kind }) => !MACHINES.includes(kind));
  return [
    ...all("Namespace", world.namespaces.values()),
    ...all("Pod", world.pods.values()),
    ...all("Service", world.services.values()),
    ...all("EndpointSlice", world.endpointSlices.values()),
    ...all("ResolvedName", world.names.values()),
    ...all("Workload", workloads),
    ...all("VirtualMachine", world.virtualMachines.values()),
    ...all("VirtualMachineInstance", world.virtualMachineInstances.values()),
    ...all("NetworkPolicy", world.policies.values()),
    ...all("MultiNetworkPolicy", world.multiPolicies.values()),
    ...all("PolicyDefinition", world.policyDefinitions.values()),
    ...all("ServiceAccess", world.accesses.values()),
    ...all("TierPolicy", world.tierPolicies.values()),
    ...all("Node", world.nodes.values()),
    ...all("NetworkAttachment", world.networkAttachments.values()),
    ...all("IPAMClaim", world.ipamClaims.values()),
    ...all("Unreadable", world.unreadable.values()),
  ];
}

const MACHINES: readonly string[] = ["VirtualMachine", "VirtualMachineInstance"];

function all<K extends StoredKind>(kind: K, objects: Iterable<Watched[K]>): readonly StoredAs<K>[] {
  return Array.from(objects, (object) => ({ kind, object }));
}

/** The key of the object in its map. */
export function storedKey<K extends StoredKind>({ kind, object }: StoredAs<K>): string {
  return KEYS[kind](object);
}

const KEYS: { readonly [K in StoredKind]: (object: Watched[K]) => string } = {
  Namespace: byName,
  Pod: keyText,
  Service: keyText,
  EndpointSlice: keyText,
  ResolvedName: byName,
  Workload: (workload) => workloadKey(workload.namespace, workload),
  VirtualMachine: keyText,
  VirtualMachineInstance: keyText,
  NetworkPolicy: ({ metadata }) => keyText(metadata),
  MultiNetworkPolicy: ({ metadata }) => keyText(metadata),
  PolicyDefinition: byName,
  ServiceAccess: ({ metadata }) => keyText(metadata),
  TierPolicy: ({ kind, name }) => `${kind}/${name}`,
  Node: byName,
  NetworkAttachment: keyText,
  IPAMClaim: keyText,
  Unreadable: unreadableKey,
};

function byName({ name }: { readonly name: string }): string {
  return name;
}

export function shelve<K extends StoredKind>(maps: Maps, key: string, item: StoredAs<K>): void {
  maps[item.kind].set(key, item.object);
}
