import { isRecord } from "../manifest/decode-json.ts";
import type { ObjectKey } from "../model/key.ts";
import type { ObjectMeta } from "../model/network-policy.ts";
import type { Problem } from "../model/problem.ts";
import type { Condition, DnsStatus, NameStatus, ServiceAccessStatus } from "../model/service-access.ts";
import type { AccessEvent } from "../reconciler/cluster.ts";
import { conditionTime } from "../reconciler/condition-time.ts";
import type { Received } from "./received.ts";

/**
 * A ServiceAccess that the schema refuses and the API server has nevertheless: it was accepted under an older schema.
 * Its policies stay as they are until it is corrected, for nobody can say what it asks.
 */
export interface InvalidAccess extends ObjectKey {
  readonly resourceVersion: string;
  readonly generation: number;
  readonly problems: readonly Problem[];
  /** The conditions it has now, to keep their times. */
  readonly conditions: readonly Pick<
    Condition,
    "type" | "status" | "reason" | "message" | "lastTransitionTime"
  >[];
  readonly observedGeneration: number | undefined;
  /** What its policies were written from and has to be known again when it is corrected. */
  readonly kept: Pick<ServiceAccessStatus, "dns" | "names">;
  /** Deleted, it still has to be let go; for that nobody has to know what it asked. */
  readonly metadata: ObjectMeta;
}

const INVALID_SPEC = "InvalidSpec";

export function invalidAccess({ meta, raw }: Received, problems: readonly Problem[]): InvalidAccess {
  const status = isRecord(raw["status"]) ? raw["status"] : {};
  const { conditions, observedGeneration, dns, names } = status;
  return {
    namespace: meta.namespace,
    name: meta.name,
    resourceVersion: meta.resourceVersion,
    generation: meta.generation,
    problems,
    conditions: Array.isArray(conditions) ? conditions.filter(isCondition) : [],
    observedGeneration: typeof observedGeneration === "number" ? observedGeneration : undefined,
    kept: {
      ...(isDns(dns) ? { dns } : {}),
      ...(Array.isArray(names) ? { names: names.filter(isName) } : {}),
    },
    metadata: { ...endOf(raw["metadata"]), ...meta },
  };
}

function endOf(raw: unknown): Pick<ObjectMeta, "deletionTimestamp" | "finalizers"> {
  const { deletionTimestamp, finalizers } = isRecord(raw) ? raw : {};
  return {
    ...(typeof deletionTimestamp === "string" ? { deletionTimestamp } : {}),
    ...(Array.isArray(finalizers)
      ? { finalizers: finalizers.filter((each) => typeof each === "string") }
      : {}),
  };
}

/** The status that says so; undefined where the object has it already, so that it is written once a generation. */
export function invalidStatus(access: InvalidAccess, now: Date): ServiceAccessStatus | undefined {
  const message = sentence(access.problems);
  const conditions = [condition("Ready", "False"), condition("Stalled", "True")];
  const isSaid = conditions.every((wanted) =>
    access.conditions.some(
      ({ type, status, reason, message: said }) =>
        type === wanted.type && status === wanted.status && reason === INVALID_SPEC && said === message,
    ),
  );
  if (isSaid && access.observedGeneration === access.generation) return undefined;
  return { observedGeneration: access.generation, conditions, ...access.kept };

  function condition(type: string, status: "True" | "False"): Condition {
    const before = access.conditions.find((each) => each.type === type && each.status === status);
    return {
      type,
      status,
      reason: INVALID_SPEC,
      message,
      observedGeneration: access.generation,
      lastTransitionTime: before?.lastTransitionTime ?? conditionTime(now),
    };
  }
}

/** The same, told when it is written. */
export function invalidEvent(access: InvalidAccess, { conditions }: ServiceAccessStatus): AccessEvent {
  const note = conditions?.[0]?.message ?? "";
  return { access: access.metadata, type: "Warning", reason: INVALID_SPEC, action: "Reconcile", note };
}

const MAX_MESSAGE = 4000;

function sentence(problems: readonly Problem[]): string {
  const said = problems.map(({ field, message }) => (field === "" ? message : `${field}: ${message}`));
  const text = `the spec cannot be used and the policies stay as they are; correct ${said.join("; ")}`;
  return text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE)}…` : text;
}

function isCondition(raw: unknown): raw is InvalidAccess["conditions"][number] {
  return (
    isRecord(raw) &&
    (raw["status"] === "True" || raw["status"] === "False" || raw["status"] === "Unknown") &&
    ["type", "reason", "message", "lastTransitionTime"].every((field) => typeof raw[field] === "string")
  );
}

/** As we wrote it: the API server lets nothing else into a status. */
function isName(raw: unknown): raw is NameStatus {
  return isRecord(raw) && typeof raw["name"] === "string" && Array.isArray(raw["answers"]);
}

function isDns(raw: unknown): raw is DnsStatus {
  return isRecord(raw) && Array.isArray(raw["addresses"]) && Array.isArray(raw["ports"]);
}
