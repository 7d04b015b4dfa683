import type { Finding } from "../../model/service-access.ts";
import type { TierPolicy } from "../../model/tier-policy.ts";
import type { World } from "../../model/world.ts";
import { placeText } from "../places.ts";
import type { Row } from "../rows.ts";
import type { Scene } from "./findings.ts";

/** Cluster-scoped policies of one priority that disagree: which of them decides is not defined, so a row is Unknown. */
export function tierFindings({ reach, world }: Scene): readonly Finding[] {
  const found = new Map<string, Finding>();
  for (const row of reach.rows.filter(({ verdict }) => verdict === "Unknown")) {
    for (const side of [row.egress, row.ingress]) {
      for (const rivals of rivalsAmong(side.by, world)) {
        const finding = conflict(rivals, row);
        if (!found.has(finding.object)) found.set(finding.object, finding);
      }
    }
  }
  return [...found.values()];
}

/** Those of one tier and one priority, where there are several. */
function rivalsAmong(names: readonly string[], world: World): readonly (readonly TierPolicy[])[] {
  const policies = names.flatMap((name) => world.tierPolicies.get(name) ?? []);
  const levels = Map.groupBy(policies, ({ tier, priority }) => `${tier}/${priority}`);
  return [...levels.values()].filter((level) => level.length > 1);
}

function conflict(rivals: readonly TierPolicy[], row: Row): Finding {
  const priority = rivals[0]?.priority ?? 0;
  const flow = `${placeText(row.from)} -> ${placeText(row.to)}`;
  return {
    type: "EqualPriorityConflict",
    severity: "Warning",
    object: rivals.map(({ kind, name }) => `${kind}/${name}`).join(", "),
    message: `they share priority ${priority} and want different things of ${flow}: which one decides is not defined, so give one another priority`,
  };
}
