import type { Engine } from "../../src/core/engine.ts";
import { createEngine } from "../../src/core/engine.ts";
import { quantile, type Unit } from "../figures.ts";
import type { DecodedCluster } from "../shapes/decoded.ts";

/** A figure of a task; which input it was measured on is known to whoever started it. */
export interface Reading {
  readonly name: string;
  readonly value: number;
  readonly unit: Unit;
}

/** Measures in this process, which is started anew for every task. */
export type Task = (cluster: DecodedCluster) => readonly Reading[];

export function loadedEngine({ namespaces, policies, pods }: DecodedCluster): Engine {
  const engine = createEngine();
  for (const namespace of namespaces) engine.putNamespace(namespace);
  for (const policy of policies) engine.putPolicy(policy);
  for (const pod of pods) engine.putPod(pod);
  return engine;
}

/** How long each of many runs took, in microseconds; `budget` seconds end a slow one early. */
export function timeEach(count: number, run: (index: number) => unknown, budget = 5): readonly number[] {
  const times: number[] = [];
  const end = performance.now() + budget * 1000;
  for (let index = 0; index < count; index++) {
    const start = performance.now();
    run(index);
    const now = performance.now();
    times.push((now - start) * 1000);
    if (now > end) break;
  }
  return times;
}

/** The median, and the 99th of a hundred. */
export function latency(name: string, times: readonly number[]): readonly Reading[] {
  return [
    { name: `${name} p50`, value: quantile(times, 0.5), unit: "µs" },
    { name: `${name} p99`, value: quantile(times, 0.99), unit: "µs" },
  ];
}

/** Numbers below `limit` that look drawn at random and are the same in every run. */
export function dice(seed = 1): (limit: number) => number {
  let state = seed;
  return (limit) => {
    // The linear congruential generator of Numerical Recipes; its high bits are good enough to pick a pod.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

export function pick<T>(list: readonly T[], roll: (limit: number) => number): T {
  const picked = list[roll(list.length)];
  if (picked === undefined) throw new Error("nothing to pick from");
  return picked;
}
