import { type NetworkPolicy, policyKey } from "../model/network-policy.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import type { World } from "../model/world.ts";
import type { Claim } from "./conditions.ts";
import { ownPolicies } from "./ownership.ts";
import type { Plan } from "./plan.ts";
import { type Point, pointsOf } from "./findings/points.ts";
import type { Reach } from "./reach.ts";
import { sentences } from "./words.ts";

/** Everything that what an object's policies mean elsewhere is told from. */
interface Scene {
  readonly access: ServiceAccess;
  readonly plan: Plan;
  readonly reach: Reach;
  readonly world: World;
}

/** Whether all plugins that may enforce the object's policies read them alike; False names the points in which they differ. */
export function portableClaim(scene: Scene): readonly Claim[] {
  if (policiesOf(scene).length === 0) return [];
  const points = ownPoints(scene);
  return points.length === 0
    ? [claim("True", "ReadAlike", "all plugins read the policies alike; of ping no policy with ports speaks")]
    : [claim("False", "PluginsDiffer", sentences(points.map(({ text }) => text)))];
}

/** The points of the object's own policies, each once. */
export function ownPoints(scene: Scene): readonly Point[] {
  const { reach, world } = scene;
  const points = policiesOf(scene).flatMap((policy) => pointsOf(policy, reach.told.covered, world));
  return [...new Map(points.map((point) => [point.text, point])).values()];
}

/** Those that are asked for; where that cannot be decided, those that are there. */
function policiesOf({ access, plan, world }: Scene): readonly NetworkPolicy[] {
  const { undecided, policies: generated } = plan.generated;
  const policies = undecided === undefined ? generated : ownPolicies(access, world);
  return policies.toSorted((a, b) => (policyKey(a) < policyKey(b) ? -1 : 1));
}

function claim(status: Claim["status"], reason: string, message: string): Claim {
  return { type: "Portable", status, reason, message };
}
