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

/** Does what KubeVirt does with a machine that is to run: an instance, and the pod that it runs in. */
export async function runMachine(access: Access, machine: Machine): Promise<void> {
  const { metadata, spec } = machine;
  const { name, namespace } = metadata;
  const { labels } = spec.template.metadata;
  const owned = (kind: string, uid: string) => ({
    ownerReferences: [{ apiVersion: "kubevirt.io/v1", kind, name, uid, controller: true }],
  });
  const uidOf = async (plural: string): Promise<string> => {
    const path = `/apis/kubevirt.io/v1/namespaces/${namespace}/${plural}/${name}`;
    return (await access.api<Stored>("GET", path)).body.metadata.uid;
  };
  await access.apply({
    apiVersion: "kubevirt.io/v1",
    kind: "VirtualMachineInstance",
    metadata: { name, namespace, labels, ...owned("VirtualMachine", await uidOf("virtualmachines")) },
    spec: spec.template.spec,
  });
  const instance = await uidOf("virtualmachineinstances");
  await access.apply({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `virt-launcher-${name}`,
      namespace,
      labels: { ...labels, ...launcherLabels(name, instance) },
      annotations: { "k8s.v1.cni.cncf.io/networks": JSON.stringify(attachments(machine)) },
      ...owned("VirtualMachineInstance", instance),
    },
    spec: { containers: [{ name: "compute", image: "example/launcher:1.0" }] },
  });
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
