import { portTexts } from "../core/ports.ts";
import { NAMES_NOT_RESOLVED } from "../generator/name-peers.ts";
import { namesAnyone } from "../generator/references.ts";
import { keyText } from "../model/key.ts";
import { type NetworkPolicy, policyKey } from "../model/network-policy.ts";
import type { Condition, DnsStatus, ServiceAccess } from "../model/service-access.ts";
import type { Refusal } from "./act.ts";
import { consentClaims } from "./consent.ts";
import { lastSteps } from "./last-steps.ts";
import { isWanting, nameClaims } from "./name-claims.ts";
import { isEvaluated } from "./networked.ts";
import type { Plan } from "./plan.ts";
import type { Reach } from "./reach.ts";
import { type Place, placeText, rangeText } from "./places.ts";
import type { Row } from "./rows.ts";
import { list } from "./words.ts";

/** A condition before a clock was read. */
export type Claim = Pick<Condition, "type" | "status" | "reason" | "message">;

/** What is claimed of the object now; Reconciling and Stalled are there only while they are true. */
export function claimsOf(
  access: ServiceAccess,
  plan: Plan,
  refusals: readonly Refusal[],
  reach: Reach,
): readonly Claim[] {
  const programmed = programmedClaim(access, plan, refusals);
  const dns = dnsClaim(plan);
  const names = nameClaims(access, plan);
  const ready = readyClaim(access, [programmed, ...dns, ...names.filter(isWanting)]);
  const consent = consentClaims(access, plan);
  return [
    ready,
    programmed,
    ...reachClaims(access, plan, reach),
    ...dns,
    ...names,
    ...consent,
    ...progressClaim(ready),
  ];
}

/** Of an object that names nobody there is nothing to claim; without a target nobody else can be kept out. */
function reachClaims(access: ServiceAccess, plan: Plan, reach: Reach): readonly Claim[] {
  const { undecided } = plan.generated;
  if (undecided !== undefined) {
    return ["Effective", "Exclusive"].map((type) =>
      claim(type, "Unknown", undecided.reason, undecided.message),
    );
  }
  if (!namesAnyone(access, plan.references)) return [];
  if (!isEvaluated(access)) {
    const message = "what Kube-OVN lets through on a secondary network is not evaluated";
    return ["Effective", "Exclusive"].map((type) => claim(type, "Unknown", "NotEvaluated", message));
  }
  return access.spec.target === undefined
    ? [effectiveClaim(reach)]
    : [effectiveClaim(reach), exclusiveClaim(reach)];
}

/** The object's promise: everything it asks is done. */
function readyClaim(access: ServiceAccess, needed: readonly Claim[]): Claim {
  const failing = needed.find((claim) => claim.status !== "True" && claim.reason !== DRY_RUN);
  if (failing !== undefined) return { ...failing, type: "Ready", status: "False" };
  if (access.spec.mode === DRY_RUN) return dryRunClaim(needed);
  return access.spec.suspend === true
    ? claim(
        "Ready",
        "True",
        "Suspended",
        "the policies are as asked; nothing is written while spec.suspend is true",
      )
    : claim("Ready", "True", "Reconciled", "every policy is as asked");
}

const DRY_RUN = "DryRun";

/** A dry run that says what would be has done what was asked of it. */
function dryRunClaim(needed: readonly Claim[]): Claim {
  const isBehind = needed.some(({ reason }) => reason === DRY_RUN);
  const what = isBehind ? "status.preview says what enforcing would change" : "every policy is as asked";
  const message = `${what}; nothing is written while spec.mode is DryRun, and policies that are there stay as they are`;
  return claim("Ready", "True", DRY_RUN, message);
}

function programmedClaim(access: ServiceAccess, plan: Plan, refusals: readonly Refusal[]): Claim {
  const { undecided, dropped, policies } = plan.generated;
  if (undecided !== undefined) return claim("Programmed", "False", undecided.reason, undecided.message);
  const [conflict] = plan.conflicts;
  if (conflict !== undefined) return claim("Programmed", "False", "Conflict", conflictMessage(conflict));
  const [hopeless] = plan.hopeless;
  if (hopeless !== undefined) {
    const message = `${policyKey(hopeless)} is missing, and its namespace is going away`;
    return claim("Programmed", "False", "NamespaceTerminating", message);
  }
  const [refusal] = refusals;
  if (refusal !== undefined) {
    return claim("Programmed", "False", refusal.reason, `${refusal.policy}: ${refusal.message}`);
  }
  if (access.spec.suspend === true && plan.isBehind) {
    return claim("Programmed", "False", "Suspended", `${withheldText(plan)}, and spec.suspend is true`);
  }
  const lost = dropped.find(({ reason }) => reason !== "DNSNotFound" && reason !== NAMES_NOT_RESOLVED);
  if (lost !== undefined) return claim("Programmed", "False", lost.reason, lost.message);
  if (plan.withheld.length > 0)
    return claim("Programmed", "False", DRY_RUN, `${withheldText(plan)}, and spec.mode is DryRun`);
  return claim(
    "Programmed",
    "True",
    "Applied",
    `${count(policies.length, "policy", "policies")} in the API as asked`,
  );
}

/** "the policies differ from what is asked: shop/db-rights is missing, shop/db-permits is different". */
function withheldText({ withheld }: Plan): string {
  const texts = lastSteps(withheld).map((action) => {
    const key = policyKey(action.policy);
    if (action.kind === "remove") return `${key} is not asked for`;
    return action.observed === undefined ? `${key} is missing` : `${key} is different`;
  });
  return `the policies differ from what is asked: ${list(texts)}`;
}

function conflictMessage({ kind, metadata }: NetworkPolicy): string {
  return `${kind} ${keyText(metadata)} is not ours and is left alone: rename it, remove it, or annotate it with serviceaccess.dev/adopt=true`;
}

/** Only for objects that ask for the cluster's DNS. */
function dnsClaim({ references }: Plan): readonly Claim[] {
  const { dns } = references;
  switch (dns.kind) {
    case "unused":
      return [];
    case "found":
      return [claim("DNSResolved", "True", "ServiceFound", dnsMessage(dns.dns))];
    case "kept":
    case "missing":
      return [claim("DNSResolved", "False", dns.why.reason, dns.why.message)];
  }
}

function dnsMessage({ service, addresses }: DnsStatus): string {
  return service === undefined
    ? `names are asked for at ${list(addresses)}`
    : `the cluster's DNS is Service ${service}`;
}

/** Whether every client that the object names gets through on every port. */
function effectiveClaim({ rows, lostPorts }: Reach): Claim {
  const clients = rows.filter((row) => row.standing === "client");
  const denied = clients.filter((row) => row.verdict === "Denied");
  const unknown = clients.filter((row) => row.verdict === "Unknown");
  if (denied.length > 0) return claim("Effective", "False", "ClientDenied", denialMessage(denied));
  if (lostPorts.length > 0) {
    const message = `no running pod of the target has a port named ${list(lostPorts)}`;
    return claim("Effective", "False", "PortNotFound", message);
  }
  if (unknown.length > 0) return claim("Effective", "Unknown", "Undetermined", undecidedMessage(unknown));
  return clients.length > 0
    ? claim("Effective", "True", "AllClientsAllowed", "every declared client gets through on every port")
    : claim(
        "Effective",
        "Unknown",
        "NoClients",
        "no running pod is a declared client of a running target pod",
      );
}

/** Whether everyone who gets through, on a port that the object speaks of, was let in by the object. */
function exclusiveClaim({ rows, targets }: Reach): Claim {
  const strangers = rows.filter((row) => row.standing === "stranger");
  const allowed = strangers.filter((row) => row.verdict === "Allowed");
  const unknown = strangers.filter((row) => row.verdict === "Unknown");
  if (allowed.length > 0) return claim("Exclusive", "False", "OthersAllowed", openingMessage(allowed));
  if (unknown.length > 0) return claim("Exclusive", "Unknown", "Undetermined", undecidedMessage(unknown));
  return targets.length > 0
    ? claim("Exclusive", "True", "OnlyDeclared", "nobody else reaches the target on these ports")
    : claim("Exclusive", "Unknown", "NoTarget", "no running pod is selected, so there is nothing to reach");
}

/** What no amount of waiting changes. */
const STUCK: ReadonlySet<string> = new Set([
  "InvalidSpec",
  "NoPorts",
  "TooMany",
  "Conflict",
  "Invalid",
  "SelectorNeedsIPAM",
  "SelectorNotPortable",
  "PortNotNumeric",
  "EndPortUnsupported",
]);

/** Of what is not Ready: whether it waits for something that may come by itself, or for a person. */
function progressClaim(ready: Claim): readonly Claim[] {
  if (ready.status === "True" || ready.reason === "Suspended") return [];
  return [{ ...ready, type: STUCK.has(ready.reason) ? "Stalled" : "Reconciling", status: "True" }];
}

function denialMessage(rows: readonly Row[]): string {
  const [row] = rows;
  if (row === undefined) return "";
  const side = row.egress.verdict === "Denied" ? "egress" : "ingress";
  // What a virtual machine does not forward to its guest, no policy has closed.
  const why = row[side].by.length === 0 ? row[side].reason : `${side} is closed by ${list(row[side].by)}`;
  return `${flowMessage(rows)}: ${why}`;
}

function openingMessage(rows: readonly Row[]): string {
  const [row] = rows;
  if (row === undefined) return "";
  const cause =
    row.ingress.by.length === 0 ? "no policy isolates the target" : `opened by ${list(row.ingress.by)}`;
  return `${flowMessage(rows)}: ${cause}`;
}

function undecidedMessage(rows: readonly Row[]): string {
  const [row] = rows;
  return row === undefined ? "" : `${flowMessage(rows)}: ${row.reason}`;
}

function flowMessage(rows: readonly Row[]): string {
  const [row] = rows;
  if (row === undefined) return "";
  const more = rows.length > 1 ? ` (and ${rows.length - 1} more)` : "";
  return `${shortPlace(row.from)} -> ${shortPlace(row.to)} on ${list(portTexts(row.ports))}${more}`;
}

function shortPlace(place: Place): string {
  return place.kind === "workload" ? placeText(place) : list(place.ranges.map(rangeText));
}

function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}

function claim(type: string, status: Claim["status"], reason: string, message: string): Claim {
  return { type, status, reason, message };
}
