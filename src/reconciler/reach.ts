import type { Evaluator } from "../core/evaluator.ts";
import type { Direction } from "../core/answer.ts";
import type { Endpoint } from "../core/endpoint.ts";
import { NO_PORTS } from "../core/ports.ts";
import { admittedBy, type Reach as Admitted } from "../core/ends.ts";
import type { PodClass } from "../core/room.ts";
import { intentOf } from "../generator/intent.ts";
import { holders } from "../generator/peers.ts";
import type { LabelSelector } from "../model/network-policy.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import type { Pod, World } from "../model/world.ts";
import { type Blocks, blocksOn } from "./covered.ts";
import { type Grant, grantOf } from "./grant.ts";
import { namedClasses } from "./named.ts";
import { addressParties, classParties, type Party, podParties, selectedPods } from "./parties.ts";
import type { Plan } from "./plan.ts";
import { type Row, rowsBetween } from "./rows.ts";

/** The effective reachability of one object's service, from the policies that are really there. */
export interface Reach {
  readonly selector: LabelSelector | undefined;
  readonly targets: readonly Pod[];
  /** The pods that carry the client label, in the object's own namespace and in those it chooses for its permits. */
  readonly clients: readonly Pod[];
  /** The namespaces in which the label makes clients. */
  readonly namespaces: readonly string[];
  readonly rows: readonly Row[];
  /** Whom the rows are about. */
  readonly sources: readonly Party[];
  readonly destinations: readonly Party[];
  /** What there is of address blocks in the policies of targets and clients. */
  readonly told: Blocks;
  /** Ports that are offered by a name which no running pod of the target knows, as `TCP/http`. */
  readonly lostPorts: readonly string[];
}

export function reachOf(access: ServiceAccess, plan: Plan, world: World, evaluator: Evaluator): Reach {
  const { namespace } = access.metadata;
  const { target } = plan.references;
  const { accepted, refused } = plan.references.elsewhere;
  const carrying = holders(intentOf(access).clientLabel);
  const namespaces = [namespace, ...accepted, ...refused];
  const clients = namespaces.flatMap((each) => selectedPods(world, each, carrying));
  const grant = grantOf(access, plan.references, world);
  switch (target.kind) {
    case "missing":
      return {
        selector: undefined,
        targets: [],
        clients,
        namespaces,
        lostPorts: [],
        ...NOBODY,
        told: blocksOn(clients, evaluator),
      };
    case "none":
      return {
        selector: undefined,
        targets: [],
        clients,
        namespaces,
        ...outwards(clients, grant, world, evaluator),
        lostPorts: [],
        told: blocksOn(clients, evaluator),
      };
    case "found": {
      const targets = selectedPods(world, namespace, target.selector);
      const lost = lostPorts(grant, targets);
      const met = inwards(targets, grant, world, evaluator);
      const told = blocksOn(new Set([...targets, ...clients]), evaluator);
      return { selector: target.selector, targets, clients, namespaces, ...met, lostPorts: lost, told };
    }
  }
}

type Met = Pick<Reach, "rows" | "sources" | "destinations">;

const NOBODY: Met = { rows: [], sources: [], destinations: [] };

/** Everyone and everything that may want to come to the target. */
function inwards(targets: readonly Pod[], grant: Grant, world: World, evaluator: Evaluator): Met {
  const destinations = podParties(evaluator, grant, targets);
  const admitted = destinations.map(({ endpoint }) => letIn(evaluator, "ingress", endpoint));
  const sources = [
    ...classParties(grant, among(admitted, namedClasses(grant.named, world, evaluator), evaluator)),
    ...addressParties(evaluator, grant, "ingress", destinations),
  ];
  return { rows: rowsBetween(sources, destinations, grant, evaluator, world), sources, destinations };
}

/** A name that some pods know is a port of those; one that none knows leads nowhere. */
function lostPorts({ names }: Grant, targets: readonly Pod[]): readonly string[] {
  if (targets.length === 0) return [];
  const known = new Set(targets.flatMap((pod) => pod.ports.map((port) => `${port.protocol}/${port.name}`)));
  return names.filter((name) => !known.has(name));
}

/** The classes that the policies of an end let through, and those of pods that the object names: nobody else gets a row. */
function among(
  admitted: readonly Admitted[],
  named: readonly PodClass[],
  evaluator: Evaluator,
): Iterable<PodClass> {
  if (admitted.some(({ kind }) => kind !== "some")) return evaluator.classes();
  const listed = admitted.flatMap((each) => (each.kind === "some" ? [...each.classes] : []));
  return new Set([...listed, ...named]);
}

function letIn(evaluator: Evaluator, direction: Direction, endpoint: Endpoint): Admitted {
  return endpoint.kind === "pod" ? admittedBy(evaluator, direction, endpoint.pod) : { kind: "any" };
}

/** From the holders to what the permits name: pods one by one, addresses as ranges. */
function outwards(clients: readonly Pod[], grant: Grant, world: World, evaluator: Evaluator): Met {
  const sources = podParties(evaluator, grant, clients);
  const destinations = [
    ...classParties(grant, among([], namedClasses(grant.named, world, evaluator), evaluator)),
    ...addressParties(evaluator, grant, "egress", sources),
  ];
  const rows = rowsBetween(sources, destinations, asClients(grant), evaluator, world);
  return { rows, sources, destinations };
}

/** Without a target, what is granted outside is what the holders are meant to reach; nobody else is looked at. */
function asClients(grant: Grant): Grant {
  return {
    ...grant,
    expected: (from, to) => (to.kind === "address" ? grant.granted(from, to) : grant.expected(from, to)),
    concerned: () => NO_PORTS,
  };
}
