import { decodeTierPolicy, TIER_POLICY_KINDS } from "../manifest/decode.ts";
import type { TierPolicy } from "../model/tier-policy.ts";
import type { Node } from "../model/world.ts";
import { type Asked, asked, naiveEndOf } from "./ask.ts";
import { naiveVerdictWithTiers, type TieredCluster } from "./naive-tiers.ts";
import { clusterOf, type ClusterSketch, readPort } from "./table.ts";

/** A sketched cluster with cluster-scoped policies, as they are written, that can be asked in the words of the tables. */
export function askedWithTiers(
  sketch: ClusterSketch,
  tiers: { readonly tierPolicies: readonly object[]; readonly nodes?: readonly Node[] },
): Asked {
  const { tierPolicies, nodes = [] } = tiers;
  const cluster: TieredCluster = { ...clusterOf(sketch), tierPolicies: tierPolicies.map(decoded), nodes };
  return {
    ...asked(cluster),
    naively(flow) {
      const [from = "", to = "", port = ""] = flow.split(/ > | /);
      const { protocol, number } = readPort(port);
      return naiveVerdictWithTiers(
        cluster,
        naiveEndOf(cluster, from),
        naiveEndOf(cluster, to),
        protocol,
        number,
      );
    },
  };
}

function decoded(raw: object): TierPolicy {
  const kind = TIER_POLICY_KINDS.find((known) => known === Reflect.get(raw, "kind"));
  if (kind === undefined) throw new Error(`${JSON.stringify(raw)} is of no kind of cluster-scoped policy`);
  const result = decodeTierPolicy(kind)(raw);
  if (result.kind === "problems") throw new Error(JSON.stringify(result.problems));
  return result.value;
}
