/**
 * From raw JSON, as an API server sends it or a YAML reader makes it, to the model.
 * Every decoder is total: it answers any JSON value, with the value of the model or with all its problems.
 */
export { type Decoded } from "./decode-json.ts";
export { DEFAULT_NAMESPACE } from "./decode-metadata.ts";
export { decodeNamespace, unknownNamespace } from "./decode-namespace.ts";
export { decodeMultiNetworkPolicy, decodeNetworkPolicy } from "./decode-network-policy.ts";
export { decodeNode } from "./decode-node.ts";
export { decodePod } from "./decode-pod.ts";
export { decodeService } from "./decode-service.ts";
export {
  decodeTierPolicy,
  TIER_POLICY_GROUP,
  TIER_POLICY_KINDS,
  TIER_POLICY_VERSIONS,
} from "./decode-tier-policy.ts";
export { decodeWorkload, WORKLOAD_KINDS } from "./decode-workload.ts";
