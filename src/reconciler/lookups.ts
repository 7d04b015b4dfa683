import { moveLauncher } from "../generator/launchers.ts";
import { isEqual } from "../model/equal.ts";
import { type Pod, type Workload, workloadKey, type World } from "../model/world.ts";
import { forgetHolders, forgetNames } from "./holders.ts";
import { relocate } from "./located.ts";
import { moveNetworked } from "./networked.ts";
import { reindex } from "./owned.ts";
import { forgetPlugins } from "./plugins-seen.ts";
import type { Change, Stored } from "./store.ts";

/** Keeps everything current that is looked up in a World's maps; for whoever has just changed one of them. */
export function keepCurrent(world: World, change: Change): void {
  const { kind, key, before, after } = change;
  reindex(world, change);
  switch (kind) {
    case "Pod":
      relocate(world.pods, key, podIn(before), podIn(after));
      forgetHolders(world.pods, [podIn(before), podIn(after)]);
      moveLauncher(world.pods, podIn(before), podIn(after));
      break;
    case "VirtualMachine":
      relocate(world.virtualMachines, key, workloadIn(before), workloadIn(after));
      moveWorkload(world, workloadIn(before), workloadIn(after));
      break;
    case "Workload":
    case "VirtualMachineInstance":
      moveWorkload(world, workloadIn(before), workloadIn(after));
      break;
    case "Service":
      relocate(world.services, key, serviceIn(before), serviceIn(after));
      break;
    case "ServiceAccess":
      relocate(world.accesses, key, accessIn(before), accessIn(after));
      moveNetworked(world.accesses, accessIn(before), accessIn(after));
      break;
    case "Namespace":
    case "MultiNetworkPolicy":
      relocate(world.multiPolicies, key, policyIn(before), policyIn(after));
      break;
    case "NetworkPolicy":
    case "PolicyDefinition":
    case "EndpointSlice":
    case "ResolvedName":
    case "NetworkAttachment":
    case "IPAMClaim":
    case "TierPolicy":
    case "Node":
    case "Unreadable":
  }
}

function podIn(item: Stored | undefined): Pod | undefined {
  return item?.kind === "Pod" ? item.object : undefined;
}

function moveWorkload(world: World, before: Workload | undefined, after: Workload | undefined): void {
  const some = after ?? before;
  if (some === undefined) return;
  relocate(world.workloads, workloadKey(some.namespace, some), before, after);
  forgetPlugins(world.workloads, workloadKey(some.namespace, some));
  if (!isEqual(before?.owner, after?.owner)) forgetNames(world.pods);
}

/** A virtual machine is a workload, too. */
export function workloadIn(item: Stored | undefined): Workload | undefined {
  switch (item?.kind) {
    case "Workload":
    case "VirtualMachine":
    case "VirtualMachineInstance":
      return item.object;
    default:
      return undefined;
  }
}

function policyIn(item: Stored | undefined) {
  return item?.kind === "MultiNetworkPolicy" ? item.object : undefined;
}

function serviceIn(item: Stored | undefined) {
  return item?.kind === "Service" ? item.object : undefined;
}

function accessIn(item: Stored | undefined) {
  return item?.kind === "ServiceAccess" ? item.object : undefined;
}
