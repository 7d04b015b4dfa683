import { PROFILES, type Profile, SPECIFICATION } from "../../core/profile.ts";
import { networksOfPolicy, pluginsOn } from "../../core/networks.ts";
import { enforcersFor } from "../../core/profile-secondary.ts";
import type { Covered } from "../covered.ts";
import {
  type NetworkPolicy,
  policyKey,
  type PolicyPeer,
  type PolicyPort,
  type PolicyType,
} from "../../model/network-policy.ts";
import type { World } from "../../model/world.ts";
import { list } from "../words.ts";

/** A way to write a policy that not all plugins read alike. */
export interface Point {
  /** As a finding is called that is about it. */
  readonly type: string;
  /** What is written, and what plugins make of it: a clause about the policy. */
  readonly text: string;
  /** Those that read it otherwise than most. */
  readonly plugins: readonly Profile[];
}

/** Those that may enforce the policy. */
function pluginsFor(policy: NetworkPolicy, world: World): readonly Profile[] {
  if (policy.kind === "NetworkPolicy") return PLUGINS;
  return enforcersFor(networksOfPolicy(policy, world).flatMap((network) => pluginsOn(network, world)));
}

const PLUGINS = PROFILES.filter(({ name, enforces }) => name !== SPECIFICATION.name && enforces.length > 0);

/** The points of a policy, each once: those of the way it is written, and those of whom its address blocks hold. */
export function pointsOf(policy: NetworkPolicy, covered: readonly Covered[], world: World): readonly Point[] {
  const plugins = pluginsFor(policy, world);
  const key = policyKey(policy);
  const own = covered.filter((each) => each.policy === key);
  const traps = [...trapsOf(policy), ...blockTraps(own)];
  return traps.flatMap(({ type, text, isOtherwise }) => {
    const otherwise = plugins.filter(isOtherwise);
    const names = list(otherwise.map(({ name }) => name));
    return otherwise.length === 0
      ? []
      : [{ type, text: text.replace("{plugins}", names), plugins: otherwise }];
  });
}

/** What some plugins may read otherwise; `{plugins}` stands for their names. */
interface Trap extends Pick<Point, "type" | "text"> {
  isOtherwise(plugin: Profile): boolean;
}

function trapsOf({ spec }: NetworkPolicy): readonly Trap[] {
  const rules = [
    ...(spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports })),
    ...(spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports })),
  ];
  const blocks = rules.flatMap(({ peers }) => (peers ?? []).flatMap(({ ipBlock }) => ipBlock ?? []));
  return [
    ...namedPort(rules.flatMap(portsIn)),
    ...portRange(rules.flatMap(portsIn)),
    ...sctp(rules.flatMap(portsIn)),
    ...everyProtocol(rules),
    ...ipv6(blocks.map(({ cidr }) => cidr)),
    ...manyPorts(rules),
    ...manyBlocks(blocks.length),
    ...directions(spec.policyTypes ?? []),
    ...exceptions(blocks.flatMap(({ except }) => except ?? [])),
  ];
}

interface Written {
  readonly peers?: readonly PolicyPeer[] | null | undefined;
  readonly ports?: readonly PolicyPort[] | null | undefined;
}

function portsIn({ ports }: Written): readonly PolicyPort[] {
  return ports ?? [];
}

function namedPort(ports: readonly PolicyPort[]): readonly Trap[] {
  const named = ports.find(({ port }) => typeof port === "string");
  if (named === undefined) return [];
  const text = `port ${named.port} is a name, which {plugins} do not look up in each pod: write its number`;
  return [{ type: "NamedPortNotPortable", text, isOtherwise: (plugin) => plugin.namedPort !== "perPod" }];
}

function portRange(ports: readonly PolicyPort[]): readonly Trap[] {
  const range = ports.find(({ endPort }) => typeof endPort === "number");
  if (range === undefined) return [];
  const text = `of the ports ${range.port}-${range.endPort} {plugins} admit the first only: list them one by one`;
  return [{ type: "EndPortNotPortable", text, isOtherwise: ({ endPort }) => endPort === "first" }];
}

function sctp(ports: readonly PolicyPort[]): readonly Trap[] {
  if (!ports.some(({ protocol }) => protocol === "SCTP")) return [];
  const text = "it names ports of SCTP, which {plugins} enforce in some versions and settings only";
  return [{ type: "SCTPNotPortable", text, isOtherwise: (plugin) => plugin.sctp !== "enforced" }];
}

/** With ports there is no ICMP in what a policy says, and plugins that let it pass do so whatever the policy says. */
function everyProtocol(rules: readonly Written[]): readonly Trap[] {
  if (!rules.some(({ ports }) => (ports ?? []).length === 0)) return [];
  const text = "a rule for every protocol means ICMP as well, of which {plugins} may let nothing pass";
  return [{ type: "ICMPNotPortable", text, isOtherwise: ({ icmp }) => icmp === "denied" }];
}

function ipv6(cidrs: readonly string[]): readonly Trap[] {
  const cidr = cidrs.find((each) => each.includes(":"));
  if (cidr === undefined) return [];
  const text = `${cidr} is IPv6, for which {plugins} enforce policies in some settings only, or never`;
  return [{ type: "IPv6NotPortable", text, isOtherwise: (plugin) => plugin.ipv6 !== "enforced" }];
}

function manyPorts(rules: readonly Written[]): readonly Trap[] {
  const ofBlocks = rules.filter(({ peers }) =>
    (peers ?? []).some(({ ipBlock }) => (ipBlock ?? false) !== false),
  );
  const most = Math.max(0, ...ofBlocks.map((rule) => portsIn(rule).length));
  const text = `one rule has ${most} ports for an address block, of which {plugins} drop some: part it into several objects`;
  return [
    { type: "TooManyPorts", text, isOtherwise: ({ portsPerBlock = Infinity }) => most > portsPerBlock },
  ];
}

function manyBlocks(count: number): readonly Trap[] {
  const text = `it has ${count} address blocks, more than is advised with {plugins}`;
  return [
    { type: "TooManyBlocks", text, isOtherwise: ({ blocksPerPolicy = Infinity }) => count > blocksPerPolicy },
  ];
}

function directions(types: readonly PolicyType[]): readonly Trap[] {
  const asked = types.map((type) => (type === "Ingress" ? "ingress" : "egress"));
  const text = `by {plugins} policies are enforced in one direction only, and it is for ${asked.join(" and ")}`;
  const isOtherwise: Trap["isOtherwise"] = ({ enforces }) => asked.some((each) => !enforces.includes(each));
  return [{ type: "DirectionNotEnforced", text, isOtherwise }];
}

/** Only enforcers of MultiNetworkPolicies are known to do more with an except than Kubernetes says. */
function exceptions([except]: readonly string[]): readonly Trap[] {
  if (except === undefined) return [];
  const text = `what it takes out, such as ${except}, {plugins} take out of other blocks as well`;
  return [{ type: "ExceptNotPortable", text, isOtherwise: excludesMore }];
}

function excludesMore({ secondary = [] }: Profile): boolean {
  return secondary.some(({ except }) => except !== "subtract");
}

function blockTraps(covered: readonly Covered[]): readonly Trap[] {
  return [...podTrap(covered), ...nodeTrap(covered)];
}

function podTrap(covered: readonly Covered[]): readonly Trap[] {
  const found = covered.find(({ holds }) => holds === "pods");
  if (found === undefined) return [];
  const text = `${found.block} holds addresses of pods, which {plugins} know by their labels only: name them by labels as well, if they are meant`;
  return [{ type: "IPBlockCoversPods", text, isOtherwise: (plugin) => !plugin.ipBlockMatchesPods }];
}

function nodeTrap(covered: readonly Covered[]): readonly Trap[] {
  const found = covered.find(({ holds }) => holds === "nodes");
  if (found === undefined) return [];
  const text = `${found.block} holds addresses of nodes, which {plugins} do not match by an address block`;
  return [{ type: "IPBlockCoversNodes", text, isOtherwise: (plugin) => !plugin.ipBlockMatchesNodes }];
}
