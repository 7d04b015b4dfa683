import type { Touched } from "../core/engine.ts";
import { launchersOf } from "../generator/launchers.ts";
import type { World } from "../model/world.ts";
import type { Change, Store } from "./store.ts";

/** A change of a machine is one of its launchers, too: what its guest gets of the pod network is written with the machine. */
export function withLaunchers(change: Change, world: World, put: Store["put"]): Change {
  const changes = launchersOf(world, change.key).flatMap((object) => put({ kind: "Pod", object }) ?? []);
  if (changes.length === 0) return change;
  const networks = [change, ...changes].flatMap((each) => each.networks ?? []);
  return {
    ...change,
    touched: joined(changes.flatMap(({ touched }) => touched ?? [])),
    ...(networks.length === 0 ? {} : { networks: [...new Set(networks)] }),
  };
}

function joined(all: readonly Touched[]): Touched {
  const isStructural = all.some((each) => each.isStructural);
  const classes = all.map((each) => each.classes);
  return classes.includes("all")
    ? { classes: "all", isStructural }
    : { classes: classes.flatMap((each) => (each === "all" ? [] : each)), isStructural };
}
