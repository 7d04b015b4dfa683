import { expect, test } from "vitest";
import { keyText } from "../model/key.ts";
import { policyOf, smallWorld } from "../testing/small-world.ts";
import { check } from "./check.ts";
import { createEngine, type Engine } from "./engine.ts";

/** May x/a go to x/b, of which no address is known, where a policy lets x/a go to this block only? */
const world = smallWorld({
  pods: { "x/a": { ips: ["10.0.0.1"] }, "x/b": { ips: [] } },
  services: {
    "x/dns": { clusterAddresses: ["10.96.0.10", "FD96::A"] },
    "x/other": { clusterAddresses: ["10.96.0.10"] },
    "x/none": {},
  },
});

test.each([
  ["10.96.0.10/32", "Denied"],
  ["fd96::a/128", "Denied"],
  ["169.254.20.10/32", "Denied"],
  ["169.254.0.0/16", "Denied"],
  ["10.96.0.11/32", "Unknown"],
  ["10.96.0.10/31", "Unknown"],
  ["169.0.0.0/8", "Unknown"],
])("a pod of unknown address is in %s: %s", (cidr, verdict) => {
  expect(verdictOn(cidr, engineOf("x/dns", "x/none"))).toBe(verdict);
});

test("what no Service has any more may be a pod's", () => {
  const engine = engineOf("x/dns", "x/other");
  const verdicts = ["x/dns", "x/other"].map((key) => {
    const before = verdictOn("10.96.0.10/32", engine);
    const touched = engine.removeService(serviceOf(key));
    return [before, touched.classes === "all" ? "all" : touched.classes.map(({ pod }) => keyText(pod))];
  });
  expect([...verdicts, verdictOn("10.96.0.10/32", engine)]).toEqual([
    ["Denied", ["x/b"]],
    ["Denied", ["x/b"]],
    "Unknown",
  ]);
});

test("a Service that says what it said touches nobody", () => {
  expect(engineOf("x/dns").putService(serviceOf("x/dns")).classes).toEqual([]);
});

function engineOf(...services: readonly string[]): Engine {
  const engine = createEngine();
  engine.putPolicy(towards("10.0.0.0/32"));
  for (const pod of world.pods.values()) engine.putPod(pod);
  for (const key of services) engine.putService(serviceOf(key));
  return engine;
}

function verdictOn(cidr: string, engine: Engine): string {
  engine.putPolicy(towards(cidr));
  const [from, to] = [...world.pods.values()].map((pod) => ({ kind: "pod" as const, pod }));
  if (from === undefined || to === undefined) throw new Error("the world has two pods");
  return check(engine, from, to, { protocol: "TCP", port: 80 }).verdict;
}

function towards(cidr: string) {
  return policyOf("x/p", {
    podSelector: { matchLabels: { pod: "a" } },
    policyTypes: ["Egress"],
    egress: [{ to: [{ ipBlock: { cidr } }] }],
  });
}

function serviceOf(key: string) {
  const service = world.services.get(key);
  if (service === undefined) throw new Error(`there is no Service ${key}`);
  return service;
}
