import { networkOf, networksOfPod, networksOfPolicy } from "../../core/networks.ts";
import { policyFor } from "../../core/policy-for.ts";
import { compileSelector, selects } from "../../core/selector.ts";
import { policyKey, type NetworkPolicy } from "../../model/network-policy.ts";
import type { Finding } from "../../model/service-access.ts";
import type { Pod } from "../../model/world.ts";
import { inNamespace } from "../located.ts";
import { definitionOf } from "../../core/networks.ts";
import { isOurs } from "../ownership.ts";
import { selectedPods } from "../parties.ts";
import { list } from "../words.ts";
import { exclusionUndone } from "./blocks.ts";
import type { Scene } from "./findings.ts";
import { DIRECTIONS, oursOn, otherText } from "./others.ts";

/** What is odd about the secondary network that the object is about, and about the policies for it. */
export function networkFindings(scene: Scene): readonly Finding[] {
  const definition = definitionOf(scene.access);
  if (definition === undefined) return [];
  return [...overlooked(scene), ...unanchored(scene, definition), ...reopened(scene)];
}

/** Policies beside the object that mean its targets, and that no enforcer applies to any pod. */
function overlooked(scene: Scene): readonly Finding[] {
  const { access, reach, whole } = scene;
  const { namespace } = access.metadata;
  const targets = reach.selector === undefined ? [] : selectedPods(whole, namespace, reach.selector);
  return inNamespace(whole.multiPolicies, namespace).flatMap((policy): readonly Finding[] => {
    const isMeant = targets.some((pod) => isSelected(pod, policy));
    const message = isMeant ? whyOverlooked(policy, scene) : undefined;
    if (message === undefined) return [];
    return [
      {
        type: "PolicyNotApplied",
        severity: "Warning",
        object: otherText({ written: policy }, access),
        message,
      },
    ];
  });
}

function whyOverlooked(policy: NetworkPolicy, { access, whole }: Scene): string | undefined {
  const definitions = policyFor(policy);
  // Ours are put right, and said to be so.
  if (!isOurs(policy, access)) {
    if (definitions.length === 0)
      return "names no network in the annotation k8s.v1.cni.cncf.io/policy-for, so every enforcer passes over it: name its networks there";
    if (definitions.every((each) => !whole.networkAttachments.has(each)))
      return `is for ${list(definitions)}, and there is no such NetworkAttachmentDefinition: it applies to nothing`;
  }
  const networks = networksOfPolicy(policy, whole);
  const pods = inNamespace(whole.pods, policy.metadata.namespace).filter((pod) => isSelected(pod, policy));
  const isAttached = pods.some((pod) => networksOfPod(pod, whole).some((each) => networks.includes(each)));
  return isAttached
    ? undefined
    : `is for ${list(definitions)}, and none of the pods that it selects is attached there: it applies to nothing`;
}

function isSelected(pod: Pod, { spec }: NetworkPolicy): boolean {
  return selects(compileSelector(spec.podSelector ?? {}), pod.labels) === "yes";
}

/** Where nobody hands out addresses nobody holds a guest to one either, and a rule by address is for whoever takes it. */
function unanchored({ plan, whole }: Scene, definition: string): readonly Finding[] {
  const attachment = whole.networkAttachments.get(definition);
  if (attachment?.ipam !== "none" || !plan.generated.policies.some(hasBlocks)) return [];
  const message = `network ${networkOf(definition, whole)} assigns no addresses and holds nobody to one: a guest that takes an address of another is let in as that one; give the network subnets if guests are not trusted`;
  return [
    {
      type: "IPNotAnchored",
      severity: "Warning",
      object: `NetworkAttachmentDefinition/${attachment.name}`,
      message,
    },
  ];
}

function hasBlocks({ spec }: NetworkPolicy): boolean {
  const peers = [
    ...(spec.ingress ?? []).flatMap(({ from }) => from ?? []),
    ...(spec.egress ?? []).flatMap(({ to }) => to ?? []),
  ];
  return peers.some(({ ipBlock }) => ipBlock !== undefined);
}

/** Of our own exceptions, because here one enforcer lets them win over all rules, and the others do not. */
function reopened({ access, reach, world, evaluator }: Scene): readonly Finding[] {
  const own = oursOn(reach, world, evaluator).filter(({ written }) => isOurs(written, access));
  return own.flatMap((each) =>
    DIRECTIONS.flatMap((direction): readonly Finding[] => {
      const message = exclusionUndone(each, direction, evaluator);
      const object = policyKey(each.written);
      return message === undefined
        ? []
        : [{ type: "ExclusionShadowed", severity: "Warning", object, message }];
    }),
  );
}
