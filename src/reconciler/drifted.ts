import type { Condition, ServiceAccess } from "../model/service-access.ts";
import type { Claim } from "./conditions.ts";
import { type Drift, driftText } from "./drift.ts";
import type { Guard } from "./guard.ts";
import { sentences } from "./words.ts";

/**
 * What somebody else has done to the policies: True while it lasts, False after it was put right, and gone with the next
 * generation of the object. What was said before a restart is said on.
 */
export function driftedClaim(access: ServiceAccess, guard: Guard | undefined): readonly Claim[] {
  if (guard === undefined) return toldBefore(access);
  const { contested, standing, restored } = guard;
  if (contested.length > 0) return [claim("True", "Contested", contestedText(contested))];
  if (standing.length > 0) return [claim("True", "NotRestored", texts(standing))];
  if (restored.length > 0) return [claim("False", "Restored", texts(restored))];
  return toldBefore(access);
}

export function contestedText(drifts: readonly Drift[]): string {
  return `${texts(drifts)}, again and again: it is restored less and less often until that ends`;
}

function toldBefore({ metadata, status }: ServiceAccess): readonly Claim[] {
  const told = status?.conditions?.find(
    ({ type, observedGeneration }) => type === "Drifted" && observedGeneration === metadata.generation,
  );
  if (told === undefined) return [];
  return [
    told.status === "False" ? plain(told) : claim("False", "Restored", "the policies are as asked again"),
  ];
}

function plain({ status, reason, message }: Condition): Claim {
  return claim(status, reason, message);
}

function claim(status: Claim["status"], reason: string, message: string): Claim {
  return { type: "Drifted", status, reason, message };
}

function texts(drifts: readonly Drift[]): string {
  return sentences(drifts.map(driftText));
}
