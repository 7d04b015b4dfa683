import type { NetworkPolicy } from "../model/network-policy.ts";
import { keyText } from "../model/key.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import { viewOf } from "../core/network-view.ts";
import { networksOfPolicy } from "../core/networks.ts";
import type { World } from "../model/world.ts";
import { simulate as runOperator } from "../reconciler/in-memory.ts";
import { MOST_ROUNDS } from "../reconciler/rounds.ts";
import { BadInput } from "./bad-input.ts";
import { enforcerOf, evaluatorOf, type NetworkProfileOptions, profileOf } from "./evaluation.ts";
import { type InputOptions, loadInput } from "./input.ts";
import type { Io } from "./io.ts";
import { matrixText } from "./matrix.ts";
import { cellsOf } from "./matrix-cells.ts";
import { documents, isAsked } from "./render.ts";
import { findingsTable, statusDetails, statusTable } from "./statuses.ts";

export interface SimulateOptions extends InputOptions, NetworkProfileOptions {
  readonly output: "text" | "json" | "yaml";
}

/** What the operator would do and say, on a cluster made of the input and nothing else. */
export async function simulate(io: Io, options: SimulateOptions, now: () => Date): Promise<number> {
  const input = await loadInput(io, options);
  const [profile, enforcer] = [profileOf(options.profile), enforcerOf(options)];
  const { world, changes, unsettled } = await runOperator(input.world, now, profile, enforcer);
  if (unsettled.length > 0) throw new BadInput(unsettled.map(neverEnding));
  const accesses = sorted(world.accesses, options);
  const policies = [...sorted(world.policies, options), ...sorted(world.multiPolicies, options)];
  await io.stdout.write(printed(options, { world, changes, accesses, policies }));
  return 0;
}

/** Two that undo each other's work would keep a real operator busy for ever, too. */
function neverEnding(change: string): string {
  return `the simulation does not come to rest: after ${MOST_ROUNDS} rounds it still does "${change}" again and again`;
}

interface Outcome {
  readonly world: World;
  readonly changes: readonly string[];
  readonly accesses: readonly ServiceAccess[];
  readonly policies: readonly NetworkPolicy[];
}

function printed({ output, ...options }: SimulateOptions, outcome: Outcome): string {
  const objects = [...outcome.policies.map(asWritten), ...outcome.accesses];
  switch (output) {
    case "yaml":
      return documents(objects);
    case "json":
      return `${JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }, undefined, 2)}\n`;
    case "text":
      return inText(outcome, options);
  }
}

function inText(
  { world, changes, accesses, policies }: Outcome,
  options: InputOptions & NetworkProfileOptions,
): string {
  const pods = [...world.pods.values()].filter((pod) => isAsked(pod.namespace, options));
  const evaluator = evaluatorOf(world, options.profile);
  const written = new Set(changes.filter((change) => !change.startsWith("status ")));
  const sections: readonly (readonly [string, string])[] = [
    ["POLICIES", documents(policies.map(asWritten))],
    ["CHANGES", [...written].map((change) => `${change}\n`).join("") || "none\n"],
    ["STATUS", statusTable(accesses)],
    ["DETAILS", accesses.map(statusDetails).join("\n")],
    ["MATRIX", matrixText(cellsOf(evaluator, pods, undefined), world)],
    ...networkMatrices(world, options),
    ["FINDINGS", findingsTable(accesses)],
  ];
  return sections.map(([title, text]) => `# ${title}\n\n${text}`).join("\n");
}

/** Of the secondary networks that some policy is for. */
function networkMatrices(
  world: World,
  options: InputOptions & NetworkProfileOptions,
): readonly (readonly [string, string])[] {
  const networks = new Set(
    [...world.multiPolicies.values()].flatMap((each) => networksOfPolicy(each, world)),
  );
  return [...networks].toSorted().map((network) => {
    const view = viewOf(network, world, enforcerOf(options));
    const pods = [...view.pods.values()].filter((pod) => isAsked(pod.namespace, options));
    return [`MATRIX ON ${network}`, matrixText(cellsOf(view.engine, pods, undefined), view.world)] as const;
  });
}

/** Without what only the simulated API server knows. */
function asWritten(policy: NetworkPolicy): NetworkPolicy {
  const { uid: _, resourceVersion: __, ...metadata } = policy.metadata;
  return { ...policy, metadata };
}

function sorted<T extends { readonly metadata: { readonly namespace: string; readonly name: string } }>(
  objects: ReadonlyMap<string, T>,
  options: InputOptions,
): readonly T[] {
  return [...objects.values()]
    .filter(({ metadata }) => isAsked(metadata.namespace, options))
    .toSorted((a, b) => (keyText(a.metadata) < keyText(b.metadata) ? -1 : 1));
}
