import { isNonEmpty, type NonEmpty } from "../model/nonempty.ts";
import type { PolicyPeer } from "../model/network-policy.ts";
import type { Platform } from "../model/platform.ts";
import { sortedSet } from "./canonical.ts";
import { CLOUD_PROVIDERS, healthChecksOf } from "./cloud-providers.ts";
import type { Unresolved } from "./peers.ts";

/** From where load balancers ask whether pods are healthy, where the cloud is known and has addresses of its own for it. */
export function healthCheckPeers({ cloudProvider }: Platform): NonEmpty<PolicyPeer> | Unresolved {
  if (cloudProvider === undefined) {
    const message = `nobody said whose load balancers these are: say it with --cloud-provider, one of ${CLOUD_PROVIDERS.join(", ")}, or name their addresses by ipBlock`;
    return { reason: "CloudProviderNotSaid", message };
  }
  const checks = healthChecksOf(cloudProvider);
  if (checks === undefined || "unknown" in checks) {
    const message = checks?.unknown ?? `the load balancers of ${cloudProvider} are not known here`;
    return { reason: "HealthChecksNotKnown", message };
  }
  const peers = checks.blocks.map((cidr): PolicyPeer => ({ ipBlock: { cidr } }));
  if (isNonEmpty(peers)) return sortedSet(peers);
  return { reason: "HealthChecksNotKnown", message: `no addresses of ${cloudProvider} are known` };
}
