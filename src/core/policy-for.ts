import type { NetworkPolicy } from "../model/network-policy.ts";

const POLICY_FOR = "k8s.v1.cni.cncf.io/policy-for";

/**
 * The definitions that a MultiNetworkPolicy is for, as `namespace/name`; a bare name lies in the policy's namespace. Whoever
 * names none has a policy that every enforcer overlooks.
 */
export function policyFor({ metadata }: NetworkPolicy): readonly string[] {
  const entries = (metadata.annotations?.[POLICY_FOR] ?? "").replaceAll(/\s/g, "").split(",");
  const keys = entries.flatMap((entry) => {
    const [first = "", second, ...rest] = entry.split("/");
    if (rest.length > 0 || first === "" || second === "") return [];
    return [second === undefined ? `${metadata.namespace}/${first}` : entry];
  });
  return [...new Set(keys)];
}
