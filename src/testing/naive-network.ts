import type { NetworkPolicy } from "../model/network-policy.ts";
import type { Protocol } from "../model/world.ts";
import { type Manifest, type Raw, readUnchecked } from "./decode-network-scenarios.ts";
import { type NaiveVerdict, naiveVerdict } from "./naive.ts";
import { namespaceOf, podOf } from "./table.ts";

/**
 * A secondary network read out of manifests by hand, for the enforcers one after another: the policies are rewritten into what
 * each of them makes of them, and the pods into what they are there. It shares nothing with `core` nor with the decoders.
 */
export function naiveOnNetwork(
  manifests: readonly Manifest[],
  network: string,
  profile: string,
  flow: { readonly from: string; readonly to: string; readonly protocol: Protocol; readonly number: number },
): NaiveVerdict {
  // The only plugin of these networks says who enforces policies there.
  if (profile === "by plugin") return verdictBy(manifests, network, "mnp-ovn-kubernetes", flow);
  if (profile !== "specification") return verdictBy(manifests, network, profile, flow);
  // Without an enforcer only what all of them say is said.
  const verdicts = ENFORCERS.map((enforcer) => verdictBy(manifests, network, enforcer, flow));
  const [first = "Unknown"] = verdicts;
  return verdicts.every((verdict) => verdict === first) ? first : "Unknown";
}

const ENFORCERS = ["mnp-ovn-kubernetes", "mnp-iptables", "mnp-nftables"];

function verdictBy(
  manifests: readonly Manifest[],
  network: string,
  enforcer: string,
  { from, to, protocol, number }: Parameters<typeof naiveOnNetwork>[3],
): NaiveVerdict {
  const raw = readUnchecked(manifests);
  const pods = [
    ...raw.filter(isKind("VirtualMachine")).map(machine),
    ...raw.filter(isKind("Pod")).map(plainPod),
  ];
  const written = raw.filter(isKind("MultiNetworkPolicy")).filter((policy) => isFor(policy, network));
  const policies = written.flatMap((policy) => readBy(enforcer, policy, hasIpam(raw, network)));
  const namespaces = new Map(["default", "elsewhere"].map((name) => [name, namespaceOf(name, {})]));
  const endOf = (end: string) => pods.find(({ uid }) => uid === end) ?? end;
  // Whoever works inside the pod binds no machine, in neither direction.
  const isBound = enforcer === "mnp-ovn-kubernetes" || (!isMachine(from) && !isMachine(to));
  const cluster = { namespaces, pods, policies: isBound ? policies : [] };
  return naiveVerdict(cluster, endOf(from), endOf(to), protocol, number);
}

function isMachine(end: string): boolean {
  return end.includes("/VirtualMachine/");
}

function isKind(kind: string): (raw: Raw) => boolean {
  return (raw) => raw.kind === kind;
}

/** The only address in its network data. */
function machine({ metadata, spec: { template } }: Raw) {
  const text = template?.spec.volumes[0]?.cloudInitNoCloud.networkData ?? "";
  const [ip = ""] = /\d+\.\d+\.\d+\.\d+/.exec(text) ?? [];
  const uid = `${metadata.namespace}/VirtualMachine/${metadata.name}`;
  return { ...podOf(uid, { ips: [ip], labels: template?.metadata.labels ?? {} }), name: metadata.name };
}

function plainPod({ metadata }: Raw) {
  const status = metadata.annotations?.["k8s.v1.cni.cncf.io/network-status"] ?? "[]";
  const there = status.slice(status.indexOf("net1"));
  return podOf(`${metadata.namespace}/${metadata.name}`, {
    ips: there.match(/\d+\.\d+\.\d+\.\d+(?=\/)/g) ?? [],
    labels: metadata.labels ?? {},
  });
}

function isFor({ metadata }: Raw, network: string): boolean {
  const named = metadata.annotations?.["k8s.v1.cni.cncf.io/policy-for"]?.split(",") ?? [];
  return named.some((each) => each === network || `${metadata.namespace}/${each}` === network);
}

function hasIpam(raw: readonly Raw[], network: string): boolean {
  const found = raw.filter(isKind("NetworkAttachmentDefinition"));
  return found.some(
    ({ metadata, spec }) =>
      `${metadata.namespace}/${metadata.name}` === network && spec.config?.includes("subnets") === true,
  );
}

/** Where nobody hands out addresses, one enforcer drops the policy, and the others the peers that are selectors. */
function readBy(enforcer: string, { metadata, spec }: Raw, isHandedOut: boolean): readonly NetworkPolicy[] {
  const rules = spec.ingress ?? [];
  const selects = rules.some(({ from }) => from?.some(({ ipBlock }) => ipBlock === undefined));
  const policy = { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata, spec } as const;
  if (isHandedOut || !selects) return [policy];
  if (enforcer === "mnp-ovn-kubernetes") return [];
  const ingress = rules.flatMap((rule) => {
    const from = (rule.from ?? []).filter(({ ipBlock }) => ipBlock !== undefined);
    return from.length === 0 ? [] : [{ ...rule, from }];
  });
  return [{ ...policy, spec: { ...spec, ingress } }];
}
