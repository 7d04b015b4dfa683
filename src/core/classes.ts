import type { Pod } from "../model/world.ts";
import type { AddressRange } from "./addresses.ts";
import { podRanges } from "./endpoint.ts";
import type { Evaluator } from "./evaluator.ts";
import type { Policy } from "./policy.ts";
import type { Selector } from "./selector.ts";
import { blocksOf } from "./split.ts";

/** Pods that no policy of the cluster can tell apart; `pod` answers for all of them. */
export interface PodClass {
  readonly pod: Pod;
  readonly members: readonly Pod[];
}

/**
 * Groups pods by everything a policy can see of them: namespace, the labels that some selector uses, named ports, the
 * blocks that hold their addresses. A pod's own node is left out: it always reaches its pods, whatever policies say.
 */
export function classesOf(evaluator: Evaluator, pods: Iterable<Pod>): readonly PodClass[] {
  const sight = sightOf([...evaluator.policies.values()].flat());
  const groups = new Map<string, Pod[]>();
  for (const pod of pods) {
    const signature = signatureOf(pod, sight);
    const group = groups.get(signature);
    if (group === undefined) groups.set(signature, [pod]);
    else group.push(pod);
  }
  return [...groups.values()].flatMap((members) => {
    const [first] = members;
    return first === undefined ? [] : [{ pod: { ...first, node: "", nodeAddresses: [] }, members }];
  });
}

/** What the policies of a cluster can see: nothing else of a pod matters to them. */
interface Sight {
  readonly labelKeys: ReadonlySet<string>;
  readonly portNames: ReadonlySet<string>;
  readonly boundaries: Readonly<Record<AddressRange["family"], readonly bigint[]>>;
}

function sightOf(policies: readonly Policy[]): Sight {
  const rules = policies.flatMap((policy) => [...(policy.egress ?? []), ...(policy.ingress ?? [])]);
  const peers = rules.flatMap((rule) => (rule.peers === "anyone" ? [] : rule.peers));
  const selectors = [
    ...policies.map((policy) => policy.subject),
    ...peers.flatMap((peer) => (peer.kind === "pods" ? [peer.pods] : [])),
  ];
  const entries = rules.flatMap((rule) => (rule.ports === "every" ? [] : rule.ports));
  const blocks = policies.flatMap((policy) => [
    ...blocksOf(policy, "egress"),
    ...blocksOf(policy, "ingress"),
  ]);
  return {
    labelKeys: new Set(selectors.flatMap(keysOf)),
    portNames: new Set(entries.flatMap((entry) => (entry.kind === "named" ? [entry.name] : []))),
    boundaries: { IPv4: boundariesOf(blocks, "IPv4"), IPv6: boundariesOf(blocks, "IPv6") },
  };
}

function keysOf(selector: Selector): readonly string[] {
  return selector.kind === "invalid" ? [] : selector.requirements.map((requirement) => requirement.key);
}

function boundariesOf(blocks: readonly AddressRange[], family: AddressRange["family"]): readonly bigint[] {
  const cuts = blocks
    .filter((block) => block.family === family)
    .flatMap((block) => [block.first, block.last + 1n]);
  return [...new Set(cuts)].toSorted((a, b) => (a < b ? -1 : 1));
}

function signatureOf(pod: Pod, sight: Sight): string {
  const labels = Object.entries(pod.labels)
    .filter(([key]) => sight.labelKeys.has(key))
    .map(([key, value]) => `${key}=${value}`)
    .toSorted();
  const ports = pod.ports
    .filter((port) => sight.portNames.has(port.name))
    .map((port) => `${port.name}:${port.protocol}:${port.number}`)
    .toSorted();
  const atoms = podRanges(pod).map(
    (range) => `${range.family}:${atomOf(range.first, sight.boundaries[range.family])}`,
  );
  return JSON.stringify([pod.namespace, labels, ports, atoms.toSorted(), pod.hostNetwork, pod.replicas > 1]);
}

/** How many boundaries lie at or below the address: addresses of one atom are in the same blocks. */
function atomOf(address: bigint, boundaries: readonly bigint[]): number {
  let [low, high] = [0, boundaries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((boundaries[middle] ?? 0n) <= address) low = middle + 1;
    else high = middle;
  }
  return low;
}
