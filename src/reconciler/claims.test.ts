import fc from "fast-check";
import { expect, test } from "vitest";
import { compileCluster } from "../core/evaluator.ts";
import { keyText } from "../model/key.ts";
import type { Condition, ServiceAccessSpec } from "../model/service-access.ts";
import { type Pod, PROTOCOLS, type World } from "../model/world.ts";
import {
  admits,
  type AskedFlow,
  expects,
  isTarget,
  type NaiveAsk,
  speaksOf,
} from "../testing/naive-access.ts";
import { naiveVerdict } from "../testing/naive.ts";
import { specArbitrary } from "../testing/random-access.ts";
import { clusterArbitrary } from "../testing/random-cluster.ts";
import { accessOf, smallWorld } from "../testing/small-world.ts";
import type { SmallCluster } from "../testing/table.ts";
import { planFor } from "./plan.ts";
import { reportOf } from "./status.ts";

fc.configureGlobal({ seed: 20_261_121 });

/** At, beside and between the ends of all ranges that random policies and specs have. */
const NUMBERS = [1, 52, 53, 54, 79, 80, 81, 82, 8079, 8080, 8081, 9000, 9001, 65535];
const PORTS = PROTOCOLS.flatMap((protocol) => NUMBERS.map((port) => ({ protocol, port })));

const referred = smallWorld({
  services: { "x/s": { selector: { app: "a" }, ports: [{ port: 9, targetPort: "web" }] } },
  workloads: { "x/Deployment/d": { selector: { matchLabels: { app: "a" } } } },
});
const REFERRED = { selector: { matchLabels: { app: "a" } }, ports: [{ port: "web" }] };

/** One address of every part into which random blocks cut the family that the pods have. */
const OUTSIDE =
  "9.9.9.9 10.0.0.0 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.128 10.0.1.9 10.0.2.0 10.1.0.0 10.9.0.0 10.9.0.1 10.9.0.2 192.0.2.0 192.0.2.64 192.0.2.128 192.0.2.200 192.0.3.0".split(
    " ",
  );

interface Case {
  readonly spec: ServiceAccessSpec;
  readonly cluster: SmallCluster;
}

/** Clusters about which Kubernetes leaves nothing open, with the object's own policies in force or not. */
const cases: fc.Arbitrary<Case> = fc
  .record({
    cluster: clusterArbitrary(),
    spec: specArbitrary().filter((spec) => spec.target !== undefined),
    isApplied: fc.boolean(),
  })
  .map(({ cluster, spec, isApplied }) => {
    const settled = {
      ...cluster,
      pods: cluster.pods.map(plain),
      namespaces: new Map(
        [...cluster.namespaces].map(([name, each]) => [name, { ...each, labelsKnown: true }]),
      ),
    };
    const own = isApplied ? planFor(accessOf("x/db", spec), worldOf(settled)).generated.policies : [];
    return { spec, cluster: { ...settled, policies: [...cluster.policies, ...own] } };
  });

function plain(pod: Pod, n: number): Pod {
  const namespace = n < 3 ? "x" : pod.namespace;
  return {
    ...pod,
    namespace,
    addresses: [`10.0.${n % 2}.${n}`],
    node: "",
    nodeAddresses: [],
    hostNetwork: false,
    phase: "Running",
    replicas: 1,
    fromTemplate: false,
  };
}

function worldOf(cluster: SmallCluster): World {
  return {
    ...referred,
    namespaces: cluster.namespaces,
    pods: new Map(cluster.pods.map((pod) => [keyText(pod), pod])),
    policies: new Map(cluster.policies.map((policy) => [keyText(policy.metadata), policy])),
  };
}

/** The condition that is claimed of the object, if any. */
function claimed({ spec, cluster }: Case, type: string): Pick<Condition, "status" | "reason"> | undefined {
  const access = accessOf("x/db", spec);
  const world = worldOf(cluster);
  const report = reportOf(access, planFor(access, world), [], {
    whole: world,
    world,
    evaluator: compileCluster(cluster),
    isKnown: true,
  });
  return report.claims.find((claim) => claim.type === type);
}

function askOf({ spec, cluster: { namespaces } }: Case): NaiveAsk {
  return { spec, home: "x", referred: REFERRED, namespaces, isDns: () => false };
}

/** Every flow to the target, from pods and from outside. */
function flowsOf(each: Case): readonly AskedFlow[] {
  const { pods } = each.cluster;
  const targets = pods.filter((pod) => isTarget(askOf(each), pod));
  return targets.flatMap((to) =>
    [...pods.filter((pod) => pod !== to), ...OUTSIDE].flatMap((from) =>
      PORTS.map((port) => ({ from, to, ...port })),
    ),
  );
}

function passes({ cluster }: Case, { from, to, protocol, port }: AskedFlow): boolean {
  const verdict = naiveVerdict(cluster, from, to, protocol, port);
  return verdict === "Allowed" || verdict === "Unknown";
}

function isClient(each: Case, flow: AskedFlow): boolean {
  return expects(askOf(each), flow);
}

function isStranger(each: Case, flow: AskedFlow): boolean {
  return speaksOf(askOf(each), flow) && !admits(askOf(each), flow) && passes(each, flow);
}

test("Effective is True where some client is declared and every one gets through, and not elsewhere", () => {
  fc.assert(
    fc.property(cases, (each) => {
      const claim = claimed(each, "Effective");
      fc.pre(claim !== undefined && !/NotFound/.test(claim.reason));
      const clients = flowsOf(each).filter((flow) => isClient(each, flow));
      const isSo =
        clients.length > 0 &&
        clients.every(
          (flow) => naiveVerdict(each.cluster, flow.from, flow.to, flow.protocol, flow.port) === "Allowed",
        );
      expect(claim?.status === "True").toBe(isSo);
      if (clients.length === 0) expect(claim?.reason).toBe("NoClients");
    }),
    { numRuns: 70 },
  );
});

test("Exclusive is True where nobody gets through who is not declared, and not elsewhere", () => {
  fc.assert(
    fc.property(cases, (each) => {
      const claim = claimed(each, "Exclusive");
      const flows = flowsOf(each);
      fc.pre(claim !== undefined && !/NotFound/.test(claim.reason) && flows.length > 0);
      expect(claim?.status === "True").toBe(!flows.some((flow) => isStranger(each, flow)));
    }),
    { numRuns: 70 },
  );
});
