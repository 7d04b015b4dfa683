import fc from "fast-check";
import { expect, test } from "vitest";
import type { NamedPort, Pod } from "../model/world.ts";
import { asked } from "../testing/ask.ts";
import { clusterArbitrary, OUTSIDE } from "../testing/random-cluster.ts";
import { policyOf } from "../testing/small-world.ts";
import { clusterOf, type SmallCluster } from "../testing/table.ts";
import { compileCluster } from "./evaluator.ts";
import { explain } from "./explain.ts";
import { explanationText } from "./explain-text.ts";
import { flows } from "./flows.ts";
import { ALL_PORTS, portTexts } from "./ports.ts";
import { reachability } from "./queries.ts";

const HTTP: NamedPort = { name: "", protocol: "TCP", number: 80 };

function forwarding(cluster: SmallCluster, machine: string): SmallCluster {
  const narrowed = (pod: Pod): Pod =>
    `${pod.namespace}/${pod.name}` === machine ? { ...pod, forwards: [HTTP] } : pod;
  return { ...cluster, pods: cluster.pods.map(narrowed) };
}

const OPEN = clusterOf({ pods: { "x/client": "10.0.0.1", "x/vm": "10.0.0.2" } });
const CLOSED = clusterOf({
  pods: { "x/client": "10.0.0.1", "x/vm": "10.0.0.2" },
  policies: [policyOf("x/deny", { podSelector: {}, policyTypes: ["Ingress"] })],
});

test("what a machine does not forward to its guest is denied, and no policy is blamed for it", () => {
  const { answer } = asked(forwarding(OPEN, "x/vm"));
  expect(answer("x/client > x/vm TCP/80").verdict).toBe("Allowed");
  expect(answer("x/client > x/vm TCP/81")).toMatchObject({
    verdict: "Denied",
    ingress: { by: [], reason: "the virtual machine forwards only TCP/80 to its guest" },
  });
  expect(answer("192.0.2.1 > x/vm UDP/80").verdict).toBe("Denied");
  expect(answer("x/vm > x/client TCP/81").verdict).toBe("Allowed");
  expect(answer("x/vm > x/vm TCP/81").verdict).toBe("Allowed");
});

test("where a policy denies as well, that is what is told", () => {
  const { answer } = asked(forwarding(CLOSED, "x/vm"));
  for (const port of ["TCP/80", "TCP/81"])
    expect(answer(`x/client > x/vm ${port}`).ingress).toMatchObject({ verdict: "Denied", by: ["x/deny"] });
});

test("an explanation says that it is the machine", () => {
  const { pods, ...rest } = forwarding(OPEN, "x/vm");
  const [from, to] = pods.map((pod) => ({ kind: "pod", pod }) as const);
  if (from === undefined || to === undefined) throw new Error("two pods");
  const said = explain(compileCluster({ pods, ...rest }), from, to, { protocol: "TCP", port: 81 });
  expect(said.flatMap(explanationText)).toEqual([
    "Egress of x/client: no policy isolates the pod for egress.",
    "Ingress of x/vm: the virtual machine forwards only TCP/80 to its guest.",
  ]);
});

test("flows are cut where the machine cuts, and classes are told apart by it", () => {
  const { pods, ...rest } = forwarding(
    clusterOf({ pods: { "x/client": "10.0.0.1", "x/vm": "10.0.0.2", "x/other": "10.0.0.3" } }),
    "x/vm",
  );
  const evaluator = compileCluster({ pods, ...rest });
  const [client, vm] = pods.map((pod) => ({ kind: "pod", pod }) as const);
  if (client === undefined || vm === undefined) throw new Error("three pods");
  const found = flows(evaluator, client, vm, ALL_PORTS);
  expect(
    found.filter(({ answer }) => answer.verdict === "Allowed").flatMap(({ ports }) => portTexts(ports)),
  ).toEqual(["TCP/80"]);
  const { open, edges } = reachability(evaluator);
  expect(open.to.flatMap(({ members }) => [...members.keys()])).toEqual(["client", "other"]);
  const toMachine = edges.filter(({ to }) => to.members.has("vm"));
  expect(toMachine.map(({ allowed }) => portTexts(allowed))).toEqual([["TCP/80"]]);
});

/** Whom nothing can come to gets no verdict at all. */
const NO_FLOW = /has ended|share no address family/;

test("a machine among any policies lets through what they allow and it forwards, and changes nothing else", () => {
  fc.assert(
    fc.property(clusterArbitrary(), (cluster) => {
      const [machine] = cluster.pods;
      if (machine === undefined) return;
      const name = `${machine.namespace}/${machine.name}`;
      const [plain, narrow] = [asked(cluster), asked(forwarding(cluster, name))];
      const others = [
        ...cluster.pods.slice(1).map((pod) => `${pod.namespace}/${pod.name}`),
        ...OUTSIDE.slice(0, 1),
      ];
      for (const other of others) {
        for (const port of ["TCP/80", "TCP/81", "UDP/80"]) {
          const [inwards, outwards] = [`${other} > ${name} ${port}`, `${name} > ${other} ${port}`];
          const { verdict, reason } = plain.answer(inwards);
          const isFlow = !NO_FLOW.test(reason);
          const expected = port !== "TCP/80" && isFlow ? "Denied" : verdict;
          expect([inwards, narrow.answer(inwards).verdict]).toEqual([inwards, expected]);
          expect([inwards, narrow.passes(inwards)]).toEqual([inwards, expected]);
          expect(narrow.answer(outwards)).toEqual(plain.answer(outwards));
        }
      }
    }),
    { numRuns: 100, seed: 20_261_121 },
  );
});
