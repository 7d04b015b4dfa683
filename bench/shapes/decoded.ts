import type { Decoded } from "../../src/manifest/decode.ts";
import { decodeNamespace, decodeNetworkPolicy, decodePod } from "../../src/manifest/decode.ts";
import type { NetworkPolicy } from "../../src/model/network-policy.ts";
import type { Namespace, Pod } from "../../src/model/world.ts";
import type { Shape } from "./sketch.ts";

/** A cluster as the engine is given it. */
export interface DecodedCluster {
  readonly namespaces: readonly Namespace[];
  readonly pods: readonly Pod[];
  readonly policies: readonly NetworkPolicy[];
}

/**
 * Through text and our own decoders, so that strings and objects lie in memory as those of a real API server do: no two
 * pods share their labels.
 */
export function decoded({ namespaces, pods, policies }: Shape): DecodedCluster {
  return {
    namespaces: namespaces.map((each) => valueOf(decodeNamespace(overTheWire(each)))),
    pods: pods.map((each) => valueOf(decodePod(overTheWire(each)))),
    policies: policies.map((each) => valueOf(decodeNetworkPolicy(overTheWire(each)))),
  };
}

function overTheWire(manifest: object): unknown {
  return JSON.parse(JSON.stringify(manifest));
}

function valueOf<T>(decoding: Decoded<T>): T {
  if (decoding.kind === "problems") throw new Error(JSON.stringify(decoding.problems));
  return decoding.value;
}
