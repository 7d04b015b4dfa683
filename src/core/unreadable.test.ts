import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Unreadable } from "../model/world.ts";
import { endpointOf, naiveEndOf } from "../testing/ask.ts";
import { naiveVerdictWithTiers, type TieredCluster } from "../testing/naive-tiers.ts";
import { OUTSIDE } from "../testing/random-cluster.ts";
import { NAMESPACES } from "../testing/random-policy.ts";
import { tieredClusterArbitrary } from "../testing/random-tiers.ts";
import { policyOf } from "../testing/small-world.ts";
import { clusterOf, podOf } from "../testing/table.ts";
import type { Endpoint } from "./endpoint.ts";
import { check } from "./check.ts";
import { createEngine, type Engine } from "./engine.ts";
import { compileCluster } from "./evaluator.ts";
import { explain } from "./explain.ts";

const numRuns = Math.ceil(Number(process.env["RANDOM_CLUSTERS"] ?? 300) / 3);
const seed = Number(process.env["RANDOM_SEED"] ?? 20_261_121);

function unread(kind: string, key: string): Unreadable {
  const [namespace = "", name = ""] = key.includes("/") ? key.split("/") : ["", key];
  return { kind, namespace, name, reason: "spec.podSelector: must be an object" };
}

const KINDS = ["AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy"];

const unreadables = fc.uniqueArray(
  fc.constantFrom(
    ...NAMESPACES.map((namespace) => unread("NetworkPolicy", `${namespace}/broken`)),
    { ...unread("NetworkPolicy", "x/inwards"), policyTypes: ["Ingress"] as const },
    { ...unread("NetworkPolicy", "y/outwards"), policyTypes: ["Egress"] as const },
    ...KINDS.map((kind) => unread(kind, "broken")),
  ),
  { minLength: 1, maxLength: 2 },
);

test(
  "with objects that cannot be read the evaluator agrees with the naive reference",
  { timeout: 3_600_000 },
  () => {
    const seen = new Set<string>();
    const law = fc.property(tieredClusterArbitrary(), unreadables, (read, unreadable) => {
      const cluster: TieredCluster = { ...read, unreadable };
      const evaluator = compileCluster(cluster);
      for (const [from, to] of pairs(cluster)) {
        const expected = naiveVerdictWithTiers(
          cluster,
          naiveEndOf(cluster, from),
          naiveEndOf(cluster, to),
          "TCP",
          80,
        );
        seen.add(expected);
        const ends = [endpointOf(cluster, from), endpointOf(cluster, to)] as const;
        const { verdict } = check(evaluator, ...ends, { protocol: "TCP", port: 80 });
        expect([from, to, verdict]).toEqual([from, to, expected]);
      }
    });
    fc.assert(law, { numRuns, seed });
    expect([...seen].toSorted()).toEqual(["Allowed", "Denied", "Unknown"]);
  },
);

function pairs({ pods }: TieredCluster): readonly (readonly [string, string])[] {
  const names = pods.map(({ namespace, name }) => `${namespace}/${name}`);
  const ends = [...names, ...OUTSIDE.slice(0, 2)];
  return ends.flatMap((from) =>
    ends.filter((to) => names.includes(from) || names.includes(to)).map((to) => [from, to] as const),
  );
}

const WEB = podOf("x/web", "10.0.0.1");
const DB = podOf("y/db", "10.0.0.2");
const BROKEN = unread("NetworkPolicy", "y/broken");

function verdict(engine: Engine): string {
  return check(engine, end(WEB), end(DB), { protocol: "TCP", port: 80 }).verdict;
}

function end(pod: typeof WEB): Endpoint {
  return { kind: "pod", pod };
}

function engineWith(...puts: readonly ((engine: Engine) => unknown)[]): Engine {
  const engine = createEngine();
  for (const namespace of clusterOf({ pods: { "x/a": "10.0.0.8", "y/a": "10.0.0.9" } }).namespaces.values())
    engine.putNamespace(namespace);
  for (const pod of [WEB, DB]) engine.putPod(pod);
  for (const put of puts) put(engine);
  return engine;
}

const open = policyOf("y/open", { podSelector: {}, policyTypes: ["Ingress"], ingress: [{}] });
const closed = policyOf("x/closed", { podSelector: {}, policyTypes: ["Egress"] });

describe("a NetworkPolicy that cannot be read", () => {
  test("makes what it may decide Unknown, until it is gone or can be read", () => {
    const engine = engineWith((each) => each.putUnreadable(BROKEN));
    expect(verdict(engine)).toBe("Unknown");
    engine.removeUnreadable(BROKEN);
    expect(verdict(engine)).toBe("Allowed");
    engine.putUnreadable(BROKEN);
    engine.putPolicy(policyOf("y/broken", { podSelector: {}, policyTypes: ["Ingress"] }));
    expect(verdict(engine)).toBe("Denied");
  });

  test("leaves what is decided without it: another policy lets in, or the other end closes", () => {
    expect(
      verdict(
        engineWith(
          (each) => each.putUnreadable(BROKEN),
          (each) => each.putPolicy(open),
        ),
      ),
    ).toBe("Allowed");
    expect(
      verdict(
        engineWith(
          (each) => each.putUnreadable(BROKEN),
          (each) => each.putPolicy(closed),
        ),
      ),
    ).toBe("Denied");
  });

  test("leaves alone the direction that it cannot be for", () => {
    const outwards = { ...BROKEN, policyTypes: ["Egress"] as const };
    expect(verdict(engineWith((each) => each.putUnreadable(outwards)))).toBe("Allowed");
  });

  test("is named by the answer, and by the explanation with what is wrong", () => {
    const engine = engineWith((each) => each.putUnreadable(BROKEN));
    const { reason, ingress } = check(engine, end(WEB), end(DB), { protocol: "TCP", port: 80 });
    expect([reason, ingress.by]).toEqual([expect.stringContaining("y/broken"), ["y/broken"]]);
    expect(JSON.stringify(explain(engine, end(WEB), end(DB), { protocol: "TCP", port: 80 }))).toContain(
      "it cannot be read: spec.podSelector: must be an object",
    );
  });
});

describe("a cluster-scoped policy that cannot be read", () => {
  test.each([
    ["AdminNetworkPolicy", "Unknown", "Unknown"],
    ["ClusterNetworkPolicy", "Unknown", "Unknown"],
    // It comes last: whom a NetworkPolicy isolates it never concerns.
    ["BaselineAdminNetworkPolicy", "Unknown", "Allowed"],
  ])("%s: nobody else says anything %s, a NetworkPolicy lets in %s", (kind, alone, beside) => {
    const broken = unread(kind, "broken");
    const engine = engineWith((each) => each.putUnreadable(broken));
    expect(verdict(engine)).toBe(alone);
    engine.putPolicy(open);
    engine.putPolicy(policyOf("x/out", { podSelector: {}, policyTypes: ["Egress"], egress: [{}] }));
    expect(verdict(engine)).toBe(beside);
    engine.removeUnreadable(broken);
    expect(verdict(engine)).toBe("Allowed");
  });
});

test("an object that is no policy changes no verdict", () => {
  const engine = engineWith((each) => each.putUnreadable(unread("Service", "y/broken")));
  expect(verdict(engine)).toBe("Allowed");
});
