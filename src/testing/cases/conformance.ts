import type { Family } from "../../core/answer.ts";
import type { Subtest } from "./conformance/houses.ts";
import { layerTests } from "./conformance/layers.ts";
import { orderTests } from "./conformance/order.ts";
import { peerTests } from "./conformance/peers.ts";

/** The 92 subtests of the network-policy-api conformance suite for ClusterNetworkPolicy v1alpha2, restated. */
export function conformanceSubtests(family: Family): readonly Subtest[] {
  return [...orderTests(), ...layerTests(), ...peerTests(family)];
}
