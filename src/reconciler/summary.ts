import { portTexts } from "../core/ports.ts";
import { NO_PORTS, union } from "../core/ports.ts";
import { namesAnyone } from "../generator/references.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import type { Pod } from "../model/world.ts";
import type { Plan } from "./plan.ts";
import type { Reach } from "./reach.ts";
import type { Place } from "./places.ts";
import type { Row } from "./rows.ts";
import { podCount } from "./workloads.ts";

/** "3 clients reach 1 of 1 pods on TCP/11211": the rows of the declared clients in one sentence. */
export function summaryOf(access: ServiceAccess, plan: Plan, reach: Reach): string {
  const { undecided } = plan.generated;
  if (undecided !== undefined) return undecided.message;
  if (!namesAnyone(access, plan.references))
    return `no port is offered; ${plural(podCount(reach.targets), "pod is", "pods are")} selected`;
  const rows = reach.rows.filter((row) => row.standing === "client" && row.verdict === "Allowed");
  const clients = plural(podCount(podsOf(rows.map((row) => row.from))), "client", "clients");
  const verb = clients.startsWith("1 ") ? "reaches" : "reach";
  const ports = portTexts(rows.map((row) => row.ports).reduce(union, NO_PORTS));
  const on =
    ports.length === 0 ? "" : ` on ${ports.slice(0, 6).join(", ")}${ports.length > 6 ? ", ..." : ""}`;
  if (access.spec.target === undefined)
    return `${clients} ${verb} ${plural(placeCount(rows), "destination", "destinations")}${on}`;
  const reached = podCount(podsOf(rows.map((row) => row.to)));
  return `${clients} ${verb} ${reached} of ${podCount(reach.targets)} pods${on}`;
}

function podsOf(places: readonly Place[]): ReadonlySet<Pod> {
  return new Set(places.flatMap((place) => (place.kind === "workload" ? [...place.pods] : [])));
}

function placeCount(rows: readonly Row[]): number {
  return new Set(
    rows.map((row) => (row.to.kind === "workload" ? `${row.to.namespace}/${row.to.workload}` : "outside")),
  ).size;
}

function plural(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}
