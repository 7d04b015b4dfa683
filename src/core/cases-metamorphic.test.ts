import fc from "fast-check";
import { expect, test } from "vitest";
import { keyText } from "../model/key.ts";
import { type Labels, NAMESPACE_NAME_LABEL } from "../model/labels.ts";
import type {
  IngressRule,
  LabelSelector,
  NetworkPolicy,
  NetworkPolicySpec,
  PolicyPeer,
  PolicyType,
} from "../model/network-policy.ts";
import type { Pod } from "../model/world.ts";
import { endpointOf } from "../testing/ask.ts";
import { clusterArbitrary, OUTSIDE, PROBED } from "../testing/random-cluster.ts";
import { readPort, type SmallCluster } from "../testing/table.ts";
import type { Verdict } from "./answer.ts";
import { check, connections } from "./check.ts";
import { classesOf } from "./classes.ts";
import { isEndpoint } from "./endpoint.ts";
import { compileCluster, problemsOf } from "./evaluator.ts";
import { flows } from "./flows.ts";
import { ALL_PORTS, hasPort, isSubset, NO_PORTS, portTexts, union } from "./ports.ts";

fc.configureGlobal({ seed: 20_261_121, numRuns: 60 });

test("the order of policies does not matter, not even to the reasons", () => {
  forAnyCluster((cluster) => {
    const reversed = { ...cluster, policies: cluster.policies.toReversed() };
    expect(everything(reversed)).toEqual(everything(cluster));
  });
});

test("a rule with several peers and ports is the same as one rule for each pair of them", () => {
  forAnyCluster((cluster) => {
    expect(passing(withRules(cluster, (rules) => rules.flatMap(split)))).toEqual(passing(cluster));
  });
});

test("a policy that surely selects is the same as one policy for each of its rules", () => {
  forAnyCluster((any) => {
    const cluster = withCertainSubjects(any);
    expect(passing({ ...cluster, policies: cluster.policies.flatMap(onePerRule) })).toEqual(passing(cluster));
  });
});

test("a policy for both directions is the same as one for each", () => {
  forAnyCluster((cluster) => {
    const policies = cluster.policies.flatMap((policy) =>
      typesOf(policy.spec).map((type) => renamed(policy, type, { ...policy.spec, policyTypes: [type] })),
    );
    expect(passing({ ...cluster, policies })).toEqual(passing(cluster));
  });
});

test("a label that must be equal is the same as one that must be in a list of one", () => {
  forAnyCluster((cluster) => {
    expect(passing(withSelectors(cluster, asExpressions))).toEqual(passing(cluster));
  });
});

test("renaming a label everywhere changes nothing", () => {
  forAnyCluster((cluster) => {
    const there = withSelectors(withLabels(cluster, renameLabels), renameSelector);
    expect(everything(there)).toEqual(everything(cluster));
  });
});

test("a label that no policy asks for changes nothing", () => {
  forAnyCluster((cluster) => {
    const labelled = withLabels(cluster, (labels) => ({ ...labels, "team.example/unused": "yes" }));
    expect(everything(labelled)).toEqual(everything(cluster));
  });
});

test("one more rule in a policy never takes a flow away", () => {
  forAnyCluster((cluster) => {
    const more = withRules(cluster, (rules) => [...rules, { ports: [{ port: 80 }] }]);
    expectNothingLost(cluster, more);
  });
});

test("one more policy that allows everything never takes a flow away", () => {
  forAnyCluster((cluster) => {
    expectNothingLost(
      cluster,
      withPolicy(cluster, { policyTypes: ["Ingress", "Egress"], ingress: [{}], egress: [{}] }),
    );
  });
});

test("one more policy that allows nothing never opens a flow", () => {
  forAnyCluster((cluster) => {
    expectNothingLost(withPolicy(cluster, { policyTypes: ["Ingress", "Egress"] }), cluster);
  });
});

test("a range of addresses has the verdict of all its addresses, or is Unknown where they differ", () => {
  const range = fc.constantFrom(
    "10.0.0.0/28",
    "10.9.0.0/30",
    "192.0.2.192/28",
    "fd00::/124",
    "fd09::/126",
    "10.0.1.0/29",
  );
  fc.assert(
    fc.property(clusterArbitrary(), range, (cluster, cidr) => {
      const addresses = addressesIn(cidr);
      for (const { uid } of cluster.pods) {
        for (const flow of [
          (address: string) => [uid, address] as const,
          (address: string) => [address, uid] as const,
        ]) {
          const verdicts = PROBED.map((port) => verdictOn(cluster, ...flow(cidr), port));
          expect(verdicts).toEqual(
            PROBED.map((port) => agreed(addresses.map((each) => verdictOn(cluster, ...flow(each), port)))),
          );
        }
      }
    }),
    { numRuns: 40 },
  );
});

test("what two endpoints may exchange is the set of ports on which a check says so", () => {
  fc.assert(
    fc.property(
      clusterArbitrary(),
      fc.constantFrom(1, 52, 53, 54, 79, 80, 81, 82, 8079, 8081, 9001, 65535),
      (cluster, port) => {
        const probes = ["TCP", "UDP", "SCTP"].map((protocol) => `${protocol}/${port}`);
        for (const [from, to] of flowsOf(cluster)) {
          const { allowed, unknown } = connections(
            compileCluster(cluster),
            endpointOf(cluster, from),
            endpointOf(cluster, to),
          );
          const texts = [portTexts(allowed), portTexts(unknown)].map((ranges) =>
            probes.map((probe) => isAmong(ranges, probe)),
          );
          const verdicts = probes.map((probe) => verdictOn(cluster, from, to, probe));
          expect(texts).toEqual([
            verdicts.map((verdict) => verdict === "Allowed"),
            verdicts.map((verdict) => verdict === "Unknown"),
          ]);
        }
      },
    ),
    { numRuns: 20 },
  );
});

test("pods of one class can stand in for each other, their own nodes aside", () => {
  forAnyCluster((cluster) => {
    const evaluator = compileCluster(cluster);
    const classes = classesOf(evaluator, cluster.pods.flatMap(withNearTwins).filter(isEndpoint));
    const texts = (from: Pod, to: Pod): readonly (readonly string[])[] => {
      const { allowed, unknown } = connections(
        evaluator,
        { kind: "pod", pod: from },
        { kind: "pod", pod: to },
      );
      return [portTexts(allowed), portTexts(unknown)];
    };
    for (const [one, other] of classes.flatMap((a) =>
      classes.filter((b) => b !== a).map((b) => [a, b] as const),
    )) {
      for (const from of one.members) {
        for (const to of other.members.filter((pod) => !from.hostNetwork || pod.node !== from.node)) {
          expect(texts(from, to)).toEqual(texts(one.pod, other.pod));
        }
      }
    }
  });
});

test("the flows between two ends cover every port once, each with the answer of its ports", () => {
  forAnyCluster((cluster) => {
    const evaluator = compileCluster(cluster);
    for (const [from, to] of flowsOf(cluster).slice(0, 20)) {
      const ends = [endpointOf(cluster, from), endpointOf(cluster, to)] as const;
      const parts = flows(evaluator, ...ends, ALL_PORTS);
      expect(parts.map((part) => part.ports).reduce(union, NO_PORTS)).toEqual(ALL_PORTS);
      for (const text of PROBED) {
        const { protocol, number } = readPort(text);
        const { verdict, egress, ingress } = check(evaluator, ...ends, { protocol, port: number });
        const holding = parts
          .filter((part) => hasPort(part.ports, protocol, number))
          .map((part) => part.answer);
        expect(holding.map((answer) => [answer.verdict, answer.egress.by, answer.ingress.by])).toEqual([
          [verdict, egress.by, ingress.by],
        ]);
      }
    }
  });
});

function forAnyCluster(law: (cluster: SmallCluster) => void): void {
  fc.assert(fc.property(clusterArbitrary(), law));
}

function flowsOf({ pods }: SmallCluster): readonly (readonly [string, string])[] {
  return pods.flatMap(({ uid: pod }) => [
    ...pods.map(({ uid: other }) => [pod, other] as const),
    ...OUTSIDE.flatMap((address) => [[pod, address] as const, [address, pod] as const]),
  ]);
}

/** A pod among others that differ from it in one thing each, and one that does not differ. */
function withNearTwins(pod: Pod): readonly Pod[] {
  const { role: _role, ...labels } = pod.labels;
  const twins = [{}, { labels }, { ports: pod.ports.slice(1) }, { addresses: pod.addresses.slice(1) }];
  return [pod, ...twins.map((change, i) => ({ ...pod, name: `${pod.name}-${i}`, ...change }))];
}

/** Every port that passes between any two ends. */
function passing(
  cluster: SmallCluster,
): readonly (readonly [string, readonly string[], readonly string[]])[] {
  const evaluator = compileCluster(cluster);
  return flowsOf(cluster).map(([from, to]) => {
    const { allowed, unknown } = connections(evaluator, endpointOf(cluster, from), endpointOf(cluster, to));
    return [`${from} > ${to}`, portTexts(allowed), portTexts(unknown)] as const;
  });
}

/** The same, with the reasons for one port. */
function everything(cluster: SmallCluster): readonly unknown[] {
  const evaluator = compileCluster(cluster);
  const answers = flowsOf(cluster).map(([from, to]) =>
    check(evaluator, endpointOf(cluster, from), endpointOf(cluster, to), { protocol: "TCP", port: 80 }),
  );
  return [passing(cluster), answers];
}

function expectNothingLost(before: SmallCluster, after: SmallCluster): void {
  const [less, more] = [compileCluster(before), compileCluster(after)];
  for (const [from, to] of flowsOf(before)) {
    const a = connections(less, endpointOf(before, from), endpointOf(before, to));
    const b = connections(more, endpointOf(after, from), endpointOf(after, to));
    expect([from, to, isSubset(a.allowed, b.allowed)]).toEqual([from, to, true]);
    expect([from, to, isSubset(union(a.allowed, a.unknown), union(b.allowed, b.unknown))]).toEqual([
      from,
      to,
      true,
    ]);
  }
}

function verdictOn(cluster: SmallCluster, from: string, to: string, text: string): Verdict {
  const { protocol, number } = readPort(text);
  const ends = [endpointOf(cluster, from), endpointOf(cluster, to)] as const;
  return check(compileCluster(cluster), ...ends, { protocol, port: number }).verdict;
}

function agreed(verdicts: readonly Verdict[]): Verdict {
  const [first = "Unknown"] = verdicts;
  return verdicts.every((verdict) => verdict === first) ? first : "Unknown";
}

/** All addresses of a block of at most sixteen, whose base ends in a multiple of its size. */
function addressesIn(cidr: string): readonly string[] {
  const [base = "", length = ""] = cidr.split("/");
  const size = 2 ** ((base.includes(":") ? 128 : 32) - Number(length));
  if (base.includes(":")) return Array.from({ length: size }, (_, i) => `${base}${i.toString(16)}`);
  const last = base.lastIndexOf(".") + 1;
  return Array.from({ length: size }, (_, i) => `${base.slice(0, last)}${Number(base.slice(last)) + i}`);
}

function isAmong(ranges: readonly string[], probe: string): boolean {
  const { protocol, number } = readPort(probe);
  return ranges.some((range) => {
    const [name, from = "", to = from] = range.split(/[/-]/);
    return name === protocol && Number(from) <= number && number <= Number(to);
  });
}

function typesOf(spec: NetworkPolicySpec): readonly PolicyType[] {
  if (spec.policyTypes && spec.policyTypes.length > 0) return [...new Set(spec.policyTypes)];
  return spec.egress && spec.egress.length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
}

/** Both directions of a policy as if both were ingress, with the policy's types written out. */
function withRules(
  cluster: SmallCluster,
  change: (rules: readonly IngressRule[]) => readonly IngressRule[],
): SmallCluster {
  const policies = cluster.policies.map((policy) => {
    const egress = (policy.spec.egress ?? []).map(({ to, ...rest }) =>
      to === undefined ? rest : { ...rest, from: to },
    );
    return {
      ...policy,
      spec: {
        ...policy.spec,
        policyTypes: typesOf(policy.spec),
        ingress: change(policy.spec.ingress ?? []),
        egress: change(egress).map(({ from, ...rest }) =>
          from === undefined ? rest : { ...rest, to: from },
        ),
      },
    };
  });
  return { ...cluster, policies };
}

/** Nothing and an empty list mean everyone, and so they stay what they are. */
function split(rule: IngressRule): readonly IngressRule[] {
  const peers =
    rule.from && rule.from.length > 0
      ? rule.from.map((peer) => ({ from: [peer] }))
      : [{ from: rule.from ?? [] }];
  const ports =
    rule.ports && rule.ports.length > 0 ? rule.ports.map((port) => ({ ports: [port] })) : [{ ports: null }];
  return peers.flatMap((from) => ports.map((some) => ({ ...from, ...some })));
}

/** Of several policies each of which may apply or not, nobody knows that they would do so together. */
function withCertainSubjects(cluster: SmallCluster): SmallCluster {
  const doubtful = problemsOf(compileCluster(cluster))
    .filter(({ problem }) => problem.field === "spec.podSelector")
    .map(({ policy }) => policy);
  return {
    ...cluster,
    pods: cluster.pods.map((pod) => ({ ...pod, hostNetwork: false })),
    policies: cluster.policies.filter(({ metadata }) => !doubtful.includes(keyText(metadata))),
  };
}

function onePerRule(policy: NetworkPolicy): readonly NetworkPolicy[] {
  const types = typesOf(policy.spec);
  const isolating = renamed(policy, "isolating", {
    ...policy.spec,
    policyTypes: types,
    ingress: [],
    egress: [],
  });
  const ingress = (types.includes("Ingress") ? (policy.spec.ingress ?? []) : []).map((rule, i) =>
    renamed(policy, `in-${i}`, { ...policy.spec, policyTypes: ["Ingress"], ingress: [rule], egress: null }),
  );
  const egress = (types.includes("Egress") ? (policy.spec.egress ?? []) : []).map((rule, i) =>
    renamed(policy, `out-${i}`, { ...policy.spec, policyTypes: ["Egress"], ingress: null, egress: [rule] }),
  );
  return [isolating, ...ingress, ...egress];
}

function renamed(policy: NetworkPolicy, suffix: string, spec: NetworkPolicySpec): NetworkPolicy {
  return { ...policy, metadata: { ...policy.metadata, name: `${policy.metadata.name}-${suffix}` }, spec };
}

function withPolicy(cluster: SmallCluster, spec: NetworkPolicySpec): SmallCluster {
  const added: NetworkPolicy = {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { namespace: "x", name: "added" },
    spec,
  };
  return { ...cluster, policies: [...cluster.policies, added] };
}

function withLabels(cluster: SmallCluster, change: (labels: Labels) => Labels): SmallCluster {
  return {
    ...cluster,
    pods: cluster.pods.map((pod) => ({ ...pod, labels: change(pod.labels) })),
    namespaces: new Map(
      [...cluster.namespaces].map(([name, namespace]) => [
        name,
        { ...namespace, labels: change(namespace.labels) },
      ]),
    ),
  };
}

function withSelectors(
  cluster: SmallCluster,
  change: (selector: LabelSelector) => LabelSelector,
): SmallCluster {
  const perhaps = (selector: LabelSelector | null | undefined): LabelSelector | null =>
    selector ? change(selector) : null;
  const inPeer = (peer: PolicyPeer): PolicyPeer => ({
    ...peer,
    podSelector: perhaps(peer.podSelector),
    namespaceSelector: perhaps(peer.namespaceSelector),
  });
  const changed = withRules(cluster, (rules) =>
    rules.map((rule) => ({ ...rule, from: rule.from ? rule.from.map(inPeer) : null })),
  );
  return {
    ...changed,
    policies: changed.policies.map((policy) => ({
      ...policy,
      spec: { ...policy.spec, podSelector: perhaps(policy.spec.podSelector) },
    })),
  };
}

function asExpressions({ matchLabels, matchExpressions }: LabelSelector): LabelSelector {
  const equal = Object.entries(matchLabels ?? {}).map(([key, value]) => ({
    key,
    operator: "In",
    values: [value],
  }));
  return { matchExpressions: [...equal, ...(matchExpressions ?? [])] };
}

function rename(key: string): string {
  return key === NAMESPACE_NAME_LABEL || key.includes(" ") ? key : `renamed.example/${key}`;
}

function renameLabels(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [rename(key), value]));
}

function renameSelector({ matchLabels, matchExpressions }: LabelSelector): LabelSelector {
  return {
    matchLabels: renameLabels(matchLabels ?? {}),
    matchExpressions: (matchExpressions ?? []).map((each) => ({ ...each, key: rename(each.key) })),
  };
}
