import { contains, parseRange } from "../core/addresses.ts";
import { matches } from "../core/admits.ts";
import type { Direction } from "../core/answer.ts";
import { classesOf } from "../core/classes.ts";
import { type Evaluator, underProfile } from "../core/evaluator.ts";
import type { Peer, Policy, Rule } from "../core/policy.ts";
import { SPECIFICATION } from "../core/profile.ts";
import type { PodClass } from "../core/room.ts";
import type { Selector } from "../core/selector.ts";
import type { Pod } from "../model/world.ts";
import { rangeText } from "./places.ts";

export type Block = Extract<Peer, { kind: "block" }>;

/** An address block that holds addresses of the cluster itself, which its rule does not name by labels as well. */
export interface Covered {
  /** `namespace/name` of the policy. */
  readonly policy: string;
  readonly block: string;
  readonly holds: "pods" | "nodes";
  /** As long as there is this class, it is so. */
  readonly witness: PodClass;
}

/** The address blocks of the policies that isolate an object's targets or clients. */
export interface Blocks {
  /** All of them: a pod that comes into one may change what is said of it. */
  readonly blocks: readonly Block[];
  /** Those that hold pods, or else nodes. */
  readonly covered: readonly Covered[];
}

export function blocksOn(pods: Iterable<Pod>, evaluator: Evaluator): Blocks {
  const policies = policiesWithBlocks(pods, evaluator);
  return {
    blocks: policies.flatMap((policy) => rulesOf(policy).flatMap(blocksIn)),
    covered: policies.flatMap((policy) =>
      rulesOf(policy).flatMap((rule) => coveredIn(policy, rule, evaluator)),
    ),
  };
}

const DIRECTIONS: readonly Direction[] = ["egress", "ingress"];

function policiesWithBlocks(pods: Iterable<Pod>, evaluator: Evaluator): readonly Policy[] {
  const groups = classesOf(evaluator, pods);
  const applying = groups.flatMap(({ pod }) =>
    DIRECTIONS.flatMap((direction) => evaluator.applyingTo(direction, pod)),
  );
  const policies = new Set(applying.flatMap(({ policy, selects }) => (selects === "yes" ? [policy] : [])));
  return [...policies].filter((policy) => rulesOf(policy).some((rule) => blocksIn(rule).length > 0));
}

function rulesOf({ egress = [], ingress = [] }: Policy): readonly Rule[] {
  return [...egress, ...ingress];
}

function blocksIn({ peers }: Rule): readonly Block[] {
  return peers === "anyone" ? [] : peers.filter((peer) => peer.kind === "block");
}

function coveredIn(policy: Policy, rule: Rule, evaluator: Evaluator): readonly Covered[] {
  const blocks = blocksIn(rule);
  if (rule.peers === "anyone" || blocks.length === 0 || rule.peers.some(isEveryPod)) return [];
  const { classes } = evaluator.matching(rule.peers);
  if (classes === "all") return [];
  const named = rule.peers.filter(({ kind }) => kind === "pods");
  const plain = underProfile(evaluator, SPECIFICATION);
  const found = new Map<Block, Covered>();
  for (const witness of classes) {
    const { pod } = witness;
    for (const block of blocks) {
      const known = found.get(block);
      if (known?.holds === "pods" || (known !== undefined && pod.hostNetwork)) continue;
      if (!isIn(block, pod) || named.some((peer) => isNamed(peer, pod, plain))) continue;
      const holds = pod.hostNetwork ? "nodes" : "pods";
      found.set(block, { policy: policy.name, block: rangeText(block.cidr), holds, witness });
    }
    if (blocks.every((block) => found.get(block)?.holds === "pods")) break;
  }
  return [...found.values()];
}

/** Who names every pod has said all there is to say of pods. */
function isEveryPod(peer: Peer): boolean {
  if (peer.kind !== "pods" || peer.namespaces.kind !== "selected") return false;
  return isEverything(peer.namespaces.selector) && isEverything(peer.pods);
}

function isEverything(selector: Selector): boolean {
  return selector.kind !== "invalid" && selector.requirements.length === 0;
}

function isNamed(peer: Peer, pod: Pod, evaluator: Evaluator): boolean {
  return matches(peer, { kind: "pod", pod }, undefined, evaluator) === "yes";
}

/** Of a pod whose address is not known nothing is claimed. */
function isIn({ cidr, except }: Block, { addresses }: Pod): boolean {
  return addresses
    .map(parseRange)
    .some(
      (range) =>
        range !== undefined && contains(cidr, range) && !except.some((each) => contains(each, range)),
    );
}
