import type { FlowPort } from "../../src/core/answer.ts";
import { explain } from "../../src/core/explain.ts";
import { whoReaches } from "../../src/core/queries.ts";
import type { Pod } from "../../src/model/world.ts";
import type { DecodedCluster } from "../shapes/decoded.ts";
import { dice, latency, loadedEngine, pick, type Reading, timeEach } from "./task.ts";

const CHECKS = 100_000;
const EARLIER = 100_000;
const PORTS: readonly FlowPort[] = [
  { protocol: "TCP", port: 80 },
  { protocol: "TCP", port: 8080 },
  { protocol: "UDP", port: 53 },
];

/**
 * Half of the pairs lie in one namespace, where more policies have a say. The engine has answered before, as that of a
 * running operator: what it remembers of a class is there, and the code is compiled.
 */
export function checks(cluster: DecodedCluster): readonly Reading[] {
  const engine = loadedEngine(cluster);
  const flows = randomFlows(cluster);
  const ask = (i: number) => {
    const flow = flows[i];
    return flow === undefined ? undefined : explain(engine, flow.from, flow.to, flow.port);
  };
  for (let i = CHECKS; i < flows.length; i++) ask(i);
  return latency("check with explanation", timeEach(CHECKS, ask, 30));
}

function randomFlows({ pods }: DecodedCluster) {
  const roll = dice();
  const near = Map.groupBy(pods, ({ namespace }) => namespace);
  return Array.from({ length: CHECKS + EARLIER }, (_, i) => {
    const from = pick(pods, roll);
    const to = pick(i % 2 === 0 ? pods : (near.get(from.namespace) ?? []), roll);
    return { from: endpoint(from), to: endpoint(to), port: pick(PORTS, roll) };
  });
}

function endpoint(pod: Pod): { readonly kind: "pod"; readonly pod: Pod } {
  return { kind: "pod", pod };
}

/** All clients of one pod's class, with their ports. */
export function whoCanReach(cluster: DecodedCluster): readonly Reading[] {
  const engine = loadedEngine(cluster);
  const roll = dice();
  const classes = [...engine.classes()];
  const times = timeEach(2000, () => whoReaches(engine, pick(classes, roll)), 10);
  return latency("who can reach a pod", times);
}
