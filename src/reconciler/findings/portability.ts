import { type Profile, SPECIFICATION } from "../../core/profile.ts";
import { keyText } from "../../model/key.ts";
import type { Finding } from "../../model/service-access.ts";
import { type Point, pointsOf } from "./points.ts";
import { ownPoints } from "../portable.ts";
import type { Scene } from "./findings.ts";
import { othersOn, otherText } from "./others.ts";

/**
 * What of the policies the plugin that there is reads otherwise, or may while nobody has said which one it is. What concerns
 * others only is for condition Portable.
 */
export function portabilityFindings(scene: Scene): readonly Finding[] {
  const { access, evaluator } = scene;
  const object = keyText(access.metadata);
  const own = ownPoints(scene).filter(
    ({ type }) => type !== "ICMPNotPortable" || !isUnsaid(evaluator.profile),
  );
  return [
    ...own.flatMap((point) => findings(object, point, evaluator.profile)),
    ...pointsOfOthers(scene),
    ...pingFinding(scene),
    ...limitFinding(scene),
  ];
}

/** Of policies that others wrote no more than blocks, which few mean to hold pods, is told while nobody has said. */
function pointsOfOthers({ access, reach, world, evaluator }: Scene): readonly Finding[] {
  return othersOn(reach, world, evaluator).flatMap((other) =>
    pointsOf(other.written, reach.told.covered, world)
      .filter(({ type }) => type === "IPBlockCoversPods" || !isUnsaid(evaluator.profile))
      .flatMap((point) => findings(otherText(other, access), point, evaluator.profile)),
  );
}

/** A block that holds pods is often meant for what is outside, and then nothing is wrong with it. */
function findings(object: string, { type, text, plugins }: Point, profile: Profile): readonly Finding[] {
  const isConcerned = plugins.some(({ name }) => name === profile.name);
  if (!isConcerned && !isUnsaid(profile)) return [];
  const severity = isConcerned && type !== "IPBlockCoversPods" ? "Warning" : "Info";
  return [{ type, severity, object, message: text }];
}

function isUnsaid({ name }: Profile): boolean {
  return name === SPECIFICATION.name;
}

/** No NetworkPolicy speaks of ICMP, so nobody can close what such a plugin leaves open. */
function pingFinding({ access, plan, evaluator: { profile } }: Scene): readonly Finding[] {
  const isOpen = profile.icmp === "allowed" && profile.enforces.length > 0;
  if (!isOpen || plan.generated.policies.length === 0) return [];
  const message = `${profile.name} lets ping through to every pod, whatever policies say: do not count on its being closed`;
  return [{ type: "PingNotPoliced", severity: "Info", object: keyText(access.metadata), message }];
}

function limitFinding({ access, world, evaluator: { profile } }: Scene): readonly Finding[] {
  const { name, advisedPolicies = Infinity } = profile;
  if (world.policies.size <= advisedPolicies) return [];
  const message = `the cluster has more than ${advisedPolicies} NetworkPolicies, more than is advised with ${name}: join those that select the same pods`;
  return [{ type: "TooManyPolicies", severity: "Info", object: keyText(access.metadata), message }];
}
