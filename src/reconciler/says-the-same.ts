import {
  API_VERSION,
  DESCRIPTION_ANNOTATION,
  OVN_NETWORK_ANNOTATION,
  POLICY_FOR_ANNOTATION,
} from "../generator/names.ts";
import { isForPodNetwork } from "../core/scoped.ts";
import { isEqual } from "../model/equal.ts";
import type { NetworkPolicy, NetworkPolicySpec } from "../model/network-policy.ts";

/** Whether the stored policy says what the desired one does, in every field that we write. */
export function saysTheSame(desired: NetworkPolicy, stored: NetworkPolicy): boolean {
  return differences(desired, stored).length === 0;
}

/** The fields that we write and that say something else, as people write them: `spec.ingress`, `metadata.labels[a/b]`. */
export function differences(desired: NetworkPolicy, stored: NetworkPolicy): readonly string[] {
  const asked = parts(desired, desired);
  const found = parts(stored, desired);
  return [...asked].filter(([field, value]) => !isEqual(value, found.get(field))).map(([field]) => field);
}

/** They say for which network a policy is: one that nobody asked for changes that as well. */
export const NETWORK_ANNOTATIONS = [POLICY_FOR_ANNOTATION, OVN_NETWORK_ANNOTATION];

const SPEC_FIELDS = ["podSelector", "policyTypes", "ingress", "egress"] as const;

/** What others add to the metadata beside what we write is theirs. */
function parts({ metadata, spec }: NetworkPolicy, desired: NetworkPolicy): ReadonlyMap<string, unknown> {
  const { labels, annotations, ownerReferences = [] } = metadata;
  return new Map<string, unknown>([
    ...SPEC_FIELDS.map((field) => [`spec.${field}`, meant(spec, field)] as const),
    ...Object.keys(desired.metadata.labels ?? {}).map(
      (key) => [`metadata.labels[${key}]`, labels?.[key]] as const,
    ),
    [`metadata.annotations[${DESCRIPTION_ANNOTATION}]`, annotations?.[DESCRIPTION_ANNOTATION]],
    ...NETWORK_ANNOTATIONS.map((key) => {
      const isAsked = desired.metadata.annotations?.[key] !== undefined;
      return [`metadata.annotations[${key}]`, scope(annotations?.[key], isAsked)] as const;
    }),
    ["metadata.ownerReferences", ownerReferences.filter((owner) => owner.apiVersion === API_VERSION)],
  ]);
}

/** Without having asked for any network we mean the pod network, and somebody may say that, too, which Kube-OVN calls ovn. */
function scope(value: string | undefined, isAsked: boolean): string | undefined {
  return !isAsked && isForPodNetwork(value) ? undefined : value;
}

/** Empty lists are dropped by the API server or not, depending on who wrote them; they say the same as absence here. */
function meant(spec: NetworkPolicySpec, field: (typeof SPEC_FIELDS)[number]): unknown {
  const value = spec[field] ?? undefined;
  const isRuleList = field === "ingress" || field === "egress";
  return isRuleList && Array.isArray(value) && value.length === 0 ? undefined : value;
}
