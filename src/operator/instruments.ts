import type { ClientOptions } from "../kube/client.ts";
import type { EventsOptions } from "../kube/events.ts";
import type { AccessEvent } from "../reconciler/cluster.ts";
import { callLabels } from "./call-labels.ts";
import { createMetrics, type Metrics } from "./metrics.ts";

/** What is counted where it happens. */
export interface Instruments {
  readonly metrics: Metrics;
  readonly answered: ClientOptions["onAnswer"] & {};
  readonly told: (event: AccessEvent) => void;
  readonly eventEnded: EventsOptions["onOutcome"] & {};
  /** One turn of one object came to an end, after so many milliseconds. */
  readonly turned: (turn: string, outcome: string, took: number) => void;
  /** A status was worked out, which takes the whole process for so many milliseconds. */
  readonly evaluated: (took: number) => void;
}

/** In seconds; what is told of a policy within one of them is fast, and what takes ten is a mistake of someone. */
const BOUNDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createInstruments(): Instruments {
  const metrics = createMetrics();
  return {
    metrics,
    ...requestInstruments(metrics),
    ...workInstruments(metrics),
    ...eventInstruments(metrics),
  };
}

function requestInstruments(metrics: Metrics): Pick<Instruments, "answered"> {
  const requests = metrics.counter(
    "serviceaccess_api_requests_total",
    "Requests to the API server, by what was asked and the code of the answer; code 0: there was none.",
  );
  const durations = metrics.histogram(
    "serviceaccess_api_request_duration_seconds",
    "How long the API server took to begin its answer.",
    BOUNDS,
  );
  const writes = metrics.counter(
    "serviceaccess_writes_total",
    "Writes to the API server, by what was written and what became of it.",
  );
  return {
    answered: (call, status, took) => {
      const { verb, resource, result } = callLabels(call, status);
      requests.add({ verb, code: String(status) });
      if (verb !== "watch") durations.observe({ verb }, took / 1000);
      if (call.method !== "GET") writes.add({ verb, resource, result });
    },
  };
}

function workInstruments(metrics: Metrics): Pick<Instruments, "turned" | "evaluated"> {
  const turns = metrics.counter(
    "serviceaccess_reconciles_total",
    "Turns of objects: `program` writes policies, `status` says what they do.",
  );
  const durations = metrics.histogram(
    "serviceaccess_reconcile_duration_seconds",
    "How long a turn took, answers of the API server included.",
    BOUNDS,
  );
  const evaluations = metrics.histogram(
    "serviceaccess_evaluation_duration_seconds",
    "How long it took to work out who reaches one object's target.",
    BOUNDS,
  );
  return {
    turned: (turn, outcome, took) => {
      turns.add({ turn, outcome });
      durations.observe({ turn }, took / 1000);
    },
    evaluated: (took) => evaluations.observe({}, took / 1000),
  };
}

/** The reason of the Event that says that policies were put right. */
const RESTORED = "PolicyRestored";

function eventInstruments(metrics: Metrics): Pick<Instruments, "told" | "eventEnded"> {
  const events = metrics.counter(
    "serviceaccess_events_total",
    "Events by what became of them: sent, merged into an earlier one, dropped because there were too many, failed.",
  );
  const repairs = metrics.counter(
    "serviceaccess_drift_repairs_total",
    "How often policies of an object were put right after somebody else had changed or deleted them.",
  );
  // Alerts ask how much it grew, which cannot be told of what begins with its first increase.
  repairs.add({}, 0);
  return {
    told: ({ reason }) => repairs.add({}, reason === RESTORED ? 1 : 0),
    eventEnded: (outcome, { type, reason }) => events.add({ type, reason, outcome }),
  };
}
