import type { PortSet } from "./ports.ts";

/** What the policies make of a flow; Unknown always comes with a reason. */
export type Verdict = "Allowed" | "Denied" | "Unknown";

export type Direction = "egress" | "ingress";

/** What one end of a flow says to it. */
export interface SideAnswer {
  readonly verdict: Verdict;
  /**
   * `namespace/name` of the policies that decide, sorted: those that allow, or, when nothing allows, all that isolate.
   * Empty when no policy isolates this end in this direction.
   */
  readonly by: readonly string[];
  /** One sentence for people. */
  readonly reason: string;
}

export type Family = "IPv4" | "IPv6";

/** The verdict on one flow with the reasons of both ends; both must allow for the flow to pass. */
export interface Answer {
  readonly verdict: Verdict;
  readonly egress: SideAnswer;
  readonly ingress: SideAnswer;
  readonly reason: string;
  /** Only where the families of a dual-stack pair differ; the verdict is Unknown then. */
  readonly families?: readonly { readonly family: Family; readonly verdict: Verdict }[];
  /** The name of the profile that decided: only where the specification alone gives another verdict. */
  readonly profile?: string;
}

/** Everything that may pass between two endpoints: disjoint sets, all other ports are denied. */
export interface Connections {
  readonly allowed: PortSet;
  readonly unknown: PortSet;
}

/** One destination port as a packet carries it (the pod's port, after Service translation). */
export interface FlowPort {
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly port: number;
}
