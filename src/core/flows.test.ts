import fc from "fast-check";
import { expect, test } from "vitest";
import { endpointOf } from "../testing/ask.ts";
import { clusterArbitrary, OUTSIDE, PROBED } from "../testing/random-cluster.ts";
import { policyOf, smallWorld } from "../testing/small-world.ts";
import { clusterOf, readPort, type SmallCluster } from "../testing/table.ts";
import { check } from "./check.ts";
import { compileCluster } from "./evaluator.ts";
import { type Flow, flows } from "./flows.ts";
import {
  ALL_PORTS,
  equalSets,
  hasPort,
  intersect,
  isEmptySet,
  NO_PORTS,
  type PortSet,
  portTexts,
  union,
} from "./ports.ts";

fc.configureGlobal({ seed: 20_261_121 });

const PORTS = [...PROBED, "TCP/1", "TCP/54", "TCP/8081", "TCP/9001", "UDP/81", "SCTP/65535"].map(readPort);
const RANGES = ["0.0.0.0/0", "10.0.0.0/24", "10.0.0.0/8", "192.0.2.128/25", "::/0", "fd00::/125"];
const CHECKED = { numRuns: 25 };

/** Between pods and addresses, single or many. */
function pairsOf(cluster: SmallCluster): readonly (readonly [string, string])[] {
  const pods = cluster.pods.map(({ namespace, name }) => `${namespace}/${name}`);
  const outside = [...OUTSIDE.slice(0, 1), ...RANGES];
  return pods.flatMap((pod) =>
    outside.flatMap((address) => [[pod, address] as const, [address, pod] as const]),
  );
}

function between(
  cluster: SmallCluster,
  [from, to]: readonly [string, string],
  ports: PortSet,
): readonly Flow[] {
  return flows(compileCluster(cluster), endpointOf(cluster, from), endpointOf(cluster, to), ports);
}

test("every port of a flow has the flow's verdict and policies, for ranges of addresses too", () => {
  fc.assert(
    fc.property(clusterArbitrary(), (cluster) => {
      const evaluator = compileCluster(cluster);
      for (const pair of pairsOf(cluster)) {
        const [from, to] = [endpointOf(cluster, pair[0]), endpointOf(cluster, pair[1])];
        for (const { ports, answer } of flows(evaluator, from, to, ALL_PORTS)) {
          for (const { protocol, number: port } of PORTS.filter((each) =>
            hasPort(ports, each.protocol, each.number),
          )) {
            const one = check(evaluator, from, to, { protocol, port });
            expect([...pair, port, one.verdict, one.egress.by, one.ingress.by]).toEqual([
              ...pair,
              port,
              answer.verdict,
              answer.egress.by,
              answer.ingress.by,
            ]);
          }
        }
      }
    }),
    CHECKED,
  );
});

test("flows are all of the ports asked about, each once", () => {
  const asked = fc.constantFrom<PortSet[]>(ALL_PORTS, {
    TCP: [{ from: 80, to: 81 }],
    UDP: [],
    SCTP: [{ from: 1, to: 90 }],
  });
  fc.assert(
    fc.property(clusterArbitrary(), asked, (cluster, ports) => {
      for (const pair of pairsOf(cluster)) {
        const parts = between(cluster, pair, ports).map((flow) => flow.ports);
        expect(equalSets(parts.reduce(union, NO_PORTS), ports)).toBe(true);
        const overlap = parts.flatMap((a, i) => parts.slice(i + 1).map((b) => intersect(a, b)));
        expect(overlap.every(isEmptySet)).toBe(true);
      }
    }),
    CHECKED,
  );
});

test("no ports are no flows", () => {
  const cluster = clusterOf({ pods: { "x/a": "10.0.0.1", "x/b": "10.0.0.2" } });
  expect(between(cluster, ["x/a", "x/b"], NO_PORTS)).toEqual([]);
});

test("a range that a policy cuts is told apart port by port", () => {
  const { pods, namespaces } = smallWorld({ pods: { "x/a": { ips: ["10.0.0.1"] } } });
  const allowed = policyOf("x/p", {
    podSelector: {},
    ingress: [{ from: [{ ipBlock: { cidr: "192.0.2.0/24" } }], ports: [{ port: 80 }] }],
  });
  const cluster = { pods: [...pods.values()], namespaces, policies: [allowed] };
  const parts = between(cluster, ["192.0.2.0/23", "x/a"], ALL_PORTS);
  expect(parts.map(({ ports, answer }) => [portTexts(ports).slice(0, 2), answer.verdict])).toEqual([
    [["TCP/1-79", "TCP/81-65535"], "Denied"],
    [["TCP/80"], "Unknown"],
  ]);
});
