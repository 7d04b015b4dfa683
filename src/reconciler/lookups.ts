import { moveLauncher } from "../generator/launchers.ts";
import { isEqual } from "../model/equal.ts";
import { type Workload, workloadKey, type World } from "../model/world.ts";
import { forgetHolders, forgetNames } from "./holders.ts";
import { relocate } from "./located.ts";
import { moveNetworked } from "./networked.ts";
import { reindex } from "./owned.ts";
import { forgetPlugins } from "./plugins-seen.ts";
import { objectIn } from "./stored.ts";
import type { Change, Stored, StoredKind } from "./store.ts";

/** Keeps everything current that is looked up in a World's maps; for whoever has just changed one of them. */
export function keepCurrent(world: World, change: Change): void {
  reindex(world, change);
  KEEPERS[change.kind]?.(world, change);
}

type Keeper = (world: World, change: Change) => void;

/** Of the other kinds nothing is looked up but by their keys. */
const KEEPERS: { readonly [K in StoredKind]?: Keeper } = {
  Pod: keepPod,
  Workload: keepWorkload,
  VirtualMachineInstance: keepWorkload,
  VirtualMachine(world, change) {
    relocate(world.virtualMachines, change.key, workloadIn(change.before), workloadIn(change.after));
    keepWorkload(world, change);
  },
  Service: (world, { key, before, after }) =>
    relocate(world.services, key, objectIn(before, "Service"), objectIn(after, "Service")),
  ServiceAccess(world, { key, before, after }) {
    relocate(world.accesses, key, objectIn(before, "ServiceAccess"), objectIn(after, "ServiceAccess"));
    moveNetworked(world.accesses, objectIn(before, "ServiceAccess"), objectIn(after, "ServiceAccess"));
  },
  MultiNetworkPolicy: (world, { key, before, after }) =>
    relocate(
      world.multiPolicies,
      key,
      objectIn(before, "MultiNetworkPolicy"),
      objectIn(after, "MultiNetworkPolicy"),
    ),
};

function keepPod({ pods }: World, { key, before, after }: Change): void {
  const [was, is] = [objectIn(before, "Pod"), objectIn(after, "Pod")];
  relocate(pods, key, was, is);
  forgetHolders(pods, [was, is]);
  moveLauncher(pods, was, is);
}

function keepWorkload(world: World, change: Change): void {
  const [before, after] = [workloadIn(change.before), workloadIn(change.after)];
  const some = after ?? before;
  if (some === undefined) return;
  const key = workloadKey(some.namespace, some);
  relocate(world.workloads, key, before, after);
  forgetPlugins(world.workloads, key);
  if (!isEqual(before?.owner, after?.owner)) forgetNames(world.pods);
}

/** A virtual machine is a workload, too. */
export function workloadIn(item: Stored | undefined): Workload | undefined {
  return (
    objectIn(item, "Workload") ?? objectIn(item, "VirtualMachine") ?? objectIn(item, "VirtualMachineInstance")
  );
}
