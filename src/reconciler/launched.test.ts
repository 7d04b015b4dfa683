import { expect, test } from "vitest";
import { check } from "../core/check.ts";
import { decodePod, decodeVirtualMachine, decodeVirtualMachineInstance } from "../manifest/decode.ts";
import { instanceOf, launcher, type MachineSketch, virtualMachine } from "../testing/machines.ts";
import { accessOf } from "../testing/small-world.ts";
import { affectedBy } from "./affected.ts";
import { inNamespace } from "./located.ts";
import { planFor } from "./plan.ts";
import { reportOf } from "./status.ts";
import { createStore, type Store, storeOf, type Stored } from "./store.ts";

function value<T>(
  result: { readonly kind: "decoded"; readonly value: T } | { readonly kind: "problems" },
): T {
  if (result.kind === "problems") throw new Error(JSON.stringify(result));
  return result.value;
}

const machine = (sketch: MachineSketch = {}): Stored => ({
  kind: "VirtualMachine",
  object: value(decodeVirtualMachine(virtualMachine("vms", "vm1", sketch))),
});
const instance = (sketch: MachineSketch = {}): Stored => ({
  kind: "VirtualMachineInstance",
  object: value(decodeVirtualMachineInstance(instanceOf("vms", "vm1", sketch))),
});
const pod = (suffix: string): Stored => ({
  kind: "Pod",
  object: value(decodePod(launcher("vms", "vm1", { ip: `10.1.0.${suffix.charCodeAt(0)}`, suffix }))),
});
const forwarding = (port: number): MachineSketch => ({
  interfaces: [{ name: "default", masquerade: {}, ports: [{ port }] }],
});

/** What a stranger gets of each launcher on TCP/80. */
function verdicts(store: Store): readonly string[] {
  const from = { kind: "address", address: { family: "IPv4", first: 1n, last: 1n } } as const;
  return [...store.world.pods.values()].map(
    (each) =>
      check(store.evaluator(), from, { kind: "pod", pod: each }, { protocol: "TCP", port: 80 }).verdict,
  );
}

test("what a machine forwards is known of its launchers, whichever of them is seen first", () => {
  const all = [machine(), instance(forwarding(22)), pod("a"), pod("b")];
  for (const order of [all, all.toReversed()]) {
    const store = createStore();
    for (const each of order) store.put(each);
    expect(verdicts(store)).toEqual(["Denied", "Denied"]);
    expect(verdicts(storeOf(store.world))).toEqual(["Denied", "Denied"]);
    store.put(instance(forwarding(80)));
    expect(verdicts(store)).toEqual(["Allowed", "Allowed"]);
    store.put(instance(forwarding(22)));
    store.remove("VirtualMachineInstance", "vms/vm1");
    expect(verdicts(store)).toEqual(["Allowed", "Allowed"]);
  }
});

test("a change of a machine concerns those whose pods its launchers are, wherever they are", () => {
  const store = createStore();
  for (const each of [machine(), instance(), pod("a")]) store.put(each);
  const access = accessOf("vms/web", { target: { virtualMachine: { name: "vm1" } }, ports: [{ port: 80 }] });
  store.put({ kind: "ServiceAccess", object: access });
  const report = reportOf(access, planFor(access, store.world), [], {
    whole: store.world,
    world: store.world,
    evaluator: store.evaluator(),
    isKnown: true,
  });
  store.concerns.set("vms/web", report.concern);
  const change = store.put(instance(forwarding(22)));
  if (change === undefined) throw new Error("nothing has changed");
  expect(affectedBy(change, store)).toEqual([{ key: { namespace: "vms", name: "web" }, lane: "in turn" }]);
  expect(change.touched?.classes).not.toEqual([]);
});

test("machines are found in their namespace after every change", () => {
  const store = createStore();
  const found = () => inNamespace(store.world.virtualMachines, "vms").map(({ name }) => name);
  expect(found()).toEqual([]);
  store.put(machine());
  expect(found()).toEqual(["vm1"]);
  store.remove("VirtualMachine", "vms/vm1");
  expect([found(), store.world.workloads.size]).toEqual([[], 0]);
});

test("a launcher that comes asks for the policies anew, for its labels decide how the machine is selected", () => {
  const store = createStore();
  store.put(machine());
  const access = accessOf("vms/web", { target: { virtualMachine: { name: "vm1" } }, ports: [{ port: 80 }] });
  store.put({ kind: "ServiceAccess", object: access });
  const change = store.put(pod("a"));
  if (change === undefined) throw new Error("nothing has changed");
  expect(affectedBy(change, store)).toEqual([{ key: { namespace: "vms", name: "web" }, lane: "in turn" }]);
});
