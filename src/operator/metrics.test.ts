import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";

test("a counter counts by its labels, in whatever order they are given", () => {
  const metrics = createMetrics();
  const counter = metrics.counter("writes_total", "Writes.");
  counter.add({ verb: "apply", code: "200" });
  counter.add({ code: "200", verb: "apply" }, 2);
  counter.add({});
  expect(metrics.text()).toBe(`# HELP writes_total Writes.
# TYPE writes_total counter
writes_total{code="200",verb="apply"} 3
writes_total 1
`);
});

test("a histogram counts each value in every bucket that holds it", () => {
  const metrics = createMetrics();
  const histogram = metrics.histogram("took_seconds", "Time.", [0.1, 1]);
  for (const value of [0.1, 0.5, 7]) histogram.observe({ turn: "status" }, value);
  expect(metrics.text()).toBe(`# HELP took_seconds Time.
# TYPE took_seconds histogram
took_seconds_bucket{le="0.1",turn="status"} 1
took_seconds_bucket{le="1",turn="status"} 2
took_seconds_bucket{le="+Inf",turn="status"} 3
took_seconds_sum{turn="status"} 7.6
took_seconds_count{turn="status"} 3
`);
});

test("what is read is looked up each time", () => {
  const metrics = createMetrics();
  let pods = 1;
  metrics.read("gauge", "pods", "Pods.", () => [{ labels: {}, value: pods }]);
  expect(metrics.text()).toContain("\npods 1\n");
  pods = 2;
  expect(metrics.text()).toContain("\npods 2\n");
});

test("what the format takes for its own is escaped", () => {
  const metrics = createMetrics();
  metrics.read("gauge", "x", "a \\ and\na line", () => [{ labels: { l: 'a\\b"c\nd' }, value: Infinity }]);
  expect(metrics.text()).toBe(
    ["# HELP x a \\\\ and\\na line", "# TYPE x gauge", 'x{l="a\\\\b\\"c\\nd"} +Inf', ""].join("\n"),
  );
});
