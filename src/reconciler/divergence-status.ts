import type { Evaluator } from "../core/evaluator.ts";
import { portTexts } from "../core/ports.ts";
import { type Divergence, type ServiceAccessStatus, STATUS_LIMITS } from "../model/service-access.ts";
import type { World } from "../model/world.ts";
import { cut, pieces } from "./bounds.ts";
import { type DivergingRow, divergencesOf } from "./divergences.ts";
import type { Reach } from "./reach.ts";
import { statusPlaces } from "./status-places.ts";

type Told = Pick<ServiceAccessStatus, "divergences" | "divergencesUnlisted">;

/** Nothing where plugins agree on the object's flows, as they nearly always do. */
export function divergenceStatus(reach: Reach, world: World, evaluator: Evaluator): Told {
  const rows = divergencesOf(reach, world, evaluator).flatMap(divergences);
  if (rows.length === 0) return {};
  const unlisted = rows.length - STATUS_LIMITS.divergences;
  return {
    divergences: rows.slice(0, STATUS_LIMITS.divergences),
    ...(unlisted > 0 ? { divergencesUnlisted: unlisted } : {}),
  };
}

function divergences(row: DivergingRow): readonly Divergence[] {
  const { portable, profile, verdict, reason } = row;
  return statusPlaces(row.from).flatMap((from) =>
    statusPlaces(row.to).flatMap((to) =>
      pieces(portTexts(row.ports), STATUS_LIMITS.ports).map((ports) => ({
        from,
        to,
        ports,
        portable,
        profile,
        verdict,
        reason: cut(reason, "divergences.reason"),
      })),
    ),
  );
}
