import fc from "fast-check";
import { expect, test } from "vitest";
import { check } from "../core/check.ts";
import { compileCluster } from "../core/evaluator.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { Pod } from "../model/world.ts";
import { type AskedFlow, type NaiveAsk, passes } from "../testing/naive-access.ts";
import { specArbitrary } from "../testing/random-access.ts";
import { clusterArbitrary, PROBED } from "../testing/random-cluster.ts";
import { accessOf, CLUSTER_DNS, smallWorld } from "../testing/small-world.ts";
import { readPort, type SmallCluster } from "../testing/table.ts";
import { policiesFor } from "./policies.ts";
import { resolve } from "./references.ts";

fc.configureGlobal({ seed: 20_261_121 });

const world = smallWorld({
  services: {
    ...CLUSTER_DNS.services,
    "x/s": { selector: { app: "a" }, ports: [{ port: 9, targetPort: "web" }] },
  },
  workloads: { "x/Deployment/d": { selector: { matchLabels: { app: "a" } } } },
});
const dns = smallWorld(CLUSTER_DNS);
const referred = { selector: { matchLabels: { app: "a" } }, ports: [{ port: "web" }] };

/** Pods about which Kubernetes leaves nothing open: running, with one address, on no node's network. */
const clusters = fc
  .tuple(clusterArbitrary(), fc.array(consent(), { minLength: 4, maxLength: 4 }))
  .map(([{ pods, namespaces }, consents]): SmallCluster => ({
    policies: [],
    pods: [...pods, ...dns.pods.values()].map(plain),
    namespaces: new Map(
      [...namespaces, ...dns.namespaces].map(([name, each], i) => [
        name,
        { ...each, labelsKnown: true, acceptsPermitsFrom: consents[i] ?? [] },
      ]),
    ),
  }));

function consent(): fc.Arbitrary<readonly string[]> {
  return fc.constantFrom<(readonly string[])[]>([], ["x"], ["*"], ["y"], ["y", "x"]);
}

function plain(pod: Pod, n: number): Pod {
  return {
    ...pod,
    addresses: [`10.0.${n % 2}.${n}`],
    nodeAddresses: [],
    hostNetwork: false,
    phase: "Running",
    replicas: 1,
  };
}

test("the policies of an object, in all namespaces, admit what the object asks, and nothing else", () => {
  fc.assert(
    fc.property(specArbitrary(), clusters, (spec, cluster) => {
      const access = accessOf("x/db", spec);
      const { namespaces } = cluster;
      const { policies, undecided } = policiesFor(access, resolve(access, { ...world, namespaces }));
      fc.pre(undecided === undefined);
      const ask: NaiveAsk = {
        spec,
        home: "x",
        referred,
        namespaces,
        isDns: ({ name }) => name === "coredns",
      };
      const wrong = verdicts(cluster, policies).filter(
        ([flow, verdict]) => verdict !== (passes(ask, flow) ? "Allowed" : "Denied"),
      );
      expect(wrong).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

/** Every pod to every pod on every port worth asking about. */
function verdicts(
  cluster: SmallCluster,
  policies: readonly NetworkPolicy[],
): readonly (readonly [AskedFlow, string])[] {
  const evaluator = compileCluster({ ...cluster, policies });
  return cluster.pods.flatMap((from) =>
    cluster.pods.flatMap((to) =>
      [...PROBED, "TCP/53"].map(readPort).map(({ protocol, number: port }) => {
        const answer = check(
          evaluator,
          { kind: "pod", pod: from },
          { kind: "pod", pod: to },
          { protocol, port },
        );
        return [{ from, to, protocol, port }, answer.verdict] as const;
      }),
    ),
  );
}
