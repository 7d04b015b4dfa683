import { ADOPT_ANNOTATION, MANAGED_BY_LABEL, MANAGER } from "../generator/names.ts";
import { policyKey } from "../model/network-policy.ts";
import type { ServiceAccess, ServiceAccessStatus } from "../model/service-access.ts";
import type { Cluster } from "./cluster.ts";
import type { Action } from "./steps.ts";

/** Tells which policies were written, in one Event for each way of writing; what was refused is for the status to tell. */
export function tellOfPolicies(
  access: ServiceAccess,
  done: readonly Action[],
  cluster: Pick<Cluster, "tell">,
): void {
  for (const { reason, words, isIt } of DEEDS) {
    // Some policies are written in two steps.
    const names = new Set(done.filter(isIt).map(({ policy }) => policyKey(policy)));
    if (names.size === 0) continue;
    const note = `${words} ${[...names].join(", ")}`;
    cluster.tell({ access: access.metadata, type: "Normal", reason, action: "WritePolicy", note });
  }
}

interface Deed {
  readonly reason: string;
  readonly words: string;
  readonly isIt: (action: Action) => boolean;
}

const DEEDS: readonly Deed[] = [
  { reason: "PolicyCreated", words: "created", isIt: (action) => isApply(action) && !isObserved(action) },
  { reason: "PolicyAdopted", words: "took over", isIt: isAdoption },
  { reason: "PolicyChanged", words: "changed", isIt: (action) => isObserved(action) && !isAdoption(action) },
  { reason: "PolicyRemoved", words: "removed", isIt: (action) => action.kind === "remove" },
];

function isApply({ kind }: Action): boolean {
  return kind === "apply";
}

function isObserved(action: Action): boolean {
  return action.kind === "apply" && action.observed !== undefined;
}

/** Somebody has said of a policy that was not ours that we may have it. */
function isAdoption(action: Action): boolean {
  if (action.kind !== "apply" || action.observed === undefined) return false;
  const { labels, annotations } = action.observed.metadata;
  return annotations?.[ADOPT_ANNOTATION] === "true" && labels?.[MANAGED_BY_LABEL] !== MANAGER;
}

/** Tells when an object stops being Ready, or is not Ready for another reason, and when it is Ready again. */
export function tellOfStatus(
  access: ServiceAccess,
  status: ServiceAccessStatus,
  cluster: Pick<Cluster, "tell">,
): void {
  const [before, after] = [readyOf(access.status), readyOf(status)];
  if (after === undefined || (after.status === before?.status && after.message === before.message)) return;
  const { reason, message: note } = after;
  const event = { access: access.metadata, action: "Reconcile", note };
  if (after.status === "False") {
    // Whoever suspends an object knows that it may fall behind.
    cluster.tell({ ...event, type: reason === "Suspended" ? "Normal" : "Warning", reason });
  } else if (before?.status === "False") {
    cluster.tell({ ...event, type: "Normal", reason: "Ready" });
  }
}

function readyOf(status: ServiceAccessStatus | undefined) {
  return status?.conditions?.find(({ type }) => type === "Ready");
}
