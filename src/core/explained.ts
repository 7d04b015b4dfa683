import type { Tier } from "../model/tier-policy.ts";
import type { Family, FlowPort, SideAnswer, Verdict } from "./answer.ts";

/** Why a flow has its verdict, as data; `explanationText` makes sentences of it. */
export interface Explanation extends FlowPort {
  readonly from: string;
  readonly to: string;
  /** Absent where the input does not say. */
  readonly family?: Family;
  readonly verdict: Verdict;
  readonly egress: SideExplanation;
  readonly ingress: SideExplanation;
}

/** What one end of the flow says to it, and how it comes to that. */
export interface SideExplanation extends SideAnswer {
  /** The end whose policies were asked. */
  readonly end: string;
  /** Every policy with something to say, in the order of the tiers; policies of one place by their names. */
  readonly walk: readonly Step[];
  /** For a denial: the rule that came closest to letting the flow pass, where there is one. */
  readonly nearest?: NearMiss;
}

/** What one policy made of the flow. */
export interface Step {
  readonly tier: Tier | "NetworkPolicy" | "MultiNetworkPolicy";
  /** Of cluster-scoped policies only. */
  readonly priority?: number;
  /** `namespace/name`, or `Kind/name` of a cluster-scoped policy. */
  readonly policy: string;
  readonly did: Deed;
  /** Whether the end says what it says because of this policy. */
  readonly decides: boolean;
  /** The rule that did it; absent where none of them matched. */
  readonly rule?: RuleAt;
  /** Why it is not determined what the policy does; empty where it is. */
  readonly doubts: readonly string[];
}

/**
 * `isolates`: a NetworkPolicy closes the pod and none of its rules lets the flow pass. `skips`: no rule of a
 * cluster-scoped policy matches, so that it says nothing.
 */
export type Deed = "accepts" | "denies" | "passes" | "isolates" | "skips" | "undetermined";

/** Where in the policy, as it was written and counted from 0. */
export interface RuleAt {
  readonly rule: number;
  /** Absent where the rule names none and means everyone. */
  readonly peer?: number;
  /** Absent where the rule names none and means every port. */
  readonly port?: number;
}

/** A rule that would have let the flow pass, had it not been for what it lacks. */
export interface NearMiss {
  readonly policy: string;
  /** Absent where the policy has no rule at all for the direction. */
  readonly at?: Pick<RuleAt, "rule" | "peer">;
  readonly lacks: readonly Lack[];
}

/** One thing that keeps a rule from matching. */
export type Lack =
  | { readonly kind: "rules" }
  /** The ports that the rule covers instead, such as `TCP/8080`. */
  | { readonly kind: "port"; readonly allowed: readonly string[] }
  /** The rule speaks of ports by names that the destination does not have. */
  | { readonly kind: "portName"; readonly names: readonly string[]; readonly destination: string }
  /** A requirement of a selector, such as `app=web`, and the label that is there instead, if any. */
  | {
      readonly kind: "label";
      readonly of: "pod" | "namespace";
      readonly name: string;
      readonly needs: string;
      readonly has?: string;
    }
  /** The peer means pods of the policy's own namespace. */
  | { readonly kind: "namespace"; readonly namespace: string; readonly needs: string }
  | { readonly kind: "except"; readonly address: string; readonly cidr: string; readonly except: string }
  | { readonly kind: "cidr"; readonly address: string; readonly cidrs: readonly string[] }
  /** Selectors match pods and nothing else, and some peers nothing that is a pod. */
  | { readonly kind: "sort"; readonly end: string; readonly needs: "pods" | "nodes" | "names outside" }
  | { readonly kind: "hostNetwork"; readonly pod: string }
  /** The network plugin holds address blocks against no such end. */
  | { readonly kind: "profile"; readonly end: string; readonly profile: string }
  /** The rule has nothing that could match: the API server would refuse what is written there. */
  | { readonly kind: "never"; readonly what: "peer" | "port" };
