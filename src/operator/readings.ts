import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Clock } from "../kube/clock.ts";
import type { Reflector } from "../kube/reflector.ts";
import type { Watches } from "../kube/watches.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import type { Store } from "../reconciler/store.ts";
import type { Leadership } from "./leader.ts";
import type { Labels, Metrics, Sample } from "./metrics.ts";
import type { WorkQueue } from "./queue.ts";

export interface ReadingSources {
  readonly watches: Pick<Watches, "unreadable"> & {
    readonly reflectors: readonly Pick<
      Reflector,
      "resource" | "isSynced" | "lastEvent" | "lists" | "interruptions"
    >[];
  };
  readonly queue: Pick<WorkQueue, "look" | "retries">;
  readonly store: Pick<Store, "world" | "evaluator">;
  readonly leadership: Pick<Leadership, "isLeading">;
  readonly clock: Clock;
  readonly version: string;
}

/** What is looked up when somebody asks for the metrics, and costs nothing in between. */
export function registerReadings(metrics: Metrics, sources: ReadingSources): void {
  readWatches(metrics, sources);
  readQueue(metrics, sources);
  readObjects(metrics, sources);
  readEvaluator(metrics, sources);
  readProcess(metrics, sources);
}

function readWatches(metrics: Metrics, { watches, clock }: ReadingSources): void {
  const each = (value: (reflector: ReadingSources["watches"]["reflectors"][number]) => number) => () =>
    watches.reflectors.map((one) => ({ labels: { resource: one.resource.plural }, value: value(one) }));
  metrics.read(
    "gauge",
    "serviceaccess_watch_age_seconds",
    "How long ago something was last heard of a resource; a bookmark comes about once a minute.",
    each(({ lastEvent }) => (clock.now() - lastEvent) / 1000),
  );
  metrics.read(
    "gauge",
    "serviceaccess_watch_synced",
    "1 when a resource was listed and is followed.",
    each(({ isSynced }) => Number(isSynced)),
  );
  metrics.read(
    "counter",
    "serviceaccess_watch_lists_total",
    "How often all objects of a resource were listed.",
    each(({ lists }) => lists),
  );
  metrics.read(
    "counter",
    "serviceaccess_watch_interruptions_total",
    "How often a list or a watch came to a bad end.",
    each(({ interruptions }) => interruptions),
  );
}

function readQueue(metrics: Metrics, { queue }: ReadingSources): void {
  const gauge = (name: string, help: string, value: () => number) =>
    metrics.read("gauge", name, help, () => [{ labels: {}, value: value() }]);
  metrics.read("gauge", "serviceaccess_queue_waiting", "Turns of objects that wait for a free place.", () =>
    Object.entries(queue.look().lanes).map(([lane, value]) => ({ labels: { lane }, value })),
  );
  gauge("serviceaccess_queue_running", "Turns that are under way.", () => queue.look().running);
  gauge("serviceaccess_queue_delayed", "Turns that wait for their time.", () => queue.look().later);
  gauge(
    "serviceaccess_queue_oldest_waiting_seconds",
    "How long the turn has waited that waits for longest.",
    () => queue.look().oldestWaiting / 1000,
  );
  gauge(
    "serviceaccess_queue_longest_running_seconds",
    "How long the turn has run that runs for longest.",
    () => queue.look().longestRunning / 1000,
  );
  metrics.read(
    "counter",
    "serviceaccess_queue_retries_total",
    "How many turns failed and were put off.",
    () => [{ labels: {}, value: queue.retries }],
  );
}

/** Worth a number in every cluster, whether there is an object of which it is said or not. */
const CONDITIONS = ["Ready", "Programmed", "Effective", "Exclusive", "Enforced", "Portable"];

function readObjects(metrics: Metrics, { store, watches }: ReadingSources): void {
  const accesses = () => [...store.world.accesses.values()];
  metrics.read("gauge", "serviceaccess_objects", "ServiceAccesses that there are.", () => [
    { labels: {}, value: store.world.accesses.size },
  ]);
  metrics.read(
    "gauge",
    "serviceaccess_object_conditions",
    "ServiceAccesses by what one of their conditions says.",
    () => counted(accesses().flatMap(conditionLabels), allConditions()),
  );
  metrics.read("gauge", "serviceaccess_findings", "Findings in the statuses of all ServiceAccesses.", () =>
    counted(accesses().flatMap(findingLabels)),
  );
  metrics.read(
    "gauge",
    "serviceaccess_unreadable_objects",
    "Objects that the API server has and the operator cannot read.",
    () => [{ labels: {}, value: watches.unreadable().length }],
  );
}

function allConditions(): readonly Labels[] {
  return CONDITIONS.flatMap((type) => ["True", "False", "Unknown"].map((status) => ({ type, status })));
}

function conditionLabels({ status }: ServiceAccess): readonly Labels[] {
  return (status?.conditions ?? []).map(({ type, status: value }) => ({ type, status: value }));
}

function findingLabels({ status }: ServiceAccess): readonly Labels[] {
  return (status?.findings ?? []).map(({ type, severity }) => ({ type, severity }));
}

/** How often each set of labels comes; those that are expected are told even when they do not. */
function counted(all: readonly Labels[], expected: readonly Labels[] = []): readonly Sample[] {
  const found = new Map(expected.map((labels) => [JSON.stringify(labels), { labels, value: 0 }]));
  for (const labels of all) {
    const key = JSON.stringify(labels);
    found.set(key, { labels, value: (found.get(key)?.value ?? 0) + 1 });
  }
  return [...found.values()];
}

function readEvaluator(metrics: Metrics, { store }: ReadingSources): void {
  const sizes: Readonly<Record<string, readonly [help: string, size: () => number]>> = {
    pods: ["Pods that the evaluator knows.", () => store.world.pods.size],
    policies: [
      "Policies that the evaluator knows.",
      () => store.world.policies.size + store.world.tierPolicies.size,
    ],
    classes: ["Groups of pods that no policy can tell apart.", () => [...store.evaluator().classes()].length],
  };
  for (const [name, [help, size]] of Object.entries(sizes)) {
    metrics.read("gauge", `serviceaccess_evaluator_${name}`, help, () => [{ labels: {}, value: size() }]);
  }
  metrics.read(
    "gauge",
    "serviceaccess_profile_info",
    "Always 1; the label says by which network plugin's profile statuses are worked out.",
    () => [{ labels: { profile: store.evaluator().profile.name }, value: 1 }],
  );
}

/** The names that everybody's dashboards of processes know. */
function readProcess(metrics: Metrics, { leadership, version }: ReadingSources): void {
  const lag = eventLoopLag();
  const one = (
    kind: "gauge" | "counter",
    name: string,
    help: string,
    value: () => number,
    labels: Labels = {},
  ) => metrics.read(kind, name, help, () => [{ labels, value: value() }]);
  one("gauge", "serviceaccess_leader", "1 while this process is the one that writes.", () =>
    Number(leadership.isLeading()),
  );
  one("gauge", "serviceaccess_build_info", "Always 1; the labels say what runs.", () => 1, {
    version,
    node: process.version,
  });
  one("gauge", "process_resident_memory_bytes", "Memory of the process.", () => process.memoryUsage.rss());
  one("gauge", "nodejs_heap_size_used_bytes", "Objects on the heap.", () => process.memoryUsage().heapUsed);
  one("counter", "process_cpu_seconds_total", "Time on a processor.", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  const started = Date.now() / 1000 - process.uptime();
  one("gauge", "process_start_time_seconds", "When the process began.", () => started);
  one(
    "gauge",
    "nodejs_eventloop_lag_p99_seconds",
    "How late the event loop is, in one of a hundred cases.",
    lag,
  );
}

/** It is looked at so often, in milliseconds; seldom enough that a process at rest stays at rest. */
const RESOLUTION = 100;

/** In seconds, since it was last asked: a pause is told once, and not for ever. */
function eventLoopLag(): () => number {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  return () => {
    const lag = delay.percentile(99) / 1e9 - RESOLUTION / 1000;
    delay.reset();
    return Math.max(0, lag);
  };
}
