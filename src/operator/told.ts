import type { KubeCluster } from "../kube/cluster.ts";
import type { Log } from "../kube/log.ts";
import { type NetworkPolicy, policyKey } from "../model/network-policy.ts";
import type { AccessEvent, WriteResult } from "../reconciler/cluster.ts";

/**
 * The same cluster, with a line in the log for every policy that is written or refused: whoever asks at night what
 * changed finds it there. A refusal is told once, until it is another one or over. Whoever counts hears of every Event.
 */
export function told(cluster: KubeCluster, log: Log, count: (event: AccessEvent) => void): KubeCluster {
  const refusals = new Map<string, string>();
  const tell = (what: string, written: NetworkPolicy, result: WriteResult): WriteResult => {
    const { namespace, name } = written.metadata;
    const key = policyKey(written);
    if (result.kind !== "refused") {
      refusals.delete(key);
      log.info({ namespace, policy: name }, `policy ${what}`);
    } else if (refusals.get(key) !== result.message) {
      refusals.set(key, result.message);
      log.warn(
        { namespace, policy: name, reason: result.reason, error: result.message },
        `policy not ${what}`,
      );
    }
    return result;
  };
  return {
    ...cluster,
    applyPolicy: async (policy, observed) => {
      const what = observed === undefined ? "created" : "changed";
      return tell(what, policy, await cluster.applyPolicy(policy, observed));
    },
    removePolicy: async (policy) => tell("removed", policy, await cluster.removePolicy(policy)),
    tell: (event) => {
      count(event);
      cluster.tell(event);
    },
  };
}
