import type { Engine, Touched } from "../core/engine.ts";
import { type StoredAs, type StoredKind, storedKey, type Watched } from "./stored.ts";

/** Tells the engine of an object that came or changed; undefined for kinds that it does not look at. */
export function feed<K extends StoredKind>(
  engine: Engine,
  { kind, object }: StoredAs<K>,
): Touched | undefined {
  return PUT[kind]?.(engine, object);
}

/** Tells it of one that has gone. */
export function withdraw<K extends StoredKind>(
  engine: Engine,
  { kind, object }: StoredAs<K>,
): Touched | undefined {
  return REMOVE[kind]?.(engine, object);
}

type Tellers = { readonly [K in StoredKind]?: (engine: Engine, object: Watched[K]) => Touched };

const PUT: Tellers = {
  Namespace: (engine, namespace) => engine.putNamespace(namespace),
  Pod: (engine, pod) => engine.putPod(pod),
  NetworkPolicy: (engine, policy) => engine.putPolicy(policy),
  TierPolicy: (engine, policy) => engine.putTier(policy),
  Node: (engine, node) => engine.putNode(node),
  Service: (engine, service) => engine.putService(service),
  Unreadable: (engine, object) => engine.putUnreadable(object),
};

const REMOVE: Tellers = {
  Namespace: (engine, { name }) => engine.removeNamespace(name),
  Pod: (engine, pod) => engine.removePod(pod),
  NetworkPolicy: (engine, { metadata }) => engine.removePolicy(metadata),
  TierPolicy: (engine, object) => engine.removeTier(storedKey({ kind: "TierPolicy", object })),
  Node: (engine, { name }) => engine.removeNode(name),
  Service: (engine, service) => engine.removeService(service),
  Unreadable: (engine, object) => engine.removeUnreadable(object),
};
