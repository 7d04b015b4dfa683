import { createEngine, type Touched } from "../core/engine.ts";
import type { Evaluator } from "../core/evaluator.ts";
import { withForwards } from "../core/forwards.ts";
import { type Profile, SPECIFICATION } from "../core/profile.ts";
import { type Concerns, createConcerns } from "./concerns.ts";
import { feed, withdraw } from "./fed.ts";
import { withLaunchers } from "./launched.ts";
import { keepCurrent } from "./lookups.ts";
import { createNetworks } from "./networks.ts";
import type { Programmed } from "./program.ts";
import { isEqual } from "../model/equal.ts";
import { type Platform, UNTOLD } from "../model/platform.ts";
import type { ServiceAccessStatus } from "../model/service-access.ts";
import { workloadKey, type World } from "../model/world.ts";
import { emptyMaps, shelve, type Stored, storedIn, type StoredKind, storedKey, worldOf } from "./stored.ts";

export type { Stored, StoredKind } from "./stored.ts";

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

/** By `profile` the pod network is judged, by `enforcer` what policies do on others, where somebody has said so. */
export function createStore(
  profile: Profile = SPECIFICATION,
  platform: Platform = UNTOLD,
  enforcer?: Profile,
): Store {
  const maps = emptyMaps();
  // The same objects with their kinds, so that a change can say what was there before.
  const items = new Map<string, Stored>();
  const engine = createEngine(profile);
  const world = worldOf(
    maps,
    profile.scope === undefined ? platform : { ...platform, namesPodNetwork: true },
  );
  const networks = createNetworks(world, enforcer);
  const follow = (change: Change): Change => followed(change, world, networks, put);
  const remove: Store["remove"] = (kind, key) => {
    const before = items.get(`${kind} ${key}`);
    items.delete(`${kind} ${key}`);
    if (before === undefined) return undefined;
    maps[kind].delete(key);
    if (isMachine(before)) maps.Workload.delete(workloadKey(before.object.namespace, before.object));
    return follow({ kind, key, before, after: undefined, touched: withdraw(engine, before) });
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
    return follow({ kind: item.kind, key, before, after: item, touched: feed(engine, item) });
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

/** What else has changed with it: what is looked up, other networks, and the launchers of a virtual machine. */
function followed(
  change: Change,
  world: World,
  networks: ReturnType<typeof createNetworks>,
  put: Store["put"],
): Change {
  keepCurrent(world, change);
  const concerned = networks.follow(change);
  const whole = concerned.length === 0 ? change : { ...change, networks: concerned };
  const item = change.after ?? change.before;
  return item !== undefined && isMachine(item) ? withLaunchers(whole, world, put) : whole;
}

/** A virtual machine is a workload, too. */
function isMachine(item: Stored): item is Extract<Stored, { readonly kind: `VirtualMachine${string}` }> {
  return item.kind === "VirtualMachine" || item.kind === "VirtualMachineInstance";
}

/** Without an address a pod cannot be reached and reaches nobody; one that runs without a known one is only not known. */
function isUnborn(item: Stored): boolean {
  return item.kind === "Pod" && item.object.phase === "Pending" && item.object.addresses.length === 0;
}

/** A store that holds what a World says: the start of a simulation. */
export function storeOf(world: World, profile: Profile = SPECIFICATION, enforcer?: Profile): Store {
  const store = createStore(profile, world.platform, enforcer);
  for (const item of storedIn(world)) store.put(item);
  return store;
}
