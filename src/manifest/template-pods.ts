import type { Labels } from "../model/labels.ts";
import { attachmentsOf, NETWORKS_ANNOTATION } from "./decode-attachments.ts";
import { machineAttachments } from "./machine-attachments.ts";
import { type Pod, type Workload, workloadKey } from "../model/world.ts";

/**
 * A pod for every workload of which the input has none, made from its template: manifests in Git have no pods (S74).
 * It is called `Kind/name`, which no real pod can be. A workload scaled to zero has no pods here either.
 */
export function templatePods(workloads: ReadonlyMap<string, Workload>, pods: Iterable<Pod>): readonly Pod[] {
  const represented = representedBy(pods, workloads);
  return [...workloads]
    .filter(
      ([key, workload]) =>
        !represented.has(key) && workload.replicas > 0 && !isMadeByAnother(workload, workloads),
    )
    .map(([, workload]) => templatePod(workload));
}

function templatePod(workload: Workload): Pod {
  const { namespace, kind, name, uid, template, replicas } = workload;
  const { networks } = template;
  const attachments =
    networks === undefined || template.hostNetwork
      ? machineAttachments(workload)
      : attachmentsOf({ [NETWORKS_ANNOTATION]: networks }, namespace);
  return {
    namespace,
    name: `${kind}/${name}`,
    uid,
    labels: { ...template.labels, ...jobLabels(workload) },
    owner: { kind, name },
    addresses: [],
    node: "",
    nodeAddresses: [],
    hostNetwork: template.hostNetwork,
    phase: "Running",
    terminating: false,
    ports: template.ports,
    replicas,
    fromTemplate: true,
    ...(attachments.length === 0 ? {} : { attachments }),
  };
}

/** The Job controller puts the Job's name on its pods; those of a CronJob get a name that nobody knows yet. */
function jobLabels({ kind, name }: Workload): Labels {
  return kind === "Job" ? { "batch.kubernetes.io/job-name": name, "job-name": name } : {};
}

/** A Deployment speaks for its ReplicaSets, a CronJob for its Jobs. */
function isMadeByAnother(workload: Workload, workloads: ReadonlyMap<string, Workload>): boolean {
  return workload.owner !== undefined && workloads.has(workloadKey(workload.namespace, workload.owner));
}

function representedBy(pods: Iterable<Pod>, workloads: ReadonlyMap<string, Workload>): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const pod of pods) {
    for (const key of ownerKeys(pod, workloads)) keys.add(key);
  }
  return keys;
}

/** The keys of the workloads that a pod belongs to: its controller, that one's controller, and so on. */
export function ownerKeys(pod: Pod, workloads: ReadonlyMap<string, Workload>): readonly string[] {
  const keys: string[] = [];
  let key = ownerKey(pod);
  while (key !== undefined && !keys.includes(key)) {
    keys.push(key);
    const workload = workloads.get(key);
    key = workload === undefined ? makerOf(key, pod) : ownerKey(workload);
  }
  return keys;
}

function ownerKey({ namespace, owner }: Pick<Pod, "namespace" | "owner">): string | undefined {
  return owner === undefined ? undefined : workloadKey(namespace, owner);
}

/**
 * Dumps often leave ReplicaSets and Jobs out. Their names still say who made them: a Deployment appends the pod template
 * hash, a CronJob the scheduled minute, and a VirtualMachine calls its instance by its own name.
 */
function makerOf(key: string, { namespace, owner, labels }: Pod): string | undefined {
  if (owner === undefined || workloadKey(namespace, owner) !== key) return undefined;
  if (owner.kind === "VirtualMachineInstance")
    return workloadKey(namespace, { kind: "VirtualMachine", name: owner.name });
  const dash = owner.name.lastIndexOf("-");
  const [name, suffix] = [owner.name.slice(0, dash), owner.name.slice(dash + 1)];
  if (dash < 1) return undefined;
  if (owner.kind === "ReplicaSet" && suffix === labels["pod-template-hash"]) {
    return workloadKey(namespace, { kind: "Deployment", name });
  }
  return owner.kind === "Job" && /^\d+$/.test(suffix)
    ? workloadKey(namespace, { kind: "CronJob", name })
    : undefined;
}
