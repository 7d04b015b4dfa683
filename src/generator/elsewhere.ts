import { compileSelector, selectsNamespace } from "../core/selector.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import type { Namespace, World } from "../model/world.ts";
import { intentOf } from "./intent.ts";

/** The namespaces besides its own that an object chooses for its permits, as the cluster is now; sorted. */
export interface Elsewhere {
  /** They take the object's permits: a policy is written in each. */
  readonly accepted: readonly string[];
  /** They have not said so: their holders are let in, but nothing is written there. */
  readonly refused: readonly string[];
  /** Known by name only, as files may leave them: whether they are chosen and accept cannot be said. */
  readonly undetermined: readonly string[];
}

/** A namespace that is going away takes nothing any more, and what is in it goes with it. */
export function elsewhereOf(access: ServiceAccess, world: World): Elsewhere {
  const home = access.metadata.namespace;
  const { present, unknown } = chosenIn(access, world);
  return {
    accepted: namesOf(present.filter((namespace) => accepts(namespace, home))),
    refused: namesOf(present.filter((namespace) => !accepts(namespace, home))),
    undetermined: namesOf(unknown),
  };
}

function namesOf(namespaces: readonly Namespace[]): readonly string[] {
  return namespaces.map(({ name }) => name).toSorted();
}

interface Chosen {
  readonly present: readonly Namespace[];
  readonly unknown: readonly Namespace[];
}

function chosenIn(access: ServiceAccess, world: World): Chosen {
  const { elsewhere } = intentOf(access).permits;
  if (elsewhere === undefined || "reason" in elsewhere) return { present: [], unknown: [] };
  const selector = compileSelector(elsewhere);
  const others = candidates(access, world).filter(
    ({ name, terminating }) => name !== access.metadata.namespace && !terminating,
  );
  return {
    present: others.filter((each) => each.labelsKnown && selectsNamespace(selector, each) === "yes"),
    unknown: others.filter((each) => !each.labelsKnown && selectsNamespace(selector, each) !== "no"),
  };
}

/** Named namespaces are looked up; only a selector alone has to look at all of them. */
function candidates({ spec }: ServiceAccess, { namespaces }: World): readonly Namespace[] {
  const names = spec.permits?.namespaces?.names;
  if (names === undefined) return [...namespaces.values()];
  return names.map((name) => namespaces.get(name)).filter((namespace) => namespace !== undefined);
}

function accepts({ acceptsPermitsFrom }: Namespace, home: string): boolean {
  return acceptsPermitsFrom.includes(home) || acceptsPermitsFrom.includes("*");
}
