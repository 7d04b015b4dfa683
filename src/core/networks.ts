import { isLauncher } from "../model/launcher.ts";
import { keyText } from "../model/key.ts";
import type { Ipam, PodAttachment } from "../model/network-attachment.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import type { Pod, World } from "../model/world.ts";
import { agentAddresses, cloudInitAddresses } from "./machine-addresses.ts";
import { policyFor } from "./policy-for.ts";
import { type AddressSources, secondaryAddresses } from "./secondary-addresses.ts";
import { compileSelector, selects } from "./selector.ts";
import type { Ternary } from "./ternary.ts";

/** The network that a definition leads to; one that nobody described leads to a network of its own. */
export function networkOf(definition: string, { networkAttachments }: World): string {
  return networkAttachments.get(definition)?.network ?? definition;
}

/** `namespace/name` of the definition of the network that an object is about; undefined for the pod network. */
export function definitionOf({
  metadata,
  spec,
}: Pick<ServiceAccess, "metadata" | "spec">): string | undefined {
  const { network } = spec;
  if (network === undefined) return undefined;
  return keyText({ namespace: network.namespace ?? metadata.namespace, name: network.name });
}

/** The networks of a pod. */
export function networksOfPod({ attachments = [] }: Pod, world: World): readonly string[] {
  return [...new Set(attachments.map(({ definition }) => networkOf(definition, world)))];
}

/** The networks that a MultiNetworkPolicy is for. */
export function networksOfPolicy(policy: NetworkPolicy, world: World): readonly string[] {
  return [...new Set(policyFor(policy).map((definition) => networkOf(definition, world)))];
}

/** Addresses that somebody declared for some pods on a network. */
export interface Declared {
  readonly namespace: string;
  readonly endpoints: NonNullable<NonNullable<ServiceAccess["spec"]["network"]>["endpoints"]>;
}

export function declaredOn(network: string, world: World): readonly Declared[] {
  return [...world.accesses.values()].flatMap((access) => {
    const { metadata, spec } = access;
    const [definition, endpoints] = [definitionOf(access), spec.network?.endpoints];
    const isMeant = definition !== undefined && networkOf(definition, world) === network;
    return isMeant && endpoints !== undefined ? [{ namespace: metadata.namespace, endpoints }] : [];
  });
}

/** The pod as the network sees it; undefined where it is not attached. What it is on other networks is nothing to this one. */
export function podOn(
  network: string,
  pod: Pod,
  declared: readonly Declared[],
  world: World,
): Pod | undefined {
  const { attachments = [], forwards: _, ...rest } = pod;
  const own = attachments.filter(({ definition }) => networkOf(definition, world) === network);
  if (own.length === 0) return undefined;
  const found = own.map((attachment) => secondaryAddresses(sourcesOf(pod, attachment, declared, world)));
  const known = found.flatMap((each) => (each.kind === "known" ? [each.addresses] : []));
  return {
    ...rest,
    // One interface of unknown address makes all of them uncertain.
    addresses: known.length === found.length ? known.flat() : [],
    node: "",
    nodeAddresses: [],
    hostNetwork: false,
    secondary: {
      definitions: [...new Set(own.map(({ definition }) => definition))].toSorted(),
      isListed: own.every(({ status = [] }) => status.length > 0),
      isMachine: isLauncher(pod),
    },
  };
}

/** Everything that is said of the addresses of one interface. */
function sourcesOf(
  pod: Pod,
  attachment: PodAttachment,
  declared: readonly Declared[],
  world: World,
): AddressSources {
  const claim = world.ipamClaims.get(keyText({ namespace: pod.namespace, name: attachment.claim }));
  return {
    endpoints: declared.flatMap((each) => declaredFor(pod, each)),
    "network-status": attachment.status ?? [],
    request: attachment.requested,
    IPAMClaim: claim?.addresses ?? [],
    "guest-agent": agentAddresses(pod, attachment, world),
    "cloud-init": cloudInitAddresses(pod, attachment, world),
  };
}

function declaredFor(pod: Pod, { namespace, endpoints }: Declared): readonly string[] {
  if (namespace !== pod.namespace) return [];
  return endpoints
    .filter(({ podSelector }) => selects(compileSelector(podSelector), pod.labels) === "yes")
    .flatMap(({ addresses }) => addresses);
}

/** What makes the interfaces of the network; empty where nobody describes it. */
export function pluginsOn(network: string, { networkAttachments }: World): readonly string[] {
  const leading = [...networkAttachments.values()].filter((each) => each.network === network);
  return [...new Set(leading.map(({ plugin }) => plugin))];
}

/** Whether the network hands out addresses; definitions that do not agree leave it open. */
export function ipamOn(network: string, { networkAttachments }: World): Ternary {
  const leading = [...networkAttachments.values()].filter((each) => each.network === network);
  const answers = new Set(leading.map(({ ipam }) => HANDS_OUT[ipam]));
  const [only = "maybe"] = answers;
  return answers.size === 1 ? only : "maybe";
}

const HANDS_OUT: Readonly<Record<Ipam, Ternary>> = {
  none: "no",
  subnets: "yes",
  persistent: "yes",
  dhcp: "yes",
  static: "yes",
  other: "yes",
  unknown: "maybe",
};
