import { createEngine, type Engine, type Touched } from "../core/engine.ts";
import type { Evaluator } from "../core/evaluator.ts";
import { withForwards } from "../core/forwards.ts";
import { type Profile, SPECIFICATION } from "../core/profile.ts";
import { secondaryProfileOf } from "../core/profile-secondary.ts";
import { type Concerns, createConcerns } from "./concerns.ts";
import { withLaunchers } from "./launched.ts";
import { keepCurrent } from "./lookups.ts";
import { createNetworks } from "./networks.ts";
import type { Programmed } from "./program.ts";
import { isEqual } from "../model/equal.ts";
import { keyText } from "../model/key.ts";
import { type Platform, UNTOLD } from "../model/platform.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { IpamClaim, NetworkAttachment } from "../model/network-attachment.ts";
import type { PolicyDefinition } from "../model/policy-definition.ts";
import type { NameStatus, ServiceAccess, ServiceAccessStatus } from "../model/service-access.ts";
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

/** One object of a watched kind. */
export type Stored =
  | { readonly kind: "Namespace"; readonly object: Namespace }
  | { readonly kind: "Pod"; readonly object: Pod }
  | { readonly kind: "Service"; readonly object: Service }
  | { readonly kind: "EndpointSlice"; readonly object: EndpointSlice }
  | { readonly kind: "ResolvedName"; readonly object: NameStatus }
  | { readonly kind: "Workload"; readonly object: Workload }
  | { readonly kind: "VirtualMachine"; readonly object: VirtualMachine }
  | { readonly kind: "VirtualMachineInstance"; readonly object: VirtualMachineInstance }
  | { readonly kind: "NetworkPolicy"; readonly object: NetworkPolicy }
  | { readonly kind: "MultiNetworkPolicy"; readonly object: NetworkPolicy }
  | { readonly kind: "PolicyDefinition"; readonly object: PolicyDefinition }
  | { readonly kind: "ServiceAccess"; readonly object: ServiceAccess }
  | { readonly kind: "TierPolicy"; readonly object: TierPolicy }
  | { readonly kind: "Node"; readonly object: Node }
  | { readonly kind: "NetworkAttachment"; readonly object: NetworkAttachment }
  | { readonly kind: "IPAMClaim"; readonly object: IpamClaim }
  | { readonly kind: "Unreadable"; readonly object: Unreadable };

export type StoredKind = Stored["kind"];

export interface Change {
  readonly kind: StoredKind;
  /** The key of the object in its map of the World. */
  readonly key: string;
  readonly before: Stored | undefined;
  readonly after: Stored | undefined;
  /** What the evaluator may judge otherwise now; undefined for kinds that it does not look at. */
  readonly touched: Touched | undefined;
  /** The secondary networks, of those that somebody asked about, on which answers may be others now. */
  readonly networks?: readonly string[];
}

/** The watched state of a cluster: written by whoever watches, read by everyone as a World. */
export interface Store {
  readonly world: World;
  /** What the status of each object was last worked out from, by the object's `namespace/name`. */
  readonly concerns: Concerns;
  /** What became of the policies of each object, by its `namespace/name`; the turn for its status tells it. */
  readonly programmed: Map<string, Programmed>;
  /** The statuses that are being written right now: what shows one of them is no news. */
  readonly saying: Map<string, ServiceAccessStatus>;
  /** Undefined when the object says what it said before. */
  put(item: Stored): Change | undefined;
  remove(kind: StoredKind, key: string): Change | undefined;
  /**
   * The evaluator of the present state; the same one follows every change. On a secondary network, given by `namespace/name`
   * of a definition, ask anew after each change.
   */
  evaluator(network?: string): Evaluator;
  /** The state as a secondary network sees it: its pods with their addresses there, and its policies. */
  worldOn(network?: string): World;
}

export function createStore(profile: Profile = SPECIFICATION, platform: Platform = UNTOLD): Store {
  const maps = emptyMaps();
  // The same objects with their kinds, so that a change can say what was there before.
  const items = new Map<string, Stored>();
  const engine = createEngine(profile);
  const world = worldOf(
    maps,
    profile.scope === undefined ? platform : { ...platform, namesPodNetwork: true },
  );
  const networks = createNetworks(world, secondaryProfileOf(profile));
  const follow = (change: Change): Change => {
    keepCurrent(world, change);
    const concerned = networks.follow(change);
    return concerned.length === 0 ? change : { ...change, networks: concerned };
  };
  const remove: Store["remove"] = (kind, key) => {
    const before = items.get(`${kind} ${key}`);
    items.delete(`${kind} ${key}`);
    if (before === undefined) return undefined;
    maps[kind].delete(key);
    if (isMachine(before)) maps.Workload.delete(workloadKey(before.object.namespace, before.object));
    const change = follow({ kind, key, before, after: undefined, touched: withdraw(engine, before) });
    return isMachine(before) ? withLaunchers(change, world, put) : change;
  };
  const put: Store["put"] = (given) => {
    const item = given.kind === "Pod" ? { ...given, object: withForwards(given.object, world) } : given;
    const key = storedKey(item);
    if (isUnborn(item)) return remove(item.kind, key);
    const before = items.get(`${item.kind} ${key}`);
    if (before !== undefined && isEqual(before.object, item.object)) return undefined;
    items.set(`${item.kind} ${key}`, item);
    shelve(maps, key, item);
    if (isMachine(item)) maps.Workload.set(workloadKey(item.object.namespace, item.object), item.object);
    const change = follow({ kind: item.kind, key, before, after: item, touched: feed(engine, item) });
    return isMachine(item) ? withLaunchers(change, world, put) : change;
  };
  return {
    world,
    concerns: createConcerns(),
    programmed: new Map(),
    saying: new Map(),
    put,
    remove,
    evaluator: (network) => (network === undefined ? engine : networks.on(network).engine),
    worldOn: (network) => (network === undefined ? world : networks.on(network).world),
  };
}

/** A virtual machine is a workload, too. */
function isMachine(item: Stored): item is Extract<Stored, { readonly kind: `VirtualMachine${string}` }> {
  return item.kind === "VirtualMachine" || item.kind === "VirtualMachineInstance";
}

/** Without an address a pod cannot be reached and reaches nobody; one that runs without a known one is only not known. */
function isUnborn(item: Stored): boolean {
  return item.kind === "Pod" && item.object.phase === "Pending" && item.object.addresses.length === 0;
}

function feed(engine: Engine, item: Stored): Touched | undefined {
  switch (item.kind) {
    case "Namespace":
      return engine.putNamespace(item.object);
    case "Pod":
      return engine.putPod(item.object);
    case "NetworkPolicy":
      return engine.putPolicy(item.object);
    case "TierPolicy":
      return engine.putTier(item.object);
    case "Node":
      return engine.putNode(item.object);
    case "Unreadable":
      return engine.putUnreadable(item.object);
    case "Service":
    case "EndpointSlice":
    case "ResolvedName":
    case "Workload":
    case "VirtualMachine":
    case "VirtualMachineInstance":
    case "MultiNetworkPolicy":
    case "PolicyDefinition":
    case "NetworkAttachment":
    case "IPAMClaim":
    case "ServiceAccess":
      return undefined;
  }
}

function withdraw(engine: Engine, item: Stored): Touched | undefined {
  switch (item.kind) {
    case "Namespace":
      return engine.removeNamespace(item.object.name);
    case "Pod":
      return engine.removePod(item.object);
    case "NetworkPolicy":
      return engine.removePolicy(item.object.metadata);
    case "TierPolicy":
      return engine.removeTier(storedKey(item));
    case "Node":
      return engine.removeNode(item.object.name);
    case "Unreadable":
      return engine.removeUnreadable(item.object);
    case "Service":
    case "EndpointSlice":
    case "ResolvedName":
    case "Workload":
    case "VirtualMachine":
    case "VirtualMachineInstance":
    case "MultiNetworkPolicy":
    case "PolicyDefinition":
    case "NetworkAttachment":
    case "IPAMClaim":
    case "ServiceAccess":
      return undefined;
  }
}

/** A store that holds what a World says: the start of a simulation. */
export function storeOf(world: World, profile: Profile = SPECIFICATION): Store {
  const store = createStore(profile, world.platform);
  for (const object of world.namespaces.values()) store.put({ kind: "Namespace", object });
  for (const object of world.pods.values()) store.put({ kind: "Pod", object });
  for (const object of world.services.values()) store.put({ kind: "Service", object });
  for (const object of world.endpointSlices.values()) store.put({ kind: "EndpointSlice", object });
  for (const object of world.names.values()) store.put({ kind: "ResolvedName", object });
  for (const object of world.workloads.values())
    if (!MACHINES.includes(object.kind)) store.put({ kind: "Workload", object });
  for (const object of world.virtualMachines.values()) store.put({ kind: "VirtualMachine", object });
  for (const object of world.virtualMachineInstances.values())
    store.put({ kind: "VirtualMachineInstance", object });
  for (const object of world.policies.values()) store.put({ kind: "NetworkPolicy", object });
  for (const object of world.multiPolicies.values()) store.put({ kind: "MultiNetworkPolicy", object });
  for (const object of world.policyDefinitions.values()) store.put({ kind: "PolicyDefinition", object });
  for (const object of world.accesses.values()) store.put({ kind: "ServiceAccess", object });
  for (const object of world.tierPolicies.values()) store.put({ kind: "TierPolicy", object });
  for (const object of world.nodes.values()) store.put({ kind: "Node", object });
  for (const object of world.networkAttachments.values()) store.put({ kind: "NetworkAttachment", object });
  for (const object of world.ipamClaims.values()) store.put({ kind: "IPAMClaim", object });
  for (const object of world.unreadable.values()) store.put({ kind: "Unreadable", object });
  return store;
}

const MACHINES: readonly string[] = ["VirtualMachine", "VirtualMachineInstance"];

type Maps = ReturnType<typeof emptyMaps>;

function emptyMaps() {
  return {
    Namespace: new Map<string, Namespace>(),
    Pod: new Map<string, Pod>(),
    Service: new Map<string, Service>(),
    EndpointSlice: new Map<string, EndpointSlice>(),
    ResolvedName: new Map<string, NameStatus>(),
    Workload: new Map<string, Workload>(),
    VirtualMachine: new Map<string, VirtualMachine>(),
    VirtualMachineInstance: new Map<string, VirtualMachineInstance>(),
    NetworkPolicy: new Map<string, NetworkPolicy>(),
    MultiNetworkPolicy: new Map<string, NetworkPolicy>(),
    PolicyDefinition: new Map<string, PolicyDefinition>(),
    ServiceAccess: new Map<string, ServiceAccess>(),
    TierPolicy: new Map<string, TierPolicy>(),
    Node: new Map<string, Node>(),
    NetworkAttachment: new Map<string, NetworkAttachment>(),
    IPAMClaim: new Map<string, IpamClaim>(),
    Unreadable: new Map<string, Unreadable>(),
  };
}

function worldOf(maps: Maps, platform: Platform): World {
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

function storedKey(item: Stored): string {
  switch (item.kind) {
    case "Namespace":
    case "Node":
    case "PolicyDefinition":
    case "ResolvedName":
      return item.object.name;
    case "TierPolicy":
      return `${item.object.kind}/${item.object.name}`;
    case "Unreadable":
      return unreadableKey(item.object);
    case "Workload":
      return workloadKey(item.object.namespace, item.object);
    case "Pod":
    case "VirtualMachine":
    case "VirtualMachineInstance":
    case "Service":
    case "EndpointSlice":
    case "NetworkAttachment":
    case "IPAMClaim":
      return keyText(item.object);
    case "NetworkPolicy":
    case "MultiNetworkPolicy":
    case "ServiceAccess":
      return keyText(item.object.metadata);
  }
}

function shelve(maps: Maps, key: string, item: Stored): void {
  switch (item.kind) {
    case "Namespace":
      maps.Namespace.set(key, item.object);
      break;
    case "Pod":
      maps.Pod.set(key, item.object);
      break;
    case "Service":
      maps.Service.set(key, item.object);
      break;
    case "ResolvedName":
      maps.ResolvedName.set(key, item.object);
      break;
    case "EndpointSlice":
      maps.EndpointSlice.set(key, item.object);
      break;
    case "Workload":
      maps.Workload.set(key, item.object);
      break;
    case "VirtualMachine":
      maps.VirtualMachine.set(key, item.object);
      break;
    case "VirtualMachineInstance":
      maps.VirtualMachineInstance.set(key, item.object);
      break;
    case "NetworkPolicy":
      maps.NetworkPolicy.set(key, item.object);
      break;
    case "MultiNetworkPolicy":
      maps.MultiNetworkPolicy.set(key, item.object);
      break;
    case "PolicyDefinition":
      maps.PolicyDefinition.set(key, item.object);
      break;
    case "ServiceAccess":
      maps.ServiceAccess.set(key, item.object);
      break;
    case "TierPolicy":
      maps.TierPolicy.set(key, item.object);
      break;
    case "Node":
      maps.Node.set(key, item.object);
      break;
    case "NetworkAttachment":
      maps.NetworkAttachment.set(key, item.object);
      break;
    case "IPAMClaim":
      maps.IPAMClaim.set(key, item.object);
      break;
    case "Unreadable":
      maps.Unreadable.set(key, item.object);
  }
}
