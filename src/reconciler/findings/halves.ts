import { NO_PORTS, type PortSet, portTexts, union } from "../../core/ports.ts";
import type { Finding, ServiceAccess } from "../../model/service-access.ts";
import { list } from "../words.ts";
import { placeKey, placeText } from "../places.ts";
import type { Row } from "../rows.ts";
import type { Scene } from "./findings.ts";

/** Clients that the target lets in, and that policies of their own do not let out: half of what is needed is there. */
export function halfFindings({ access, reach }: Scene): readonly Finding[] {
  const clients = reach.rows.filter(
    ({ standing, from }) => standing === "client" && from.kind === "workload",
  );
  const byClient = Map.groupBy(clients, ({ from }) => placeKey(from));
  return [...byClient.values()].flatMap((rows) => {
    const [first, ...more] = rows.filter(isKeptIn);
    if (first === undefined) return [];
    const ports = [first, ...more].map((row) => row.ports).reduce(union, NO_PORTS);
    const isPartly = rows.some((row) => isAllowed(row) && placeKey(row.to) === placeKey(first.to));
    return [halfFinding(access, first, ports, isPartly)];
  });
}

function isKeptIn({ egress, ingress }: Row): boolean {
  return egress.verdict === "Denied" && ingress.verdict === "Allowed";
}

function isAllowed({ verdict }: Row): boolean {
  return verdict === "Allowed";
}

/** Where other ports pass, somebody let the client out and forgot these. */
function halfFinding({ metadata }: ServiceAccess, row: Row, ports: PortSet, isPartly: boolean): Finding {
  const { from, to, egress } = row;
  const home = `${metadata.namespace}/`;
  const name = placeText(from);
  const object = name.startsWith(home) ? name.slice(home.length) : name;
  const flow = `${list(portTexts(ports))} to ${placeText(to)}`;
  const by = list(egress.by);
  const said = isPartly
    ? {
        type: "PortAsymmetry",
        message: `is let in on ${flow}, but ${by} lets it out on other ports only: add these there, or take them out of spec.ports`,
      }
    : {
        type: "PermitMissing",
        message: `is let in on ${flow}, but ${by} does not let it out: write a policy beside that one which does`,
      };
  return { ...said, severity: "Warning", object };
}
