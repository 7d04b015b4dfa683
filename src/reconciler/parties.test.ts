import { expect, test } from "vitest";
import { podOf } from "../testing/table.ts";
import { selectedPods } from "./parties.ts";
import { createStore } from "./store.ts";

test("pods are selected by name, in whatever order they came", () => {
  const store = createStore();
  for (const name of ["x/c", "x/a", "y/d", "x/b", "x/ended"]) {
    store.put({ kind: "Pod", object: podOf(name, name === "x/ended" ? { phase: "Failed" } : {}) });
  }
  expect(selectedPods(store.world, "x", {}).map(({ name }) => name)).toEqual(["a", "b", "c"]);
});

test("a pod that waits for its address is nobody's target yet, and one that has it is", () => {
  const store = createStore();
  const put = (phase: "Pending" | "Running", ips: readonly string[]) =>
    store.put({ kind: "Pod", object: podOf("x/a", { phase, ips }) });
  const selected = () => selectedPods(store.world, "x", {}).length;
  expect([put("Pending", []), selected()]).toEqual([undefined, 0]);
  put("Pending", ["10.0.0.1"]);
  expect(selected()).toBe(1);
  put("Running", []);
  expect(selected()).toBe(1);
  put("Pending", []);
  expect(selected()).toBe(0);
});
