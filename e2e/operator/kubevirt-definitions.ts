import type { Kind } from "./definitions.ts";

const common = { group: "kubevirt.io", version: "v1", scope: "Namespaced", hasStatus: true } as const;

/** Virtual machines; their real schemas keep what they do not know as well. */
export const KUBEVIRT_KINDS: readonly Kind[] = [
  { ...common, kind: "VirtualMachine", plural: "virtualmachines" },
  { ...common, kind: "VirtualMachineInstance", plural: "virtualmachineinstances" },
];
