import { intentOf } from "../generator/intent.ts";
import { ACCEPT_PERMITS_ANNOTATION, HALF_LABEL } from "../generator/names.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import type { Claim } from "./conditions.ts";
import type { Plan } from "./plan.ts";
import { list } from "./words.ts";

/** Namespaces to be annotated one by one are better all named. */
const MOST_NAMED = 10;

/** Whether a change of a Namespace may change what policies the object has. */
export function choosesNamespaces({ spec }: ServiceAccess): boolean {
  return spec.permits?.namespaces !== undefined;
}

/**
 * Only for objects that would write permits elsewhere. It keeps no object from being Ready: the consent is for others to
 * give, and until then the object has done what it may.
 */
export function consentClaims(access: ServiceAccess, { references, generated }: Plan): readonly Claim[] {
  const hasPermits = generated.policies.some(({ metadata }) => metadata.labels?.[HALF_LABEL] === "permits");
  if (intentOf(access).permits.elsewhere === undefined || !hasPermits) return [];
  const { accepted, refused, undetermined } = references.elsewhere;
  if (refused.length > 0) return [claim("False", "PermitsNotConsented", remedy(refused, access))];
  if (undetermined.length > 0) return [claim("Unknown", "NamespaceUnknown", unknownMessage(undetermined))];
  return accepted.length > 0
    ? [claim("True", "Consented", `the permits are accepted by ${list(accepted, MOST_NAMED)}`)]
    : [claim("Unknown", "NoNamespaces", "no other namespace is chosen by permits.namespaces at the moment")];
}

/** Whoever may change the Namespace decides: a policy there isolates pods of theirs. */
function remedy(namespaces: readonly string[], { metadata }: ServiceAccess): string {
  return `no policy is written in ${list(namespaces, MOST_NAMED)}: annotate the Namespace with ${consentText(metadata.namespace)}`;
}

export function consentText(home: string): string {
  return `${ACCEPT_PERMITS_ANNOTATION}=${home}`;
}

export function unknownMessage(namespaces: readonly string[]): string {
  return `of ${list(namespaces, MOST_NAMED)} only the name is known, not whether permits are accepted there: add the Namespace object`;
}

function claim(status: Claim["status"], reason: string, message: string): Claim {
  return { type: "PermitsConsented", status, reason, message };
}
