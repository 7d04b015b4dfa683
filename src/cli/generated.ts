import type { NetworkPolicy } from "../model/network-policy.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import { keyText } from "../model/key.ts";
import type { World } from "../model/world.ts";
import type { Origin } from "../manifest/read.ts";
import { objectId } from "../manifest/world.ts";
import { intentOf } from "../generator/intent.ts";
import type { Unresolved } from "../generator/peers.ts";
import { consentText } from "../reconciler/consent.ts";
import { type Plan, planFor } from "../reconciler/plan.ts";
import { BadInput } from "./bad-input.ts";
import type { Input } from "./input.ts";
import type { Io } from "./io.ts";

/** The ServiceAccesses of the input, in the order of their names, with what the operator would do for each. */
export async function planAll(
  io: Io,
  input: Input,
): Promise<readonly { access: ServiceAccess; plan: Plan }[]> {
  const accesses = [...input.world.accesses.values()].toSorted(byName);
  const planned = accesses.map((access) => ({ access, plan: planFor(access, input.world) }));
  refuseUndecided(planned, input);
  for (const { access, plan } of planned) await warn(io, input, access, plan);
  return planned;
}

/** The world once the operator has done its work on the files; a running cluster is taken as it is. */
export async function effectiveWorld(io: Io, input: Input): Promise<World> {
  if (input.isLive) return input.world;
  const policies = new Map(input.world.policies);
  const multiPolicies = new Map(input.world.multiPolicies);
  for (const { plan } of await planAll(io, input)) {
    for (const { kind, policy } of plan.actions) {
      const others = policy.kind === "MultiNetworkPolicy" ? multiPolicies : policies;
      if (kind === "apply") others.set(keyText(policy.metadata), policy);
      else others.delete(keyText(policy.metadata));
    }
  }
  return { ...input.world, policies, multiPolicies };
}

function byName(a: ServiceAccess, b: ServiceAccess): number {
  return keyText(a.metadata) < keyText(b.metadata) ? -1 : 1;
}

type Planned = { readonly access: ServiceAccess; readonly plan: Plan };

/** Nothing can be generated for a target or a Namespace that is not in the input, and nothing may be guessed. */
function refuseUndecided(planned: readonly Planned[], input: Input): void {
  const lines = planned.flatMap(({ access, plan }) => {
    const { undecided } = plan.generated;
    return [...(undecided === undefined ? [] : [undecided]), ...unknownNamespaces(plan)].map((why) =>
      line(input, access, why, ADVICE[why.reason] ?? ""),
    );
  });
  if (lines.length > 0) throw new BadInput(lines);
}

/** Something of these namespaces is in the input, and what the permits do to it depends on the Namespace. */
function unknownNamespaces({ references }: Plan): readonly Unresolved[] {
  return references.elsewhere.undetermined.map((name) => ({
    reason: "NamespaceUnknown",
    message: `permits.namespaces: there is no Namespace ${name}, so whether it accepts the permits is not known`,
  }));
}

const ASKS_NOBODY = "; the command line asks no DNS: give the object as the cluster has it, with its status";

const ADVICE: Readonly<Record<string, string>> = {
  ServiceNotFound: "; add its manifest to the input with -f, or select the pods by podSelector",
  DNSNotFound: "; add that Service to the input with -f, or say permits.dns: false",
  ServiceAccessNotFound: "; add its manifest to the input with -f, or select the pods by podSelector",
  KubeAPINotFound: "; add that EndpointSlice to the input with -f, or name the addresses by ipBlock",
  KubeVirtNotFound: "; add that Deployment to the input with -f",
  NetworkNotFound: "; add its manifest to the input with -f",
  VirtualMachineNotFound: "; add its manifest to the input with -f",
  WorkloadNotFound: "; add its manifest to the input with -f, or select the pods by podSelector",
  NamesNotResolved: ASKS_NOBODY,
  NamespaceUnknown: "; add its manifest to the input with -f",
  NamespaceNotFound: "; add its manifest to the input with -f",
};

async function warn(
  io: Io,
  input: Input,
  access: ServiceAccess,
  { generated, conflicts, references }: Plan,
): Promise<void> {
  const lines = [
    ...missingNamespaces(access, input).map((why) => line(input, access, why, ADVICE[why.reason] ?? "")),
    ...missingNames(generated.dropped, references).map((why) => line(input, access, why, ASKS_NOBODY)),
    ...generated.dropped.map((dropped) => line(input, access, dropped, ADVICE[dropped.reason] ?? "")),
    ...conflicts.map((policy) => line(input, access, { reason: "Conflict", message: conflict(policy) }, "")),
  ];
  for (const text of lines) await io.stderr.write(`warning: ${text}\n`);
  const { refused } = references.elsewhere;
  const hasPermits = intentOf(access).permits.generate;
  if (refused.length > 0 && hasPermits)
    await io.stderr.write(`note: ${line(input, access, notConsented(refused, access), "")}\n`);
}

/** Of a rule with several names some may be known; where none is, the rule itself is said to be left out. */
function missingNames(dropped: readonly Unresolved[], { names }: Plan["references"]): readonly Unresolved[] {
  const known = dropped.map(({ message }) => message).join();
  return names
    .filter(({ entry }) => entry.answers.length === 0 && !known.includes(entry.name))
    .map(({ entry: { name } }) => ({
      reason: "NamesNotResolved",
      message: `no address of ${name} is known`,
    }));
}

/** Nothing of these namespaces is in the input, so no verdict depends on them. */
function missingNamespaces({ spec }: ServiceAccess, { world }: Input): readonly Unresolved[] {
  const names = spec.permits?.namespaces?.names ?? [];
  return names
    .filter((name) => !world.namespaces.has(name))
    .map((name) => ({
      reason: "NamespaceNotFound",
      message: `permits.namespaces.names: there is no Namespace ${name}, so no permits are written there`,
    }));
}

function notConsented(namespaces: readonly string[], { metadata }: ServiceAccess): Unresolved {
  const message = `permits.namespaces: nothing is written in ${namespaces.join(", ")}, without the annotation ${consentText(metadata.namespace)} on the Namespace`;
  return { reason: "PermitsNotConsented", message };
}

function conflict({ kind, metadata }: NetworkPolicy): string {
  return `${kind} ${metadata.name} is not ours and is left as it is; rename it, or annotate it serviceaccess.dev/adopt: "true"`;
}

/** Messages of the generator may begin with the field they are about. */
function line(input: Input, access: ServiceAccess, { message }: Unresolved, advice: string): string {
  const key = keyText(access.metadata);
  const [, field = "", rest = message] =
    /^((?:target|network|rights|permits|egress)[\w.[\]]*):? (.*)$/.exec(message) ?? [];
  const origin = input.origins.get(objectId("ServiceAccess", key));
  const path = field === "" ? "" : `spec.${field}`;
  return origin === undefined
    ? `ServiceAccess ${key}: ${message}${advice}`
    : input.describe({ origin, subject: `ServiceAccess ${key}`, field: path, message: rest + advice });
}

/** Where a policy was written: in a file of the input, or nowhere, when it was generated. */
export function policyOrigin(
  input: Input,
  kind: "NetworkPolicy" | "MultiNetworkPolicy" | "TierPolicy",
  policy: string,
): Origin | undefined {
  return input.origins.get(objectId(kind, policy));
}
