import type { World } from "../model/world.ts";

/** A network plugin by what it leaves in a cluster; whether it is the one that enforces policies, nobody can see. */
export interface Sighting {
  /** `kube-system/calico-node` */
  readonly daemonSet: string;
  /** The profiles that may be meant, in words. */
  readonly profiles: string;
}

/** The plugins whose DaemonSets are there, by name. */
export function pluginsSeen({ workloads }: Pick<World, "workloads">): readonly Sighting[] {
  const known = SEEN.get(workloads);
  if (known !== undefined) return known;
  const seen = [...workloads.keys()].toSorted().flatMap((key): readonly Sighting[] => {
    const profiles = profilesOf(key);
    return profiles === undefined ? [] : [{ daemonSet: key.replace("/DaemonSet/", "/"), profiles }];
  });
  SEEN.set(workloads, seen);
  return seen;
}

/** Whether a workload of this key, `namespace/Kind/name`, is what a plugin runs as. */
export function isOfPlugin(key: string): boolean {
  return profilesOf(key) !== undefined;
}

/** Told by whoever changes the workloads of a World. */
export function forgetPlugins(workloads: World["workloads"], key: string): void {
  if (isOfPlugin(key)) SEEN.delete(workloads);
}

function profilesOf(key: string): string | undefined {
  const [, kind, name = ""] = key.split("/");
  return kind === "DaemonSet" ? PROFILES_OF.get(name) : undefined;
}

/** Only what can be told from the workloads at any time. */
const SEEN = new WeakMap<World["workloads"], readonly Sighting[]>();

/** What the plugins' own manifests call their DaemonSets. */
const PROFILES_OF: ReadonlyMap<string, string> = new Map([
  ["calico-node", "calico"],
  ["canal", "calico"],
  ["cilium", "cilium"],
  ["anetd", "cilium"],
  ["terway-eniip", "terway-ebpf or terway-iptables"],
  ["ovnkube-node", "ovn-kubernetes"],
  ["kube-ovn-cni", "kube-ovn or kube-ovn-lax"],
  ["antrea-agent", "antrea"],
  ["aws-node", "aws-vpc-cni, if its agent for network policies is switched on"],
  ["azure-npm", "azure-npm"],
  ["kube-router", "kube-router"],
  ["kindnet", "kube-network-policies"],
  ["kube-network-policies", "kube-network-policies"],
  ["kube-flannel-ds", "none, or kube-network-policies if that is switched on"],
]);
