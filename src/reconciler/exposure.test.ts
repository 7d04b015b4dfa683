import fc from "fast-check";
import { expect, test } from "vitest";
import { compileCluster } from "../core/evaluator.ts";
import { keyText } from "../model/key.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { TierPolicy } from "../model/tier-policy.ts";
import { naiveVerdict } from "../testing/naive.ts";
import { clusterArbitrary } from "../testing/random-cluster.ts";
import { policyArbitrary } from "../testing/random-policy.ts";
import { policyOf, smallWorld, type WorldSketch } from "../testing/small-world.ts";
import type { SmallCluster } from "../testing/table.ts";
import { exposureOf } from "./exposure.ts";
import { storeOf } from "./store.ts";

fc.configureGlobal({ seed: 20_261_121 });

const PODS: WorldSketch = {
  pods: {
    "shop/db-0": { ips: ["10.0.0.1"], labels: { app: "db" }, owner: "StatefulSet/db" },
    "shop/db-1": { ips: ["10.0.0.2"], labels: { app: "db" }, owner: "StatefulSet/db" },
    "shop/web-0": { ips: ["10.0.0.3"], labels: { "netpol/db": "true" }, owner: "Deployment/web" },
  },
};
const RIGHTS = policyOf("shop/db-rights", {
  podSelector: { matchLabels: { app: "db" } },
  policyTypes: ["Ingress"],
  ingress: [{ from: [{ podSelector: { matchLabels: { "netpol/db": "true" } } }], ports: [{ port: 5432 }] }],
});
const PERMITS = policyOf("shop/db-permits", {
  podSelector: { matchLabels: { "netpol/db": "true" } },
  policyTypes: ["Egress"],
  egress: [{ to: [{ podSelector: { matchLabels: { app: "db" } } }], ports: [{ port: 5432 }] }],
});
const FLOOR = policyOf("shop/floor", { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
const BASELINE: TierPolicy = {
  kind: "BaselineAdminNetworkPolicy",
  name: "default",
  tier: "Baseline",
  priority: 0,
  subject: { namespaceSelector: {}, podSelector: undefined },
  ingress: [{ name: "", action: "Deny", peers: [{ kind: "pods", scope: EVERYBODY() }], ports: undefined }],
  egress: [],
};

function EVERYBODY() {
  return { namespaceSelector: {}, podSelector: undefined };
}

function exposed(own: readonly NetworkPolicy[], more: WorldSketch = {}) {
  const world = smallWorld({ ...PODS, ...more, policies: [...own, ...(more.policies ?? [])] });
  return exposureOf(own, world, storeOf(world).evaluator());
}

test("who is isolated by nobody else is open to everyone once the object is gone", () => {
  expect(exposed([RIGHTS, PERMITS])).toEqual({
    pods: 2,
    released: 1,
    workloads: ["StatefulSet/db"],
    ports: ["TCP/1-65535", "UDP/1-65535", "SCTP/1-65535"],
    message:
      "without the policies of this object 2 pods of StatefulSet/db would be open to everyone on every port, and 1 pod could go out to anywhere",
  });
});

test("under a floor of somebody else nothing opens, and nothing is said", () => {
  expect(exposed([RIGHTS, PERMITS], { policies: [FLOOR] })).toBeUndefined();
  expect(exposed([])).toBeUndefined();
});

test("a port that everyone has anyway is none that opens", () => {
  const door = { ...RIGHTS, spec: { ...RIGHTS.spec, ingress: [{ ports: [{ port: 443 }] }] } };
  expect(exposed([door])?.ports).toEqual(["TCP/1-442", "TCP/444-65535", "UDP/1-65535", "SCTP/1-65535"]);
});

test("where a cluster-scoped policy may close it all the same, it only might be open", () => {
  expect(exposed([RIGHTS], { tierPolicies: [BASELINE] })?.message).toBe(
    "without the policies of this object 2 pods of StatefulSet/db might be open to everyone on every port",
  );
});

/** An address that no random policy names but by naming everyone. */
const STRANGER = "203.0.113.77";
const PROBES = [1, 79, 80, 81, 8080, 65535].map((port) => ({ protocol: "TCP" as const, port }));

test("what is said to open is what a stranger gains by the naive reference, and nothing else", () => {
  let opened = 0;
  const law = fc.property(
    clusterArbitrary(),
    fc.array(policyArbitrary(0), { maxLength: 2 }),
    (found, asked) => {
      const own = asked.map((policy, n) => ({ ...policy, metadata: { namespace: "x", name: `own-${n}` } }));
      const pods = found.pods.map((pod) => ({ ...pod, hostNetwork: false, node: "", nodeAddresses: [] }));
      fc.pre(!JSON.stringify([own, found.policies]).includes("0.0.0.0/0"));
      const without: SmallCluster = { ...found, pods };
      const within: SmallCluster = { ...without, policies: [...found.policies, ...own] };
      const gains = pods
        .filter(({ phase, addresses }) => phase === "Running" && addresses.some((text) => text.includes(".")))
        .map((pod) =>
          PROBES.filter(({ protocol, port }) => {
            const [now, then] = [within, without].map((each) =>
              naiveVerdict(each, STRANGER, pod, protocol, port),
            );
            return now === "Denied" && then !== "Denied";
          }).map(({ port }) => port),
        )
        .filter((ports) => ports.length > 0);
      const world = smallWorld({ policies: within.policies });
      const exposure = exposureOf(
        own,
        { ...world, pods: new Map(pods.map((pod) => [keyText(pod), pod])) },
        compileCluster(within),
      );
      opened += gains.length;
      if (gains.length > 0) expect(exposure?.pods).toBeGreaterThanOrEqual(gains.length);
      for (const port of new Set(gains.flat()))
        expect(exposure?.ports?.some((text) => covers(text, port))).toBe(true);
    },
  );
  fc.assert(law, { numRuns: 150 });
  expect(opened).toBeGreaterThan(20);
});

function covers(text: string, port: number): boolean {
  const [, from = "", to = from] = /^TCP\/(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  return from !== "" && Number(from) <= port && port <= Number(to);
}
