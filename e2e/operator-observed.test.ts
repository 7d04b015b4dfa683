import { expect, test } from "vitest";

import { eventually } from "./control-plane/eventually.ts";
import { plane } from "./control-plane/plane.ts";
import { inNamespace, serviceAccess } from "./operator/objects.ts";
import { shippedUses } from "./operator/queries.ts";
import { isReady, policyPath, readsOf } from "./operator/reads.ts";
import { stage } from "./operator/stage.ts";

const reads = readsOf(plane.api);
const operator = stage(plane);

/** What whoever collects the metrics adds. */
const ADDED = ["job", "pod", "namespace", "instance"];

const spec = {
  target: { podSelector: { matchLabels: { app: "db" } } },
  ports: [{ port: 5432 }],
  permits: { dns: false },
};

test("every metric that the alerts and the dashboard ask for is there, with the labels that they ask by", async () => {
  const namespace = await plane.namespace("observed");
  await plane.apply(...inNamespace(namespace, serviceAccess("db", spec)));
  await eventually(async () => isReady(await reads.access(namespace, "db")), { what: "db to be Ready" });
  const uses = shippedUses();
  // Otherwise nothing was looked at.
  expect(uses.length).toBeGreaterThan(40);
  await eventually(
    async () => {
      const known = labelsByMetric(await metrics());
      const missing = uses.flatMap(({ where, metric, labels }) =>
        labels
          .filter((label) => !ADDED.includes(label) && known.get(metric)?.has(label) !== true)
          .concat(known.has(metric) ? [] : ["itself"])
          .map((label) => `${where}: ${metric} lacks ${label}`),
      );
      expect(missing).toEqual([]);
      return true;
    },
    { what: "every metric to be there" },
  );
});

test("what is not asked for by anyone is not there either: nobody would know what it is for", async () => {
  const asked = new Set(shippedUses().map(({ metric }) => metric.replace(/_(bucket|sum|count)$/, "")));
  const text = await metrics();
  const offered = Array.from(text.matchAll(/^# TYPE (\S+)/gm), ([, name = ""]) => name);
  expect(offered.filter((name) => !asked.has(name))).toEqual([]);
});

test("a repair is counted, told as an Event beside the object, and found by kubectl", async () => {
  const namespace = await plane.namespace("observed");
  await plane.apply(...inNamespace(namespace, serviceAccess("db", spec)));
  await eventually(async () => isReady(await reads.access(namespace, "db")), { what: "db to be Ready" });
  const before = valueOf(await metrics(), "serviceaccess_drift_repairs_total");
  await plane.api("DELETE", policyPath(namespace, "db-rights"));
  await eventually(async () => (await reads.policy(namespace, "db-rights")) !== undefined, {
    what: "the repair",
  });
  await eventually(async () => valueOf(await metrics(), "serviceaccess_drift_repairs_total") === before + 1, {
    what: "the repair to be counted",
  });
  const described = await eventually(
    async () => {
      const { stdout } = await plane.kubectl(["-n", namespace, "describe", "serviceaccess", "db"]);
      return stdout.includes("PolicyRestored") && stdout;
    },
    { what: "the Event to be described" },
  );
  expect(described).toMatch(
    /Normal +PolicyCreated .* serviceaccess\.dev\/operator +created \S+\/db-rights, \S+\/db-permits/,
  );
});

test("the operator says that it is alive, ready and leading", async () => {
  const [alive, ready] = await Promise.all([page("/livez"), page("/readyz")]);
  expect([alive.status, ready.status]).toEqual([200, 200]);
  expect(JSON.parse(ready.text)).toMatchObject({ status: "ready", leading: true });
  expect(valueOf(await metrics(), "serviceaccess_leader")).toBe(1);
});

async function metrics(): Promise<string> {
  return (await page("/metrics")).text;
}

async function page(path: string): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(`${operator.health()}${path}`);
  return { status: response.status, text: await response.text() };
}

/** The labels that some series of a metric has. */
function labelsByMetric(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const known = new Map<string, Set<string>>();
  for (const [, metric = "", labels = ""] of text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
    const names = known.get(metric) ?? new Set();
    for (const [, name = ""] of labels.matchAll(/(\w+)="/g)) names.add(name);
    known.set(metric, names);
  }
  return known;
}

function valueOf(text: string, metric: string): number {
  return Number(new RegExp(`^${metric} (\\S+)$`, "m").exec(text)?.[1]);
}
