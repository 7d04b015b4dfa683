import type {
  ChangedPlace,
  Condition,
  Divergence,
  IsolatedWorkload,
  Preview,
  ReachabilityRow,
  ServiceAccess,
} from "../model/service-access.ts";
import { ALL_PORTS, portTexts } from "../core/ports.ts";
import { table } from "./output.ts";

/** What `kubectl get serviceaccess -A` would show. */
export function statusTable(accesses: readonly ServiceAccess[]): string {
  const head = ["NAMESPACE", "NAME", "READY", "TARGETS", "CLIENTS", "EFFECTIVE", "EXCLUSIVE", "FINDINGS"];
  return table([head, ...accesses.map(statusRow)]);
}

function statusRow(access: ServiceAccess): readonly string[] {
  const { metadata, status } = access;
  return [
    metadata.namespace,
    metadata.name,
    stateOf(access, "Ready"),
    String(status?.target?.pods ?? ""),
    String(status?.target?.clients ?? ""),
    stateOf(access, "Effective"),
    stateOf(access, "Exclusive"),
    String(status?.findingsCount ?? ""),
  ];
}

function stateOf({ status }: ServiceAccess, type: string): string {
  return status?.conditions?.find((condition) => condition.type === type)?.status ?? "";
}

/** The rest of a status, as `kubectl describe` might tell it. */
export function statusDetails(access: ServiceAccess): string {
  const { metadata, status } = access;
  const title = `${metadata.namespace}/${metadata.name}`;
  if (status === undefined) return `${title}: no status, the object is left as it is\n`;
  const rows = status.reachability ?? [];
  const unlisted = status.unlisted ?? 0;
  return [
    `${title}: ${status.summary ?? ""}\n`,
    indented(conditionsTable(status.conditions ?? [])),
    rows.length === 0
      ? ""
      : indented(
          table([
            ["FROM", "TO", "VERDICT", "PORTS", "EGRESS BY", "INGRESS BY"],
            ...rows.map(reachabilityRow),
          ]),
        ),
    unlisted === 0 ? "" : `  and ${unlisted} rows more\n`,
    ...(status.divergences ?? []).map((each) => `  differs: ${divergenceText(each)}\n`),
    ...(status.isolates ?? []).map((each) => `  isolates ${isolatedText(each)}\n`),
    status.preview === undefined ? "" : indented(previewText(status.preview)),
    status.deletionWouldExpose === undefined
      ? ""
      : `  deletion would expose: ${status.deletionWouldExpose.message}\n`,
  ].join("");
}

function divergenceText({ from, to, ports, portable, profile, verdict }: Divergence): string {
  const flow = `${placeText(from)} -> ${placeText(to)} on ${portsText(ports)}`;
  return `${flow} is ${portable} by what Kubernetes says, ${verdict} with ${profile}`;
}

/** What a dry run would do, to policies and to flows. */
function previewText({ policies, gains, loses, unlisted, isolates }: Preview): string {
  const flows = [...loses, ...gains].map(({ from, to, ports, before, after }) => [
    placeText(from),
    placeText(to),
    portsText(ports),
    before,
    after,
  ]);
  return [
    "enforcing would change:\n",
    ...policies.map(({ action, kind, namespace, name }) => {
      const what = kind === undefined ? "" : `${kind} `;
      return `  ${action.toLowerCase()} ${what}${namespace}/${name}\n`;
    }),
    ...isolates.map((each) => `  newly isolate ${isolatedText(each)}\n`),
    flows.length === 0 ? "" : indented(table([["FROM", "TO", "PORTS", "NOW", "THEN"], ...flows])),
    unlisted === 0 ? "" : `  and ${unlisted} rows more\n`,
  ].join("");
}

function portsText(ports: readonly string[]): string {
  return ports.join() === portTexts(ALL_PORTS).join() ? "every port" : ports.join(",");
}

function isolatedText({ namespace, workload, pods, direction, loses }: IsolatedWorkload): string {
  const what = `${namespace}/${workload} (${pods} ${pods === 1 ? "pod" : "pods"}) for ${direction.toLowerCase()}`;
  return loses === undefined ? what : `${what}: closed is ${loses}`;
}

function conditionsTable(conditions: readonly Condition[]): string {
  const rows = conditions.map(({ type, status, reason, message }) => [type, status, reason, message]);
  return table([["CONDITION", "STATUS", "REASON", "MESSAGE"], ...rows]);
}

function reachabilityRow({ from, to, verdict, ports, egress, ingress }: ReachabilityRow): readonly string[] {
  return [
    `${placeText(from)}${from.permit === true ? " (permit)" : ""}`,
    placeText(to),
    verdict,
    ports.join(","),
    egress.by.join(",") || "-",
    ingress.by.join(",") || "-",
  ];
}

function placeText({ others, addresses, namespace, workload }: ChangedPlace): string {
  if (others === true) return "(everybody else)";
  return addresses?.join(",") ?? `${namespace}/${workload}`;
}

/** All findings, the grave ones first. */
export function findingsTable(accesses: readonly ServiceAccess[]): string {
  const found = accesses.flatMap(({ metadata, status }) =>
    (status?.findings ?? []).map((finding) => ({ finding, key: `${metadata.namespace}/${metadata.name}` })),
  );
  if (found.length === 0) return "none\n";
  const ordered = found.toSorted((a, b) => GRAVITY[a.finding.severity] - GRAVITY[b.finding.severity]);
  const rows = ordered.map(({ key, finding }) => [
    finding.severity,
    finding.type,
    key,
    finding.object,
    finding.message,
  ]);
  return table([["SEVERITY", "TYPE", "SERVICEACCESS", "OBJECT", "MESSAGE"], ...rows]);
}

const GRAVITY = { Error: 0, Warning: 1, Info: 2 } as const;

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}
