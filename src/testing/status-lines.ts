import type {
  ReachabilityDestination,
  ReachabilityRow,
  ReachabilitySource,
  ServiceAccess,
} from "../model/service-access.ts";

type Seen = Pick<ServiceAccess, "status"> & { readonly metadata: { readonly name: string } };

/**
 * Statuses as a picture that two clusters may share: without times and messages, and of those who reach a target only
 * who lives in the namespaces that are asked about, or outside.
 */
export function statusLines(accesses: readonly Seen[], namespaces: readonly string[]): string {
  const byName = accesses.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  return byName.map((access) => `${linesOf(access, namespaces).join("\n")}\n`).join("\n");
}

function linesOf({ metadata, status }: Seen, namespaces: readonly string[]): readonly string[] {
  const { conditions = [], summary = "", policies = [], reachability = [], findings = [] } = status ?? {};
  const near = reachability.filter(
    ({ from }) => from.namespace === undefined || namespaces.includes(from.namespace),
  );
  return [
    metadata.name,
    ...conditions.map(({ type, status: holds, reason }) => `  ${type}=${holds} ${reason}`),
    `  ${summary}`,
    ...policies.map(({ kind, namespace, name }) => `  ${kind} ${namespace}/${name}`),
    ...near.map(rowLine).toSorted(),
    ...findings
      .filter(({ object }) => isNear(object, namespaces))
      .map(({ type, severity, object }) => `  ${severity} ${type} ${object}`),
  ];
}

/** `shop/Deployment/web`, or without a namespace, which is the object's own. */
function isNear(object: string, namespaces: readonly string[]): boolean {
  const [namespace = "", , name] = object.split("/");
  return name === undefined || namespaces.includes(namespace);
}

function rowLine({ from, to, ports, verdict }: ReachabilityRow): string {
  return `  ${endText(from)} -> ${endText(to)} ${ports.join(",")} ${verdict}`;
}

function endText({ namespace, workload, addresses }: ReachabilitySource | ReachabilityDestination): string {
  return workload === undefined ? (addresses ?? []).join(" ") : `${namespace}/${workload}`;
}
