import type { NetworkPolicy } from "../model/network-policy.ts";
import { compile } from "./compile.ts";
import type { Policy } from "./policy.ts";
import type { Profile } from "./profile.ts";

const NETWORKS = "ovn.kubernetes.io/network_policy_for";

/** How NetworkPolicies read on the pod network: one plugin has an annotation that keeps them away from it. */
export function readerFor({ scope }: Pick<Profile, "scope">): (policy: NetworkPolicy) => Policy {
  return scope === "annotation" ? readScoped : compile;
}

/** A policy for other networks isolates nobody here; one that names none is for all of them. */
function readScoped(policy: NetworkPolicy): Policy {
  const compiled = compile(policy);
  return isForPodNetwork(policy.metadata.annotations?.[NETWORKS])
    ? compiled
    : { ...compiled, egress: undefined, ingress: undefined };
}

/** Kube-OVN calls the pod network `ovn`. */
export function isForPodNetwork(networks: string | undefined): boolean {
  return networks === undefined || networks.split(",").some((each) => each.trim() === "ovn");
}
