import fc from "fast-check";
import { expect, test } from "vitest";
import { keyText } from "../model/key.ts";
import type { Ipam } from "../model/network-attachment.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { Pod, World } from "../model/world.ts";
import { clusterArbitrary, OUTSIDE, PROBED } from "../testing/random-cluster.ts";
import { smallWorld } from "../testing/small-world.ts";
import { readPort, type SmallCluster } from "../testing/table.ts";
import { parseRange } from "./addresses.ts";
import type { Answer } from "./answer.ts";
import { check, connections } from "./check.ts";
import { type Endpoint, sharedFamilies } from "./endpoint.ts";
import { compileCluster, type Evaluator } from "./evaluator.ts";
import { type NetworkView, viewOf } from "./network-view.ts";
import { ALL_PORTS, NO_PORTS, portTexts } from "./ports.ts";
import { SECONDARY_PROFILES, SECONDARY_SPECIFICATION } from "./profile-secondary.ts";
import { reachability } from "./queries.ts";

/** More clusters, or others: `RANDOM_CLUSTERS=20000 RANDOM_SEED=7 vitest run network-laws`. */
const numRuns = Math.ceil(Number(process.env["RANDOM_CLUSTERS"] ?? 300) / 10);
const seed = Number(process.env["RANDOM_SEED"] ?? 20_261_121);
const unhurried = { timeout: 3_600_000 };

const [, OVN_KUBERNETES = SECONDARY_SPECIFICATION] = SECONDARY_PROFILES;

test("OVN-Kubernetes reads MultiNetworkPolicies as it reads NetworkPolicies", unhurried, () => {
  const law = fc.property(clusterArbitrary(), (random) => {
    const cluster = attached(random);
    const view = viewOf("x/net", worldOf(cluster, "subnets"), OVN_KUBERNETES);
    const { secondary: _, ...plain } = OVN_KUBERNETES;
    const evaluator = compileCluster({ ...cluster, profile: plain });
    expect(everything(view.engine, [...view.pods.values()])).toEqual(everything(evaluator, cluster.pods));
  });
  fc.assert(law, { numRuns, seed });
});

test("what is decided without an enforcer every enforcer decides so", unhurried, () => {
  const seen = new Set<string>();
  const law = fc.property(
    clusterArbitrary(),
    fc.constantFrom<Ipam>("none", "subnets", "unknown"),
    fc.boolean(),
    (random, ipam, areMachines) => {
      const world = worldOf(attached(random, areMachines), ipam);
      const [agreed, ...single] = SECONDARY_PROFILES.slice(0, 4).map((profile) =>
        viewOf("x/net", world, profile),
      );
      if (agreed === undefined) return;
      const told = single.map((view) => [view.engine.profile.name, answers(view)] as const);
      for (const [flow, { verdict }] of answers(agreed)) {
        seen.add(verdict);
        if (verdict === "Unknown") continue;
        for (const [name, each] of told)
          if (each.get(flow)?.verdict !== verdict) expect([name, flow, each.get(flow)]).toEqual(verdict);
      }
    },
  );
  fc.assert(law, { numRuns: numRuns, seed });
  expect([...seen].toSorted()).toEqual(["Allowed", "Denied", "Unknown"]);
});

/** The same pods with networks of their own, each on the secondary network with the addresses that it has. */
function attached(cluster: SmallCluster, areMachines = false): SmallCluster {
  const pods = cluster.pods
    .filter(({ hostNetwork }) => !hostNetwork)
    .map((pod): Pod => {
      const labels = areMachines ? { ...pod.labels, "kubevirt.io": "virt-launcher" } : pod.labels;
      return { ...pod, labels, node: "", nodeAddresses: [] };
    });
  return { ...cluster, pods };
}

function worldOf({ pods, policies, namespaces }: SmallCluster, ipam: Ipam): World {
  const object = { namespace: "x", name: "net", network: "x/net", plugin: "", ipam, subnets: [] };
  const unsaid = { interface: "", mac: "", claim: "", requested: [] };
  return {
    ...smallWorld({}),
    namespaces,
    networkAttachments: new Map([["x/net", object]]),
    pods: new Map(
      pods.map((pod) => {
        const attachment = { ...unsaid, definition: "x/net", status: ipam === "none" ? [] : pod.addresses };
        const declared = { ...attachment, requested: pod.addresses };
        return [keyText(pod), { ...pod, addresses: ["10.244.0.1"], attachments: [declared] }];
      }),
    ),
    multiPolicies: new Map(policies.map((policy) => [keyText(policy.metadata), multi(policy)])),
  };
}

function multi({ metadata, spec }: NetworkPolicy): NetworkPolicy {
  const annotations = { "k8s.v1.cni.cncf.io/policy-for": "x/net" };
  return {
    apiVersion: "k8s.cni.cncf.io/v1beta1",
    kind: "MultiNetworkPolicy",
    metadata: { ...metadata, annotations },
    spec,
  };
}

/** Every verdict with its policies, everything that passes, and the same by classes. */
function everything(evaluator: Evaluator, pods: readonly Pod[]): unknown {
  const ends = endsOf(pods);
  const flows = pairs(ends).map(([from, to]) => {
    const { allowed, unknown } = connections(evaluator, from.end, to.end);
    const single = PROBED.map((port) => {
      const { verdict, egress, ingress } = ask(evaluator, from.end, to.end, port);
      return [verdict, egress.by, ingress.by];
    });
    return [from.text, to.text, portTexts(allowed), portTexts(unknown), single];
  });
  return { flows, reached: reached(evaluator) };
}

/** Class by class, written out pod by pod. */
function reached(evaluator: Evaluator): readonly string[] {
  const { edges, open } = reachability(evaluator);
  const openPairs = open.from.flatMap((from) =>
    open.to.map((to) => ({ from, to, allowed: ALL_PORTS, unknown: NO_PORTS })),
  );
  const lines = [...edges, ...openPairs].flatMap(({ from, to, allowed, unknown }) =>
    [...from.members.values()].flatMap((source) =>
      [...to.members.values()]
        .filter((target) => source !== target && sharedFamilies(podEnd(source), podEnd(target)).length > 0)
        .map(
          (target) =>
            `${keyText(source)} > ${keyText(target)}: ${portTexts(allowed).join()} ? ${portTexts(unknown).join()}`,
        ),
    ),
  );
  return lines.toSorted();
}

interface End {
  readonly text: string;
  readonly end: Endpoint;
}

function answers({ engine, pods }: NetworkView): ReadonlyMap<string, Answer> {
  return new Map(
    pairs(endsOf([...pods.values()])).flatMap(([from, to]) =>
      PROBED.map((port) => [`${from.text} > ${to.text} ${port}`, ask(engine, from.end, to.end, port)]),
    ),
  );
}

function ask(evaluator: Evaluator, from: Endpoint, to: Endpoint, text: string): Answer {
  const { protocol, number } = readPort(text);
  return check(evaluator, from, to, { protocol, port: number });
}

function endsOf(pods: readonly Pod[]): readonly End[] {
  const outside = OUTSIDE.flatMap((text): End[] => {
    const address = parseRange(text);
    return address === undefined ? [] : [{ text, end: { kind: "address", address } }];
  });
  return [...pods.map((pod) => ({ text: keyText(pod), end: podEnd(pod) })), ...outside];
}

function podEnd(pod: Pod): Endpoint {
  return { kind: "pod", pod };
}

function pairs(ends: readonly End[]): readonly (readonly [End, End])[] {
  const isPod = ({ end }: End): boolean => end.kind === "pod";
  return ends.flatMap((from) =>
    ends.filter((to) => isPod(from) || isPod(to)).map((to) => [from, to] as const),
  );
}
