/** Objects of KubeVirt as manifests. */
export interface MachineSketch {
  /** Of spec.template.metadata, from where they reach the pod. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Of the machine's own metadata, which no policy reads. */
  readonly own?: Readonly<Record<string, string>>;
  readonly hostname?: string;
  readonly running?: boolean;
  readonly interfaces?: readonly object[];
  readonly networks?: readonly object[];
}

const IN_POD_NETWORK = {
  interfaces: [{ name: "default", masquerade: {} }],
  networks: [{ name: "default", pod: {} }],
};

export function virtualMachine(namespace: string, name: string, sketch: MachineSketch = {}) {
  return {
    apiVersion: "kubevirt.io/v1",
    kind: "VirtualMachine",
    metadata: { namespace, name, uid: `vm-${name}`, labels: sketch.own ?? {} },
    spec: {
      running: sketch.running ?? true,
      template: { metadata: { labels: sketch.labels ?? {} }, spec: guestSpec(sketch) },
    },
  };
}

/** As the machine makes it: with the labels that the template had then. */
export function instanceOf(namespace: string, name: string, sketch: MachineSketch = {}): object {
  return {
    apiVersion: "kubevirt.io/v1",
    kind: "VirtualMachineInstance",
    metadata: {
      namespace,
      name,
      uid: `vmi-${name}`,
      labels: sketch.labels ?? {},
      ownerReferences: [owner("VirtualMachine", name)],
    },
    spec: guestSpec(sketch),
    status: { phase: "Running" },
  };
}

function guestSpec({ hostname, interfaces, networks }: MachineSketch): object {
  return {
    ...(hostname === undefined ? {} : { hostname }),
    domain: { devices: { interfaces: interfaces ?? IN_POD_NETWORK.interfaces } },
    networks: networks ?? IN_POD_NETWORK.networks,
  };
}

export interface LauncherSketch {
  /** Without one it is left to whoever runs the pod. */
  readonly ip?: string;
  readonly image?: string;
  /** Of the instance. */
  readonly uid?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly hostname?: string;
  /** What distinguishes the two of a machine that moves. */
  readonly suffix?: string;
  /** True for one that a KubeVirt has made which does not know the label with the instance's name yet. */
  readonly isOld?: boolean;
  readonly phase?: string;
}

/** The pod that a machine runs in. */
export function launcher(namespace: string, machine: string, sketch: LauncherSketch): object {
  const { ip, image, uid = `vmi-${machine}`, labels = {}, hostname = machine, suffix = "a" } = sketch;
  const { isOld = false, phase = "Running" } = sketch;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      namespace,
      name: `virt-launcher-${machine}-${suffix}`,
      labels: {
        ...labels,
        "kubevirt.io": "virt-launcher",
        "kubevirt.io/created-by": uid,
        "vm.kubevirt.io/name": hostname,
        ...(isOld ? {} : { "vmi.kubevirt.io/id": machine }),
      },
      ownerReferences: [{ ...owner("VirtualMachineInstance", machine), uid }],
    },
    spec: { containers: [{ name: "compute", ...(image === undefined ? {} : { image }) }] },
    ...(ip === undefined ? {} : { status: { phase, podIP: ip, podIPs: [{ ip }] } }),
  };
}

function owner(kind: string, name: string): object {
  const uid = kind === "VirtualMachine" ? `vm-${name}` : `vmi-${name}`;
  return { apiVersion: "kubevirt.io/v1", kind, name, uid, controller: true };
}

/** One `v1` List: JSON is YAML as well. */
export function listOf(...items: readonly object[]): string {
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}
