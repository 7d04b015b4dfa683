import type { Direction } from "./answer.ts";
import type { Explanation, Lack, NearMiss, RuleAt, SideExplanation, Step } from "./explained.ts";

/** The explanation in sentences, one a line: first what the source's policies say, then the destination's. */
export function explanationText(explanation: Explanation): readonly string[] {
  const { egress, ingress } = explanation;
  return [...sideText("egress", egress), ...sideText("ingress", ingress)];
}

function sideText(direction: Direction, side: SideExplanation): readonly string[] {
  const lines = side.walk.map((step) => stepText(step, direction, side.end));
  const ending = endingText(direction, side);
  const nearest = side.nearest === undefined ? [] : [nearestText(side.nearest, direction)];
  return [...lines, ...ending, ...nearest];
}

/** What is left to say where the policies that were asked do not say it all. */
function endingText(direction: Direction, side: SideExplanation): readonly string[] {
  if (side.by.length > 0) return [];
  if (side.walk.length === 0 || side.verdict === "Denied")
    return [`${capital(direction)} of ${side.end}: ${side.reason}.`];
  return [`No policy isolates ${side.end} for ${direction}, and what nobody isolates is allowed.`];
}

function stepText(step: Step, direction: Direction, end: string): string {
  const doubts = step.doubts.length === 0 ? "" : `: ${step.doubts.join("; ")}`;
  return `${nameOf(step)} ${deedText(step, direction, end)}${doubts}.`;
}

function nameOf({ tier, priority, policy }: Step): string {
  return tier === "NetworkPolicy" || tier === "MultiNetworkPolicy"
    ? `${tier} ${policy}`
    : `${policy} (${tier} tier, priority ${priority})`;
}

function deedText({ did, policy, rule }: Step, direction: Direction, end: string): string {
  const place = rule === undefined ? "" : ` by ${placeText(rule, policy, direction)}`;
  switch (did) {
    case "accepts":
      return `accepts this ${direction}${place}`;
    case "denies":
      return `denies this ${direction}${place}`;
    case "passes":
      return `passes this ${direction} on${place}`;
    case "isolates":
      return `isolates ${end} for ${direction} and has no rule that covers this flow`;
    case "skips":
      return `has no rule that covers this ${direction}`;
    case "undetermined":
      return `may or may not decide this ${direction}${place}`;
  }
}

/** `spec.ingress[0].from[1], spec.ingress[0].ports[0]`: the fields as the policy's author knows them. */
function placeText({ rule, peer, port }: RuleAt, policy: string, direction: Direction): string {
  const path = `spec.${direction}[${rule}]`;
  const peers = direction === "egress" ? "to" : "from";
  const ports = policy.startsWith("ClusterNetworkPolicy/") ? "protocols" : "ports";
  const parts = [
    ...(peer === undefined ? [] : [`${path}.${peers}[${peer}]`]),
    ...(port === undefined ? [] : [`${path}.${ports}[${port}]`]),
  ];
  return parts.length === 0 ? path : parts.join(" and ");
}

function nearestText({ policy, at, lacks }: NearMiss, direction: Direction): string {
  if (at === undefined) return `${policy} has no rule for ${direction}: it allows nothing.`;
  const reasons = lacks.map(lackText).join("; ");
  return `The nearest miss is ${placeText(at, policy, direction)} of ${policy}: ${summary(lacks)}${reasons}.`;
}

/** Which half of the rule matches: that is what people look for first. */
function summary(lacks: readonly Lack[]): string {
  const ofPeers = lacks.filter((lack) => !isOfPort(lack));
  if (ofPeers.length === 0) return "the peer matches, the port does not: ";
  if (ofPeers.length < lacks.length) return "neither the peer nor the port matches: ";
  if (ofPeers.every(isOfNamespace)) return "the pod would match, its namespace does not: ";
  return "the port matches, the peer does not: ";
}

function isOfPort(lack: Lack): boolean {
  return lack.kind === "port" || lack.kind === "portName" || (lack.kind === "never" && lack.what === "port");
}

function isOfNamespace(lack: Lack): boolean {
  return lack.kind === "namespace" || (lack.kind === "label" && lack.of === "namespace");
}

function lackText(lack: Lack): string {
  switch (lack.kind) {
    case "rules":
      return "it has no rule";
    case "port":
      return `${lack.allowed.join(", ")} ${lack.allowed.length === 1 ? "is" : "are"} allowed`;
    case "portName":
      return `${lack.destination} has no port named ${lack.names.join(" or ")}`;
    case "label":
      return `it needs ${lack.needs}, ${lack.of} ${lack.name} has ${lack.has ?? "no such label"}`;
    case "namespace":
      return `it means pods of namespace ${lack.needs}, not of ${lack.namespace}`;
    case "except":
      return `${lack.address} is in ${lack.cidr}, but in its exception ${lack.except}`;
    case "cidr":
      return `${lack.address === "" ? "the address" : lack.address} is not in ${lack.cidrs.join(", ")}`;
    case "sort":
      return `it means ${lack.needs}, and ${lack.end} is none of them`;
    case "hostNetwork":
      return `selectors do not match ${lack.pod}, which is on its node's network`;
    case "profile":
      return `${lack.profile} holds no address block against ${lack.end}`;
    case "never":
      return `no ${lack.what} of it has a meaning`;
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
