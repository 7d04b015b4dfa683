import type { Labels } from "../model/labels.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import { readList, withPolicies, type Written } from "./decode-cases.ts";
import type { ClusterSketch } from "./table.ts";

/** A cluster with cluster-scoped policies, and what is to be answered for some flows. */
export interface TierCase extends ClusterSketch {
  readonly name: string;
  /** `Kind/name` and spec, in the fields of its own API. */
  readonly tiers: Readonly<Record<string, object>>;
  readonly nodes?: Readonly<
    Record<string, { readonly labels: Labels; readonly addresses: readonly string[] }>
  >;
  readonly policies?: readonly NetworkPolicy[];
  /** Per flow the expectation in the words of `readExpectation`. */
  readonly expect: Readonly<Record<string, string>>;
  /** The fields of the policies that must be reported, and no others. */
  readonly problems?: readonly string[];
}

const FIELDS = ["name", "pods", "namespaces", "nodes", "tiers", "policies", "problems", "expect"];

export function readTierCases(): readonly TierCase[] {
  return (readList("tiers.yaml", FIELDS) as readonly Written<TierCase>[]).map(withPolicies);
}

/** The objects as they would be applied. */
export function tierManifests({ tiers }: Pick<TierCase, "tiers">): readonly object[] {
  return Object.entries(tiers).map(([text, spec]) => {
    const [kind = "", name = ""] = text.split("/");
    const version = kind === "ClusterNetworkPolicy" ? "v1alpha2" : "v1alpha1";
    return { apiVersion: `policy.networking.k8s.io/${version}`, kind, metadata: { name }, spec };
  });
}
