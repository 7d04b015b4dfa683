import { isEndpoint } from "../../core/endpoint.ts";
import { compileSelector, type Selector, selects } from "../../core/selector.ts";
import { intentOf } from "../../generator/intent.ts";
import { launchersOf } from "../../generator/launchers.ts";
import { holders } from "../../generator/peers.ts";
import { offersAnything } from "../../generator/references.ts";
import { keyText } from "../../model/key.ts";
import type { Labels } from "../../model/labels.ts";
import type { LabelSelector } from "../../model/network-policy.ts";
import type { Finding } from "../../model/service-access.ts";
import type { VirtualMachine } from "../../model/virtual-machine.ts";
import type { World } from "../../model/world.ts";
import { inNamespace } from "../located.ts";
import { selectorText } from "../selector-text.ts";
import type { Scene } from "./findings.ts";

/**
 * Labels come to the pod of a virtual machine from spec.template, when it starts, and from nowhere else. Of the client
 * label on the machine's own metadata the check of all controllers tells.
 */
export function machineLabelFindings(scene: Scene): readonly Finding[] {
  const { access, plan, reach, world } = scene;
  const machines = inNamespace(world.virtualMachines, access.metadata.namespace);
  const { selector } = reach;
  const clients = offersAnything(access, plan.references) ? holders(intentOf(access).clientLabel) : undefined;
  return machines.flatMap((machine) => [
    ...(selector === undefined
      ? []
      : [...labelOnMachine(machine, selector), ...startedBefore(machine, selector, world)]),
    ...(clients === undefined ? [] : startedBefore(machine, clients, world)),
  ]);
}

/** The machines that a selector means and that it does not reach, because their pods do not have the machine's labels (M7). */
function labelOnMachine(machine: VirtualMachine, selector: LabelSelector): readonly Finding[] {
  const compiled = compileSelector(selector);
  const { template, labels } = machine;
  if (isSelected(compiled, template.labels) || !isSelected(compiled, { ...labels, ...template.labels }))
    return [];
  const message = `has the labels ${selectorText(selector)} of the target only with those of its own metadata, which do not come to its pod, so no policy is applied to it: move them to spec.template.metadata.labels and restart it`;
  return [{ type: "PolicyNotApplied", severity: "Warning", object: nameOf(machine), message }];
}

/** Its pod was made with the labels that the template had then. */
function startedBefore(machine: VirtualMachine, selector: LabelSelector, world: World): readonly Finding[] {
  const compiled = compileSelector(selector);
  const launchers = launchersOf(world, keyText(machine)).filter(isEndpoint);
  const isBehind = launchers.some(({ labels }) => !isSelected(compiled, labels));
  if (!isBehind || !isSelected(compiled, machine.template.labels)) return [];
  const message = `its template has ${selectorText(selector)}, and its pod was made before that was there: restart the machine, a migration is not enough`;
  return [{ type: "VMRestartNeeded", severity: "Warning", object: nameOf(machine), message }];
}

function isSelected(selector: Selector, labels: Labels): boolean {
  return selects(selector, labels) === "yes";
}

function nameOf({ kind, name }: VirtualMachine): string {
  return `${kind}/${name}`;
}
