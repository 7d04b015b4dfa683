import type { Pod } from "../model/world.ts";
import { contains } from "./addresses.ts";
import type { Direction, Family } from "./answer.ts";
import { addressesOf, type Endpoint } from "./endpoint.ts";
import type { Applying } from "./evaluator.ts";
import type { OnNetwork, PeerOnNetwork, Policy, Rule } from "./policy.ts";
import type { Profile } from "./profile.ts";
import type { SecondaryTraits } from "./profile-secondary.ts";
import { all, and, type Ternary } from "./ternary.ts";

/** The policies that bind a pod on a secondary network, as whoever may be the enforcer there reads them. */
export function boundOnNetwork(
  applying: readonly Applying[],
  direction: Direction,
  pod: Pod,
  { secondary: enforcers = [] }: Profile,
): readonly Applying[] {
  return applying.flatMap((each): readonly Applying[] => {
    const { policy, selects } = each;
    const { secondary } = policy;
    if (secondary === undefined || enforcers.length === 0) return [each];
    const read = enforcers.map((traits) => pointsOf(secondary, direction, pod, traits));
    const standing = and(selects, agreed(read.map((points) => all(points.map(({ stands }) => stands)))));
    if (standing === "no") return [];
    const doubts = read.flat().flatMap(({ stands, doubt }) => (stands === "yes" ? [] : [doubt]));
    const doubt = [...new Set(doubts)].join("; ");
    return [
      standing === "yes" || doubt === ""
        ? { policy, selects: standing }
        : { policy, selects: standing, doubt },
    ];
  });
}

/** What several enforcers say of one question. */
function agreed(answers: readonly Ternary[]): Ternary {
  const [first = "maybe"] = answers;
  return answers.every((answer) => answer === first) ? first : "maybe";
}

/** Something on which it hangs whether a policy stands at all. */
interface Point {
  readonly stands: Ternary;
  readonly doubt: string;
}

function pointsOf(on: OnNetwork, direction: Direction, pod: Pod, traits: SecondaryTraits): readonly Point[] {
  return [
    {
      stands: covers(on.definitions, pod, traits.covers),
      doubt: "not every enforcer takes a definition for all others of the same network",
    },
    {
      stands: direction === "ingress" && on.isIngressImplied ? IMPLIED[traits.impliedIngress] : "yes",
      doubt: "what a policy without policyTypes and without ingress rules is for, enforcers read differently",
    },
    {
      stands: on.hasOperators ? OPERATORS[traits.operators] : "yes",
      doubt: "one enforcer skips policies whose selectors use other operators than In with one value",
    },
    {
      stands: on.hasSelectorPeers ? withoutIpam(on.ipam, traits.selectorsWithoutIpam) : "yes",
      doubt:
        "where a network hands out no addresses, one enforcer skips policies with selectors as peers, and others match nothing by them",
    },
    {
      stands: pod.secondary?.isMachine === true ? MACHINES[traits.machines] : "yes",
      doubt: "some enforcers work inside the pod, where a virtual machine's traffic does not come by",
    },
  ];
}

const IMPLIED = { isolates: "yes", ignored: "no", undefined: "maybe" } as const;
const OPERATORS = { read: "yes", policySkipped: "no", undefined: "maybe" } as const;
const MACHINES = { bound: "yes", free: "no", undefined: "maybe" } as const;

/** A policy that an enforcer cannot convert is not there for it: what it should close stays open. */
function withoutIpam(ipam: Ternary, reading: SecondaryTraits["selectorsWithoutIpam"]): Ternary {
  if (ipam === "yes" || reading === "matchNothing") return "yes";
  return ipam === "no" && reading === "policySkipped" ? "no" : "maybe";
}

/** Attached by several definitions of which only some are named, a pod is bound on some of its interfaces. */
function covers(definitions: readonly string[], pod: Pod, reading: SecondaryTraits["covers"]): Ternary {
  if (reading === "network") return "yes";
  const own = pod.secondary?.definitions ?? [];
  const named = own.filter((definition) => definitions.includes(definition));
  if (named.length === own.length) return "yes";
  return named.length === 0 ? "no" : "maybe";
}

/** Whether a peer that selects the pod by its labels reaches it on this network. */
export function peerReaches(on: PeerOnNetwork, pod: Pod, enforcers: readonly SecondaryTraits[]): Ternary {
  return agreed(enforcers.map((traits) => reachesBy(on, pod, traits)));
}

function reachesBy(on: PeerOnNetwork, pod: Pod, traits: SecondaryTraits): Ternary {
  const isElsewhere = on.bareOf !== undefined && on.bareOf !== pod.namespace;
  return all([
    isElsewhere ? BARE[traits.barePeer] : "yes",
    covers(on.definitions, pod, traits.covers),
    pod.secondary?.isListed === true ? "yes" : LISTED[traits.selectorsWithoutIpam][on.ipam],
  ]);
}

const BARE = { ownNamespace: "no", allNamespaces: "yes", undefined: "maybe" } as const;

/** Who is not listed yet will be, where addresses are handed out; where they are not, selectors stand for nobody. */
const LISTED = {
  policySkipped: { yes: "yes", no: "yes", maybe: "yes" },
  matchNothing: { yes: "yes", no: "no", maybe: "maybe" },
  undefined: { yes: "yes", no: "maybe", maybe: "maybe" },
} as const;

/** Whether the blocks of a rule leave the other end out again, as an enforcer does that merges their excepts. */
export function isMergedAway(
  rule: Rule,
  other: Endpoint,
  family: Family | undefined,
  { secondary = [] }: Profile,
): boolean {
  if (secondary.length === 0 || !secondary.every(({ except }) => except === "merge")) return false;
  const isKnown = addressesOf(other, family).length > 0;
  return isKnown && isExcepted([rule], other, family);
}

/** Whether an except of any rule may drop what others admit: the order in which such an enforcer asks is not fixed. */
export function mayVeto(
  policies: readonly Policy[],
  direction: Direction,
  other: Endpoint,
  family: Family | undefined,
  { secondary = [] }: Profile,
): boolean {
  const isVeto = secondary.some(({ except }) => except === "veto");
  return isVeto && policies.some((policy) => isExcepted(policy[direction] ?? [], other, family));
}

/** An end of unknown address may be any. */
function isExcepted(rules: readonly Rule[], other: Endpoint, family: Family | undefined): boolean {
  const addresses = addressesOf(other, family);
  return rules.some(
    ({ peers }) =>
      peers !== "anyone" &&
      peers.some(
        (peer) =>
          peer.kind === "block" &&
          peer.except.some(
            (except) => addresses.length === 0 || addresses.some((address) => contains(except, address)),
          ),
      ),
  );
}
