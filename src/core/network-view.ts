import { keyText, type ObjectKey } from "../model/key.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { Pod, Unreadable, World } from "../model/world.ts";
import { compileMulti } from "./compile-multi.ts";
import { createEngine, type Engine } from "./engine.ts";
import {
  type Declared,
  declaredOn,
  ipamOn,
  networksOfPod,
  networksOfPolicy,
  pluginsOn,
  podOn,
} from "./networks.ts";
import type { Profile } from "./profile.ts";
import { specificationFor } from "./profile-secondary.ts";

/** One secondary network: whoever is attached to it, with their addresses there, and the policies that are for it. */
export interface NetworkView {
  readonly network: string;
  /** The cluster as the network sees it: its policies are the MultiNetworkPolicies for it. */
  readonly world: World;
  readonly engine: Engine;
  readonly pods: Map<string, Pod>;
  readonly policies: Map<string, NetworkPolicy>;
  readonly declared: readonly Declared[];
}

/**
 * Where nobody says what enforces policies on the network, its plugin decides who it can be. Whoever keeps count of the
 * pods that are attached to some network need not have all others looked at.
 */
export function viewOf(
  network: string,
  world: World,
  profile?: Profile,
  attached: Iterable<Pod> = world.pods.values(),
): NetworkView {
  const view = emptyView(network, world, profile);
  for (const policy of world.multiPolicies.values())
    if (networksOfPolicy(policy, world).includes(network)) putPolicyOn(view, policy, world);
  for (const object of world.unreadable.values()) putUnreadableOn(view, object);
  for (const pod of attached) if (networksOfPod(pod, world).includes(network)) putPodOn(view, pod, world);
  return view;
}

function emptyView(network: string, world: World, profile: Profile | undefined): NetworkView {
  const specification = specificationFor(pluginsOn(network, world));
  const ipam = ipamOn(network, world);
  const pods = new Map<string, Pod>();
  const policies = new Map<string, NetworkPolicy>();
  return {
    network,
    world: { ...world, pods, policies, multiPolicies: new Map(), tierPolicies: new Map(), nodes: new Map() },
    engine: createEngine(profile ?? specification, {
      specification,
      read: (policy) => compileMulti(policy, ipam),
    }),
    pods,
    policies,
    declared: declaredOn(network, world),
  };
}

/** What became of the pod on the network: undefined where it is not attached any more. */
export function putPodOn(view: NetworkView, pod: Pod, world: World): Pod | undefined {
  const there = podOn(view.network, pod, view.declared, world);
  if (there === undefined) {
    removePodOn(view, pod);
    return undefined;
  }
  meet(view, pod.namespace, world);
  view.pods.set(keyText(pod), there);
  view.engine.putPod(there);
  return there;
}

export function removePodOn({ pods, engine }: NetworkView, key: ObjectKey): void {
  if (pods.delete(keyText(key))) engine.removePod(key);
}

export function putPolicyOn(view: NetworkView, policy: NetworkPolicy, world: World): void {
  meet(view, policy.metadata.namespace, world);
  view.policies.set(keyText(policy.metadata), policy);
  view.engine.putPolicy(policy);
}

export function removePolicyOn({ policies, engine }: NetworkView, key: ObjectKey): void {
  if (policies.delete(keyText(key))) engine.removePolicy(key);
}

/** Nobody knows which networks a policy is for that cannot be read, so it may be for each of them. */
export function putUnreadableOn({ engine }: NetworkView, object: Unreadable): void {
  if (isUnreadPolicy(object)) engine.putUnreadable({ ...object, kind: "NetworkPolicy" });
}

export function removeUnreadableOn({ engine }: NetworkView, object: Unreadable): void {
  if (isUnreadPolicy(object)) engine.removeUnreadable({ ...object, kind: "NetworkPolicy" });
}

export function isUnreadPolicy({ kind }: Unreadable): boolean {
  return kind === "MultiNetworkPolicy";
}

/** An engine knows the namespaces that somebody or some policy on the network is in: most of a cluster is not. */
function meet({ engine }: NetworkView, name: string, world: World): void {
  const namespace = world.namespaces.get(name);
  if (namespace?.labelsKnown === true && !engine.namespaceOf(name).labelsKnown)
    engine.putNamespace(namespace);
}
