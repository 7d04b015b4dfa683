import { parseRange } from "../core/addresses.ts";
import type { Direction } from "../core/answer.ts";
import type { Evaluator } from "../core/evaluator.ts";
import { type Profile, SPECIFICATION } from "../core/profile.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import type { Pod, World } from "../model/world.ts";
import type { Claim } from "./conditions.ts";
import { ownPolicies } from "./ownership.ts";
import { pluginsSeen } from "./plugins-seen.ts";
import type { Reach } from "./reach.ts";
import { list } from "./words.ts";

/**
 * Whether the network plugin does what the object's policies say: a matter of the profile, which somebody has set, and
 * never of what is seen in the cluster. An object without policies asks nothing of it.
 */
export function enforcedClaim(
  access: ServiceAccess,
  reach: Reach,
  world: World,
  { profile }: Evaluator,
): readonly Claim[] {
  const policies = ownPolicies(access, world);
  if (policies.length === 0) return [];
  const ignored = directionsOf(policies).filter((direction) => !profile.enforces.includes(direction));
  if (ignored.length > 0) return [claim("False", "NotEnforced", ignoredText(profile, ignored))];
  if (profile.name === SPECIFICATION.name)
    return [claim("Unknown", "ProfileNotSet", unsetText(profile, world))];
  return [familyClaim(profile, reach) ?? sctpClaim(profile, policies) ?? enforced(profile)];
}

function unsetText({ secondary }: Profile, world: World): string {
  if (secondary !== undefined) return UNSET_ON_NETWORK;
  const seen = pluginsSeen(world).map(
    ({ daemonSet, profiles }) => `DaemonSet ${daemonSet} hints at ${profiles}`,
  );
  const hint = seen.length === 0 ? "no DaemonSet of a known one is there" : seen.join(", ");
  return `nobody has said which network plugin enforces policies here (${hint}): set --profile, or SERVICEACCESS_PROFILE, of the operator`;
}

/** What a definition says of its network's plugin is who may enforce policies there, and not that anybody does. */
const UNSET_ON_NETWORK =
  "nobody has said what enforces MultiNetworkPolicies on this network: set --network-profile, or SERVICEACCESS_NETWORK_PROFILE, of the operator";

function directionsOf(policies: readonly NetworkPolicy[]): readonly Direction[] {
  const types = new Set(policies.flatMap(({ spec }) => spec.policyTypes ?? []));
  return DIRECTIONS.filter(([type]) => types.has(type)).map(([, direction]) => direction);
}

const DIRECTIONS = [
  ["Ingress", "ingress"],
  ["Egress", "egress"],
] as const;

function ignoredText({ name, enforces }: Profile, ignored: readonly Direction[]): string {
  // Nobody has said who it is, and yet a network's plugin may leave only those that do not look at a direction.
  const enforcer = name === SPECIFICATION.name ? "what there is for this network" : name;
  return enforces.length === 0
    ? `under the profile ${name} nothing enforces policies: whatever they say, everyone reaches everyone`
    : `${enforcer} enforces policies for ${list(enforces)} only: what they say of ${list(ignored)} has no effect`;
}

/** Pods of both families are half bound where one of them is not looked at. */
function familyClaim({ name, ipv6 }: Profile, { targets, clients }: Reach): Claim | undefined {
  if (ipv6 === "enforced" || ![...targets, ...clients].some(hasIPv6)) return undefined;
  return ipv6 === "never"
    ? claim(
        "False",
        "IPv6NotEnforced",
        `${name} enforces no policy for IPv6, and pods of the target or its clients have IPv6 addresses`,
      )
    : claim(
        "Unknown",
        "IPv6Undetermined",
        `whether ${name} enforces policies for IPv6 is up to its settings`,
      );
}

function hasIPv6({ addresses }: Pod): boolean {
  return addresses.some((address) => parseRange(address)?.family === "IPv6");
}

function sctpClaim({ name, sctp }: Profile, policies: readonly NetworkPolicy[]): Claim | undefined {
  if (sctp === "enforced" || !policies.some(namesSctp)) return undefined;
  const message = `whether ${name} enforces policies for SCTP is up to its version and settings`;
  return claim("Unknown", "SCTPUndetermined", message);
}

function namesSctp({ spec }: NetworkPolicy): boolean {
  const rules = [...(spec.ingress ?? []), ...(spec.egress ?? [])];
  return rules.some(({ ports }) => (ports ?? []).some(({ protocol }) => protocol === "SCTP"));
}

function enforced({ name, precondition, established }: Profile): Claim {
  const where = precondition === undefined ? "" : `, provided that ${precondition}`;
  return claim(
    "True",
    "EnforcedByPlugin",
    `${name} enforces what is asked${where}${ESTABLISHED[established]}`,
  );
}

const ESTABLISHED: Readonly<Record<Profile["established"], string>> = {
  cut: "; a connection that a changed policy does not allow is cut",
  kept: "; a connection that a changed policy does not allow goes on until it ends",
  undefined: "",
};

function claim(status: Claim["status"], reason: string, message: string): Claim {
  return { type: "Enforced", status, reason, message };
}
