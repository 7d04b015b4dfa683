/**
 * From raw JSON, as an API server sends it or a YAML reader makes it, to the model.
 * Every decoder is total: it answers any JSON value, with the value of the model or with all its problems.
 */
export { type Decoded } from "./decode-json.ts";
export { DEFAULT_NAMESPACE } from "./decode-metadata.ts";
export { decodeEndpointSlice, SERVICE_NAME_LABEL } from "./decode-endpoint-slice.ts";
export { decodeNamespace, unknownNamespace } from "./decode-namespace.ts";
export { decodeMultiNetworkPolicy, decodeNetworkPolicy } from "./decode-network-policy.ts";
export { decodeIpamClaim, decodeNetworkAttachment } from "./decode-network-attachment.ts";
export { decodeNode } from "./decode-node.ts";
export { decodePod, decodePodStrictly } from "./decode-pod.ts";
export { decodePolicyDefinition } from "./decode-policy-definition.ts";
export { decodeService } from "./decode-service.ts";
export {
  decodeTierPolicy,
  TIER_POLICY_GROUP,
  TIER_POLICY_KINDS,
  TIER_POLICY_VERSIONS,
} from "./decode-tier-policy.ts";
export {
  decodeVirtualMachine,
  decodeVirtualMachineInstance,
  VIRTUAL_MACHINE_GROUP,
  VIRTUAL_MACHINE_VERSIONS,
} from "./decode-virtual-machine.ts";
export { decodeWorkload, decodeWorkloadStrictly, WORKLOAD_KINDS } from "./decode-workload.ts";
