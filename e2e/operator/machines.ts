import type { Access } from "../control-plane/access.ts";

/** A VirtualMachine as a manifest has it. */
export interface Machine {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly networks?: readonly {
          readonly name: string;
          readonly multus?: { readonly networkName: string };
        }[];
      };
    };
  };
}

interface Stored {
  readonly metadata: { readonly uid: string };
}

/** Does what KubeVirt does with machines that are to run: an instance of each, and the pod that it runs in. */
export async function runMachines(access: Access, machines: readonly Machine[]): Promise<void> {
  if (machines.length === 0) return;
  const uids = (plural: string): Promise<readonly string[]> =>
    Promise.all(machines.map((machine) => uidOf(access, plural, machine)));
  const owners = await uids("virtualmachines");
  await access.apply(...machines.map((machine, i) => instanceOf(machine, owners[i] ?? "")));
  const instances = await uids("virtualmachineinstances");
  await access.apply(...machines.map((machine, i) => launcherOf(machine, instances[i] ?? "")));
}

async function uidOf(access: Access, plural: string, { metadata }: Machine): Promise<string> {
  const path = `/apis/kubevirt.io/v1/namespaces/${metadata.namespace}/${plural}/${metadata.name}`;
  return (await access.api<Stored>("GET", path)).body.metadata.uid;
}

function instanceOf({ metadata, spec }: Machine, owner: string): object {
  const { name, namespace } = metadata;
  const { labels } = spec.template.metadata;
  return {
    apiVersion: "kubevirt.io/v1",
    kind: "VirtualMachineInstance",
    metadata: { name, namespace, labels, ownerReferences: [ownedBy("VirtualMachine", name, owner)] },
    spec: spec.template.spec,
  };
}

function launcherOf(machine: Machine, instance: string): object {
  const { name, namespace } = machine.metadata;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `virt-launcher-${name}`,
      namespace,
      labels: { ...machine.spec.template.metadata.labels, ...launcherLabels(name, instance) },
      annotations: { "k8s.v1.cni.cncf.io/networks": JSON.stringify(attachments(machine)) },
      ownerReferences: [ownedBy("VirtualMachineInstance", name, instance)],
    },
    spec: { containers: [{ name: "compute", image: "example/launcher:1.0" }] },
  };
}

function ownedBy(kind: string, name: string, uid: string): object {
  return { apiVersion: "kubevirt.io/v1", kind, name, uid, controller: true };
}

function launcherLabels(name: string, uid: string): object {
  return {
    "kubevirt.io": "virt-launcher",
    "kubevirt.io/created-by": uid,
    "vm.kubevirt.io/name": name,
    "vmi.kubevirt.io/id": name,
  };
}

function attachments({ metadata, spec }: Machine): readonly object[] {
  const networks = spec.template.spec.networks ?? [];
  return networks.flatMap(({ multus }) =>
    multus === undefined ? [] : [{ name: multus.networkName, namespace: metadata.namespace }],
  );
}
