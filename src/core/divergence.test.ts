import fc from "fast-check";
import { expect, test } from "vitest";
import { PROBED } from "../testing/random-cluster.ts";
import { tieredClusterArbitrary } from "../testing/random-tiers.ts";
import { clusterOf, type ClusterSketch, readPort } from "../testing/table.ts";
import type { FlowPort, Verdict } from "./answer.ts";
import { check } from "./check.ts";
import { type Divergence, divergence } from "./divergence.ts";
import { type Endpoint, sharedFamilies } from "./endpoint.ts";
import { compileCluster, type Evaluator, underProfile } from "./evaluator.ts";
import { hasPort, portTexts } from "./ports.ts";
import { type Profile, PROFILES, SPECIFICATION } from "./profile.ts";
import { distinctFrom } from "./queries.ts";
import type { PodClass } from "./room.ts";

const BLOCKS: ClusterSketch = {
  pods: {
    "x/a": "10.0.1.1",
    "x/b": "10.0.1.2",
    "x/free": "10.0.1.3",
    "x/node": { ips: ["10.9.0.1"], hostNetwork: true },
  },
  policies: [
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { namespace: "x", name: "p" },
      spec: {
        podSelector: { matchLabels: { pod: "a" } },
        policyTypes: ["Ingress"],
        ingress: [
          { from: [{ ipBlock: { cidr: "10.0.1.2/32" } }], ports: [{ port: 80, endPort: 82 }] },
          { from: [{ podSelector: {} }], ports: [{ port: "serve-80-tcp" }] },
        ],
      },
    },
  ],
};

test.each([
  ["specification", "specification", []],
  ["calico", "kube-network-policies", []],
  [
    "specification",
    "cilium",
    ["x/b > x/a TCP/81-82: Allowed, Denied", "x/node > x/a TCP/80: Unknown, Denied"],
  ],
  [
    "cilium",
    "specification",
    ["x/b > x/a TCP/81-82: Denied, Allowed", "x/node > x/a TCP/80: Denied, Unknown"],
  ],
  ["cilium", "cilium-before-1.16", []],
  ["calico", "cilium", ["x/b > x/a TCP/81-82: Allowed, Denied"]],
  [
    "calico",
    "ovn-kubernetes",
    [
      "x/b > x/a TCP/1-79 TCP/83-65535: Denied, Allowed",
      "x/free > x/a TCP/1-79 TCP/81-65535: Denied, Allowed",
      // A name stands for every port, and nobody knows whether the peer is this pod.
      "x/node > x/a TCP/1-65535: Denied, Unknown",
    ],
  ],
  [
    "calico",
    "none",
    [
      "x/b > x/a TCP/1-79 TCP/83-65535 UDP/1-65535 SCTP/1-65535: Denied, Allowed",
      "x/free > x/a TCP/1-79 TCP/81-65535 UDP/1-65535 SCTP/1-65535: Denied, Allowed",
      "x/node > x/a TCP/1-65535 UDP/1-65535 SCTP/1-65535: Denied, Allowed",
    ],
  ],
])("what differs between %s and %s", (a, b, expected) => {
  const differing = divergence(compileCluster(clusterOf(BLOCKS)), profileOf(a), profileOf(b));
  expect(differing.flatMap(lines).toSorted()).toEqual(expected);
});

function lines({ from, to, flows }: Divergence): readonly string[] {
  const ends = `${from.namespace}/${from.pod.name} > ${to.namespace}/${to.pod.name}`;
  return flows.map(({ ports, verdicts }) => `${ends} ${portTexts(ports).join(" ")}: ${verdicts.join(", ")}`);
}

test("both answers come with their reasons", () => {
  const [first] = divergence(compileCluster(clusterOf(BLOCKS)), SPECIFICATION, profileOf("cilium"));
  expect(first?.flows[0]?.answers.map(({ verdict, profile, reason }) => [verdict, profile, reason])).toEqual([
    ["Allowed", undefined, "no policy isolates the pod for egress; ingress is allowed by x/p"],
    [
      "Denied",
      "cilium",
      "ingress is denied by x/p (decided by the profile cilium: the specification alone says Allowed)",
    ],
  ]);
});

test("what differs is what a single check says to each pair of classes", { timeout: 120_000 }, () => {
  let found = 0;
  const profile = fc.constantFrom(...PROFILES);
  const property = fc.property(tieredClusterArbitrary(), profile, profile, (cluster, a, b) => {
    const evaluator = compileCluster(cluster);
    const flows = probed(divergence(evaluator, a, b));
    found += flows.length;
    expect(flows).toEqual(pairwise(evaluator, a, b));
  });
  fc.assert(property, { numRuns: 200, seed: 20_261_121 });
  expect(found).toBeGreaterThan(500);
});

function probed(differing: readonly Divergence[]): readonly string[] {
  const found = differing.flatMap(({ from, to, flows }) =>
    flows.flatMap(({ ports, verdicts }) =>
      PORTS.filter(({ protocol, port }) => hasPort(ports, protocol, port)).map((port) =>
        flowText(from, to, port, verdicts),
      ),
    ),
  );
  return found.toSorted();
}

function pairwise(evaluator: Evaluator, a: Profile, b: Profile): readonly string[] {
  const classes = [...evaluator.classes()];
  const found = classes.flatMap((from) =>
    classes.flatMap((to) =>
      PORTS.flatMap((port) => {
        const verdicts = [a, b].map((each) => verdictOf(underProfile(evaluator, each), from, to, port));
        return verdicts[0] === verdicts[1] ? [] : [flowText(from, to, port, verdicts)];
      }),
    ),
  );
  return found.toSorted();
}

/** Undefined where there is no flow. */
function verdictOf(evaluator: Evaluator, from: PodClass, to: PodClass, port: FlowPort): Verdict | undefined {
  const source = distinctFrom(from, to);
  const target: Endpoint = { kind: "pod", pod: to.pod };
  if (source === undefined || sharedFamilies(source, target).length === 0) return undefined;
  return check(evaluator, source, target, port).verdict;
}

function flowText(
  from: PodClass,
  to: PodClass,
  { protocol, port }: FlowPort,
  verdicts: readonly unknown[],
): string {
  return `${from.pod.uid} > ${to.pod.uid} ${protocol}/${port}: ${verdicts.join(", ")}`;
}

const PORTS: readonly FlowPort[] = PROBED.map(readPort).map(({ protocol, number }) => ({
  protocol,
  port: number,
}));

function profileOf(name: string): Profile {
  return PROFILES.find((profile) => profile.name === name) ?? SPECIFICATION;
}
