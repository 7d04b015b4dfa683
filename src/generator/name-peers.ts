import { type AddressRange, addressText, contains, parseRange } from "../core/addresses.ts";
import { isNonEmpty, type NonEmpty } from "../model/nonempty.ts";
import type { IPBlock, PolicyPeer } from "../model/network-policy.ts";
import type {
  EgressPeer,
  IngressPeer,
  NamesPeer,
  PresetExcept,
  ServiceAccess,
} from "../model/service-access.ts";
import type { World } from "../model/world.ts";
import { addressBlocks } from "./address-blocks.ts";
import { sortedSet } from "./canonical.ts";
import { answersOf, entryOf, isTaken } from "./name-references.ts";
import { rulePeers, type Unresolved } from "./peers.ts";
import { clusterRanges } from "./unwanted-addresses.ts";

/** One block for each address that the names resolve to; a name without any adds none. */
export function namedPeers(
  peer: NamesPeer,
  access: ServiceAccess,
  world: World,
): NonEmpty<PolicyPeer> | Unresolved {
  const families: readonly string[] = peer.families ?? ["IPv4", "IPv6"];
  const cluster = clusterRanges(world);
  const taken = peer.fqdns
    .flatMap((name) => answersOf(entryOf(name, access, world)))
    .filter((answer) => families.includes(answer.range.family) && isTaken(answer, peer, cluster));
  const blocks = addressBlocks(taken.map(({ address }) => address));
  return isNonEmpty(blocks)
    ? sortedSet(blocks)
    : unresolved(`no address of ${peer.fqdns.join(", ")} is known, so the rule is left out`);
}

/**
 * Everything of the preset but what is excepted. While an excepted name is not known there is no rule at all, for a rule
 * without the exception would let through what was meant to be left out.
 */
export function exceptPeers(
  preset: (IngressPeer | EgressPeer)["preset"],
  except: PresetExcept,
  access: ServiceAccess,
  world: World,
): NonEmpty<PolicyPeer> | Unresolved {
  const open = presetPeers(preset);
  if ("reason" in open) return open;
  const out = (except.cidrs ?? []).flatMap(rangeOf);
  for (const name of except.names ?? []) {
    const answers = answersOf(entryOf(name, access, world));
    if (answers.length === 0)
      return unresolved(`no address of ${name} is known, so the rule that leaves it out is left out itself`);
    out.push(...answers.map(({ range }) => ({ range, text: wholeText(range) })));
  }
  if (out.length === 0) return { reason: "InvalidSpec", message: "except names nothing: say cidrs or names" };
  const peers = open.flatMap((peer) => without(peer, out));
  return isNonEmpty(peers)
    ? peers
    : { reason: "InvalidSpec", message: "except leaves nothing of the preset" };
}

interface Part {
  readonly range: AddressRange;
  readonly text: string;
}

/** Anywhere by its parts, for a rule without peers has no place for an exception. */
function presetPeers(preset: (IngressPeer | EgressPeer)["preset"]): NonEmpty<PolicyPeer> | Unresolved {
  if (preset === "Anywhere")
    return [{ namespaceSelector: {} }, { ipBlock: { cidr: "0.0.0.0/0" } }, { ipBlock: { cidr: "::/0" } }];
  const world = preset === "World" ? rulePeers({ preset }) : undefined;
  return world === undefined || world === "anyone"
    ? { reason: "InvalidSpec", message: "except stands beside preset Anywhere or World" }
    : world;
}

/** The API takes only what is smaller than the block: where all of it is left out, the block is. */
function without(peer: PolicyPeer, out: readonly Part[]): readonly PolicyPeer[] {
  const { ipBlock } = peer;
  if (ipBlock === undefined || ipBlock === null) return [peer];
  const [whole] = rangeOf(ipBlock.cidr);
  if (whole === undefined || out.some(({ range }) => contains(range, whole.range))) return [];
  const all = [...(ipBlock.except ?? []).flatMap(rangeOf), ...out];
  const parts = outermost(all.filter(({ range }) => contains(whole.range, range)));
  return [{ ipBlock: withExcept(ipBlock.cidr, parts) }];
}

/** What lies inside another one is left out with it. */
function outermost(parts: readonly Part[]): readonly string[] {
  return parts
    .filter(({ range }) => !parts.some((each) => contains(each.range, range) && !contains(range, each.range)))
    .map(({ text }) => text);
}

function withExcept(cidr: string, parts: readonly string[]): IPBlock {
  return isNonEmpty(parts) ? { cidr, except: sortedSet(parts) } : { cidr };
}

function rangeOf(text: string): readonly Part[] {
  const range = parseRange(text);
  return range === undefined ? [] : [{ range, text }];
}

function wholeText({ family, first }: AddressRange): string {
  return `${addressText(family, first)}/${family === "IPv4" ? 32 : 128}`;
}

function unresolved(message: string): Unresolved {
  return { reason: NAMES_NOT_RESOLVED, message };
}

/** What is said by the condition NamesResolved, too. */
export const NAMES_NOT_RESOLVED = "NamesNotResolved";
