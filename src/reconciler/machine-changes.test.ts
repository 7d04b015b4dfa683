import fc from "fast-check";
import { expect, test } from "vitest";
import { decodePod, decodeVirtualMachine, decodeVirtualMachineInstance } from "../manifest/decode.ts";
import { isEqual } from "../model/equal.ts";
import { keyText } from "../model/key.ts";
import type { ServiceAccess, ServiceAccessSpec } from "../model/service-access.ts";
import { instanceOf, launcher, type MachineSketch, virtualMachine } from "../testing/machines.ts";
import { accessOf } from "../testing/small-world.ts";
import { affectedBy } from "./affected.ts";
import { planFor } from "./plan.ts";
import { reportOf } from "./status.ts";
import { type Change, createStore, type Store, type Stored } from "./store.ts";

const OFFER = { ports: [{ port: 80 }], permits: { dns: false } } as const;
const TARGETS: readonly NonNullable<ServiceAccessSpec["target"]>[] = [
  { virtualMachine: { name: "vm1" } },
  { virtualMachines: {} },
  { virtualMachines: { matchLabels: { tier: "db" } } },
  { podSelector: { matchLabels: { tier: "db" } } },
];
const ACCESSES = TARGETS.map((target, n) => accessOf(`vms/web${n}`, { target, ...OFFER }));

const LABELS = [{}, { tier: "db" }, { "netpol/web0": "true" }];

/** Everything about a machine that policies, selectors or findings look at, made both ways. */
function sketches(): fc.Arbitrary<MachineSketch> {
  const binding = fc.constantFrom<object[]>(
    { masquerade: {} },
    { masquerade: {}, ports: [{ port: 80 }] },
    { masquerade: {}, ports: [{ port: 22 }] },
    { bridge: {} },
  );
  return fc.record({
    labels: fc.constantFrom(...LABELS),
    own: fc.constantFrom(...LABELS),
    hostname: fc.constantFrom("vm1", "front"),
    interfaces: binding.map((how) => [{ name: "default", ...how }]),
  });
}

type Step = (store: Store) => Change | undefined;

function decoded<T>(
  result: { readonly kind: "decoded"; readonly value: T } | { readonly kind: "problems" },
): T {
  if (result.kind === "problems") throw new Error(JSON.stringify(result));
  return result.value;
}

function steps(): fc.Arbitrary<Step> {
  const name = fc.constantFrom("vm1", "vm2");
  const put =
    (item: Stored): Step =>
    (store) =>
      store.put(item);
  const machine = fc.tuple(name, sketches()).map(([vm, sketch]) => {
    const object = decoded(decodeVirtualMachine(virtualMachine("vms", vm, sketch)));
    return put({ kind: "VirtualMachine", object });
  });
  const instance = fc.tuple(name, sketches()).map(([vm, sketch]) => {
    const object = decoded(decodeVirtualMachineInstance(instanceOf("vms", vm, sketch)));
    return put({ kind: "VirtualMachineInstance", object });
  });
  const pod = fc
    .tuple(name, fc.constantFrom(...LABELS), fc.constantFrom("a", "b"), fc.boolean())
    .map(([vm, labels, suffix, isOld]) => {
      const ip = `10.1.${suffix === "a" ? 0 : 1}.${vm === "vm1" ? 1 : 2}`;
      return put({
        kind: "Pod",
        object: decoded(decodePod(launcher("vms", vm, { labels, suffix, isOld, ip }))),
      });
    });
  const gone = fc
    .tuple(
      name,
      fc.constantFrom("VirtualMachine", "VirtualMachineInstance", "Pod"),
      fc.constantFrom("a", "b"),
    )
    .map(([vm, kind, suffix]): Step => {
      const key = kind === "Pod" ? `vms/virt-launcher-${vm}-${suffix}` : `vms/${vm}`;
      return (store) => store.remove(kind, key);
    });
  return fc.oneof(machine, instance, pod, pod, gone);
}

/** What there is to write for an object, and to say. */
function outcome(access: ServiceAccess, store: Store) {
  const { world } = store;
  const plan = planFor(access, world);
  const sight = { whole: world, world, evaluator: store.evaluator(), isKnown: true };
  const { concern, ...said } = reportOf(access, plan, [], sight);
  store.concerns.set(keyText(access.metadata), concern);
  return { policies: plan.generated.policies, said };
}

test("whatever happens to machines, everyone is asked for whom it changes something, and no policy waits for a status", () => {
  fc.assert(
    fc.property(fc.array(steps(), { minLength: 4, maxLength: 14 }), (history) => {
      const store = createStore();
      for (const object of ACCESSES) store.put({ kind: "ServiceAccess", object });
      let before = ACCESSES.map((access) => outcome(access, store));
      for (const step of history) {
        const change = step(store);
        const asked = new Map(
          change === undefined ? [] : affectedBy(change, store).map(({ key, lane }) => [keyText(key), lane]),
        );
        const after = ACCESSES.map((access) => outcome(access, store));
        for (const [n, access] of ACCESSES.entries()) {
          const lane = asked.get(keyText(access.metadata));
          if (!isEqual(before[n]?.said, after[n]?.said)) expect([n, lane]).not.toEqual([n, undefined]);
          if (!isEqual(before[n]?.policies, after[n]?.policies)) expect([n, lane]).toEqual([n, "in turn"]);
        }
        before = after;
      }
    }),
    { numRuns: 60, seed: 20_261_121 },
  );
});
