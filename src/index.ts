/**
 * The evaluator as a library: who can reach whom in a Kubernetes cluster, by its policies, and why. Everything here is
 * pure and synchronous. An example that the tests run is in docs/library.md.
 */
export type { Answer, Connections, Direction, Family, FlowPort, SideAnswer, Verdict } from "./core/answer.ts";
/** Addresses and CIDRs, as endpoints outside the cluster. */
export { type AddressRange, parseRange } from "./core/addresses.ts";
/** The verdict on one flow, and everything that may pass between two endpoints. */
export { check, connections } from "./core/check.ts";
/** The flows that two profiles judge differently. */
export { type Divergence, divergence } from "./core/divergence.ts";
export { type Endpoint, endpointText } from "./core/endpoint.ts";
/** A cluster that changes: put and remove objects as they come, ask at any time. */
export { createEngine, type Engine, type Touched } from "./core/engine.ts";
/** A cluster that does not change. */
export {
  compileCluster,
  type Evaluator,
  type EvaluatorInput,
  problemsOf,
  underProfile,
} from "./core/evaluator.ts";
/** Why a flow has its verdict: the walk through the tiers, the rule that decides, and for a denial the nearest miss. */
export { explain } from "./core/explain.ts";
export { explanationText } from "./core/explain-text.ts";
export type { Explanation } from "./core/explained.ts";
export { icmpVerdict } from "./core/icmp.ts";
export { hasPort, type PortSet, portTexts } from "./core/ports.ts";
/** What network plugins make of the points that Kubernetes leaves open. */
export { type Profile, profileNamed, PROFILES, SPECIFICATION } from "./core/profile.ts";
/** The answer for a whole cluster, by classes of pods that no policy can tell apart. */
export { type Edge, type Reachability, reachability, whoReaches } from "./core/queries.ts";
export type { PodClass } from "./core/room.ts";
/** Whether a Service is reached, port by port, through the pods behind it. */
export { type ServiceReachability, serviceReachability } from "./core/services.ts";
export { equalPriorityConflicts, type PriorityConflict } from "./core/tier-conflicts.ts";
/** From raw objects, as an API server or a file has them; a decoder answers with the value or with all its problems. */
export {
  type Decoded,
  decodeNamespace,
  decodeNetworkPolicy,
  decodeNode,
  decodePod,
  decodeService,
  decodeTierPolicy,
  decodeWorkload,
} from "./manifest/decode.ts";
export type { NetworkPolicy } from "./model/network-policy.ts";
export type { TierPolicy } from "./model/tier-policy.ts";
export type { Namespace, Node, Pod, Service, Workload } from "./model/world.ts";
