import {
  isUnreadPolicy,
  type NetworkView,
  putPodOn,
  putPolicyOn,
  putUnreadableOn,
  removePodOn,
  removePolicyOn,
  removeUnreadableOn,
  viewOf,
} from "../core/network-view.ts";
import { definitionOf, networkOf, networksOfPod, networksOfPolicy } from "../core/networks.ts";
import type { Profile } from "../core/profile.ts";
import { isEqual } from "../model/equal.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import { type Pod, workloadKey, type World } from "../model/world.ts";
import { attachedPods, type AttachedPods } from "./attached-pods.ts";
import { keepCurrent } from "./lookups.ts";
import { objectIn } from "./stored.ts";
import type { Change, Stored, StoredKind } from "./store.ts";

/**
 * The secondary networks that somebody asked about, each followed change by change from then on. Of a network that nobody
 * asks about nothing is kept, and of pods only which of them are attached to some network.
 */
export interface Networks {
  /** By `namespace/name` of a definition that leads to it. */
  on(definition: string): NetworkView;
  /** After the World has changed: the networks, of those asked about, on which answers may be others now. */
  follow(change: Change): readonly string[];
}

export function createNetworks(world: World, enforcer?: Profile): Networks {
  const state: State = { world, enforcer, views: new Map(), attached: attachedPods() };
  return {
    on: (definition) => viewOn(state, networkOf(definition, world)),
    follow: (change) => followers[change.kind]?.(state, change) ?? [],
  };
}

interface State {
  readonly world: World;
  /** What somebody has said that enforces policies; otherwise a network's plugin says who it can be. */
  readonly enforcer: Profile | undefined;
  readonly views: Map<string, NetworkView>;
  readonly attached: AttachedPods;
}

function viewOn({ world, enforcer, views, attached }: State, network: string): NetworkView {
  const view = views.get(network) ?? viewOf(network, world, enforcer, attached.all(world));
  views.set(network, view);
  return view;
}

type Follow = (state: State, change: Change) => readonly string[];

const followers: Readonly<Partial<Record<StoredKind, Follow>>> = {
  Pod: followPod,
  MultiNetworkPolicy: followPolicy,
  NetworkAttachment: (state, { key, before, after }) =>
    forget(state, [
      key,
      objectIn(before, "NetworkAttachment")?.network ?? key,
      objectIn(after, "NetworkAttachment")?.network ?? key,
    ]),
  ServiceAccess: followAccess,
  VirtualMachine: followMachine,
  VirtualMachineInstance: followMachine,
  IPAMClaim: (state, { key }) => followPods(state, `claim ${key}`),
  Namespace: followNamespace,
  Unreadable: followUnreadable,
};

function followMachine(state: State, { kind, key }: Change): readonly string[] {
  const [namespace = "", name = ""] = key.split("/");
  return followPods(state, `owner ${workloadKey(namespace, { kind, name })}`);
}

function followPod(state: State, { key, ...change }: Change): readonly string[] {
  const [before, after] = [objectIn(change.before, "Pod"), objectIn(change.after, "Pod")];
  if (before?.attachments === undefined && after?.attachments === undefined) return [];
  state.attached.replace(key, before, after);
  const networks = [before, after].flatMap((pod) =>
    pod === undefined ? [] : networksOfPod(pod, state.world),
  );
  return changed(viewsOf(state, networks), (view) => replacePod(state, view, key));
}

/** What is known of their addresses may have changed; where they are attached has not. */
function followPods(state: State, word: string): readonly string[] {
  return changed([...state.views.values()], (view) =>
    [...state.attached.keys(word)].map((key) => replacePod(state, view, key)).includes(true),
  );
}

/** The network's own World has lookups of its own, which are kept current like all others. */
function replacePod({ world }: State, view: NetworkView, key: string): boolean {
  const before = view.pods.get(key);
  const pod = world.pods.get(key);
  if (pod !== undefined) putPodOn(view, pod, world);
  else if (before !== undefined) removePodOn(view, before);
  const after = view.pods.get(key);
  if (isEqual(before, after)) return false;
  keepCurrent(view.world, {
    kind: "Pod",
    key,
    before: stored(before),
    after: stored(after),
    touched: undefined,
  });
  return true;
}

function stored(object: Pod | undefined): Stored | undefined {
  return object === undefined ? undefined : { kind: "Pod", object };
}

function followPolicy(state: State, { key, before, after }: Change): readonly string[] {
  const [was, is] = [objectIn(before, "MultiNetworkPolicy"), objectIn(after, "MultiNetworkPolicy")];
  const networks = [was, is].flatMap((policy) =>
    policy === undefined ? [] : networksOfPolicy(policy, state.world),
  );
  return changed(viewsOf(state, networks), (view) => {
    const own = is !== undefined && networksOfPolicy(is, state.world).includes(view.network);
    if (own) putPolicyOn(view, is, state.world);
    else if (was !== undefined) removePolicyOn(view, was.metadata);
    const shown = { before: asPlain(was), after: own ? asPlain(is) : undefined };
    keepCurrent(view.world, { kind: "NetworkPolicy", key, ...shown, touched: undefined });
    return true;
  });
}

function asPlain(object: NetworkPolicy | undefined): Stored | undefined {
  return object === undefined ? undefined : { kind: "NetworkPolicy", object };
}

/** Where definitions or declared addresses change, most of the network does: it is put together anew when it is asked about. */
function forget({ views }: State, networks: readonly string[]): readonly string[] {
  return [...new Set(networks)].filter((network) => views.delete(network));
}

function followAccess(state: State, { before, after }: Change): readonly string[] {
  const [was, is] = [objectIn(before, "ServiceAccess"), objectIn(after, "ServiceAccess")];
  if (isEqual(was?.spec.network?.endpoints, is?.spec.network?.endpoints)) return [];
  const definitions = [was, is].flatMap((access) => (access && definitionOf(access)) ?? []);
  return forget(
    state,
    definitions.map((definition) => networkOf(definition, state.world)),
  );
}

function followNamespace(state: State, { key: name }: Change): readonly string[] {
  const namespace = state.world.namespaces.get(name);
  return changed([...state.views.values()], ({ engine, pods, policies }) => {
    const isThere = [...pods.keys(), ...policies.keys()].some((key) => key.startsWith(`${name}/`));
    if (isThere && namespace !== undefined) engine.putNamespace(namespace);
    else if (namespace === undefined) engine.removeNamespace(name);
    return isThere;
  });
}

function followUnreadable(state: State, { before, after }: Change): readonly string[] {
  const [was, is] = [objectIn(before, "Unreadable"), objectIn(after, "Unreadable")];
  const object = is ?? was;
  if (object === undefined || !isUnreadPolicy(object)) return [];
  return changed([...state.views.values()], (view) => {
    if (is !== undefined) putUnreadableOn(view, is);
    else removeUnreadableOn(view, object);
    return true;
  });
}

function viewsOf({ views }: State, networks: readonly string[]): readonly NetworkView[] {
  return [...new Set(networks)].flatMap((network) => views.get(network) ?? []);
}

function changed(views: readonly NetworkView[], change: (view: NetworkView) => boolean): readonly string[] {
  return views.filter(change).map(({ network }) => network);
}
