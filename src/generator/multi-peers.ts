import { NAMESPACE_NAME_LABEL, type Labels } from "../model/labels.ts";
import type { LabelSelector, LabelSelectorRequirement, PolicyPeer } from "../model/network-policy.ts";
import { canonicalSelector } from "./canonical.ts";
import { isWithoutAddresses, type SecondaryReference } from "./network.ts";
import type { Unresolved } from "./peers.ts";

/** Where a policy lies, and for which network it is. */
export interface Home {
  readonly namespace: string;
  readonly network: SecondaryReference;
  /** What cannot be said there; with one of them nothing is written. */
  readonly problems: Unresolved[];
}

/** The peers by labels alone, each with its namespaces: without, one enforcer reads all namespaces. */
export function plainPeers(peers: readonly PolicyPeer[], home: Home): readonly PolicyPeer[] {
  return peers.flatMap((peer) => (peer.ipBlock === undefined ? plainPods(peer, home) : [peer]));
}

function plainPods(
  { podSelector, namespaceSelector }: PolicyPeer,
  { namespace, network, problems }: Home,
): readonly PolicyPeer[] {
  if (isWithoutAddresses(network)) {
    problems.push(needsAddresses(network));
    return [];
  }
  const own = { matchLabels: { [NAMESPACE_NAME_LABEL]: namespace } };
  const namespaces = alternatives(namespaceSelector ?? own, problems);
  if (podSelector === undefined || podSelector === null)
    return namespaces.map((each) => ({ namespaceSelector: each }));
  return alternatives(podSelector, problems).flatMap((pods) =>
    namespaces.map((each) => ({ podSelector: pods, namespaceSelector: each })),
  );
}

function needsAddresses({ definition, ipam }: SecondaryReference): Unresolved {
  const what =
    ipam === "none"
      ? "assigns no addresses"
      : "has its configuration on the nodes, which may assign no addresses";
  const message = `network ${definition} ${what}: an enforcer that cannot translate a selector leaves the pods open; name peers by ipBlock, and say permits policy None, for the client label is a selector, too`;
  return { reason: "SelectorNeedsIPAM", message };
}

/** The pods that a policy isolates: one selector, so each requirement must come to one label. */
export function plainSubject(selector: LabelSelector, problems: Unresolved[]): LabelSelector {
  const [only, ...others] = alternatives(selector, problems);
  if (only !== undefined && others.length === 0) return only;
  problems.push(notPlain("In with several values, or another one than matchLabels"));
  return selector;
}

const MOST_SELECTORS = 64;

/** Several values are several selectors of one value each; the other operators cannot be said by labels. */
function alternatives(selector: LabelSelector, problems: Unresolved[]): readonly LabelSelector[] {
  const start: readonly Labels[] = [selector.matchLabels ?? {}];
  const all = (selector.matchExpressions ?? []).reduce((known, requirement) => {
    const next = known.flatMap((labels) => withRequirement(labels, requirement, problems));
    if (next.length > MOST_SELECTORS)
      problems.push(notPlain(`more than ${MOST_SELECTORS} combinations of values`));
    return next.slice(0, MOST_SELECTORS);
  }, start);
  return all.map((matchLabels) => canonicalSelector({ matchLabels }));
}

/** None where the label is asked for with another value already: such a selector selects nothing. */
function withRequirement(
  labels: Labels,
  { key, operator, values }: LabelSelectorRequirement,
  problems: Unresolved[],
): readonly Labels[] {
  if (operator !== "In") {
    problems.push(notPlain(operator));
    return [];
  }
  return (values ?? [])
    .filter((value) => !Object.hasOwn(labels, key) || labels[key] === value)
    .map((value) => ({ ...labels, [key]: value }));
}

function notPlain(operator: string): Unresolved {
  const message = `a selector with ${operator}: an enforcer of secondary networks that does not know it passes over the whole policy and leaves the pods open; select by matchLabels`;
  return { reason: "SelectorNotPortable", message };
}
