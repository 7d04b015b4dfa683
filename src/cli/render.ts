import type { NetworkPolicy } from "../model/network-policy.ts";
import { yamlText } from "../manifest/read-yaml.ts";
import { keyText } from "../model/key.ts";
import { isHandsOff } from "../reconciler/plan.ts";
import { planAll } from "./generated.ts";
import { type InputOptions, loadInput } from "./input.ts";
import type { Io } from "./io.ts";

export interface RenderOptions extends InputOptions {
  readonly output: "yaml" | "json";
}

/** Prints the policies that the ServiceAccesses of the input come to. */
export async function render(io: Io, options: RenderOptions): Promise<number> {
  const input = await loadInput(io, options);
  const planned = (await planAll(io, input)).filter(({ access }) =>
    isAsked(access.metadata.namespace, options),
  );
  if (planned.length === 0) await io.stderr.write("note: there is no ServiceAccess in the input\n");
  for (const { access } of planned.filter(({ access }) => isHandsOff(access))) {
    const why = access.spec.suspend === true ? "suspended" : "a dry run";
    await io.stderr.write(
      `note: ServiceAccess ${keyText(access.metadata)} is ${why}; nothing is rendered for it\n`,
    );
  }
  const policies = planned
    .filter(({ access }) => !isHandsOff(access))
    .flatMap(({ plan }) => plan.generated.policies);
  await io.stdout.write(options.output === "json" ? listJson(policies) : documents(policies));
  return 0;
}

/** Whether `-n` lets this namespace be printed. */
export function isAsked(namespace: string, { namespace: only }: InputOptions): boolean {
  return only === undefined || only === namespace;
}

export function documents(objects: readonly unknown[]): string {
  return objects.map(yamlText).join("---\n");
}

function listJson(items: readonly NetworkPolicy[]): string {
  return `${JSON.stringify({ apiVersion: "v1", kind: "List", items }, undefined, 2)}\n`;
}
