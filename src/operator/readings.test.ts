import { expect, test } from "vitest";
import { PODS } from "../kube/resources.ts";
import type { ServiceAccessStatus } from "../model/service-access.ts";
import { createStore } from "../reconciler/store.ts";
import { fakeClock } from "../testing/fake-clock.ts";
import { accessOf } from "../testing/small-world.ts";
import { podOf } from "../testing/table.ts";
import { createInstruments } from "./instruments.ts";
import { registerReadings } from "./readings.ts";

test("what is true now is looked up when somebody asks", async () => {
  const { text, clock, store } = readings();
  await clock.pass(61_000);
  store.put({ kind: "Pod", object: podOf("shop/a", { labels: { app: "a" } }) });
  expect(lines(text(), /^serviceaccess_(watch|queue|evaluator|leader|profile)/)).toEqual([
    'serviceaccess_watch_age_seconds{resource="pods"} 61',
    'serviceaccess_watch_synced{resource="pods"} 1',
    'serviceaccess_watch_lists_total{resource="pods"} 2',
    'serviceaccess_watch_interruptions_total{resource="pods"} 3',
    'serviceaccess_queue_waiting{lane="first"} 1',
    'serviceaccess_queue_waiting{lane="in turn"} 2',
    'serviceaccess_queue_waiting{lane="status"} 3',
    "serviceaccess_queue_running 4",
    "serviceaccess_queue_delayed 5",
    "serviceaccess_queue_oldest_waiting_seconds 6",
    "serviceaccess_queue_longest_running_seconds 7",
    "serviceaccess_queue_retries_total 8",
    "serviceaccess_evaluator_pods 1",
    "serviceaccess_evaluator_policies 0",
    "serviceaccess_evaluator_classes 1",
    'serviceaccess_profile_info{profile="specification"} 1',
    "serviceaccess_leader 1",
  ]);
});

test("objects are counted by what their statuses say, and conditions that nobody has are told as none", () => {
  const { text, store } = readings();
  const condition = { reason: "R", message: "m", lastTransitionTime: "2026-11-21T08:00:00Z" };
  const finding = { type: "ClientLabelUnused", severity: "Info", object: "o", message: "m" } as const;
  const status: ServiceAccessStatus = {
    conditions: [
      { type: "Ready", status: "True", ...condition },
      { type: "Stalled", status: "True", ...condition },
    ],
    findings: [finding, finding],
  };
  for (const name of ["shop/a", "shop/b", "shop/c"]) {
    store.put({
      kind: "ServiceAccess",
      object: { ...accessOf(name, {}), ...(name === "shop/c" ? {} : { status }) },
    });
  }
  expect(lines(text(), /^serviceaccess_(objects|findings|object_conditions\{.*"(Ready|Stalled)"\})/)).toEqual(
    [
      "serviceaccess_objects 3",
      'serviceaccess_object_conditions{status="True",type="Ready"} 2',
      'serviceaccess_object_conditions{status="False",type="Ready"} 0',
      'serviceaccess_object_conditions{status="Unknown",type="Ready"} 0',
      'serviceaccess_object_conditions{status="True",type="Stalled"} 2',
      'serviceaccess_findings{severity="Info",type="ClientLabelUnused"} 4',
    ],
  );
});

function lines(text: string, pattern: RegExp): readonly string[] {
  return text.split("\n").filter((line) => pattern.test(line));
}

function readings() {
  const [clock, store, { metrics }] = [fakeClock(), createStore(), createInstruments()];
  const watched = { resource: PODS, isSynced: true, lastEvent: 0, lists: 2, interruptions: 3 };
  registerReadings(metrics, {
    watches: { reflectors: [watched], unreadable: () => [] },
    queue: {
      retries: 8,
      look: () => ({
        lanes: { first: 1, "in turn": 2, status: 3 },
        running: 4,
        later: 5,
        oldestWaiting: 6_000,
        longestRunning: 7_000,
      }),
    },
    store,
    leadership: { isLeading: () => true },
    clock,
    version: "1.2.3",
  });
  return { text: metrics.text, clock, store };
}
