import { reachability } from "../../src/core/queries.ts";
import type { DecodedCluster } from "../shapes/decoded.ts";
import { dice, latency, loadedEngine, pick, type Reading, timeEach } from "./task.ts";

/** A namespace moves to another team and back, which changes what namespace selectors match. */
export function namespaceEvents(cluster: DecodedCluster): readonly Reading[] {
  const engine = loadedEngine(cluster);
  reachability(engine);
  const roll = dice();
  const events = Array.from({ length: 2000 }, () => {
    const namespace = pick(cluster.namespaces, roll);
    return { ...namespace, labels: { ...namespace.labels, team: `team${roll(50)}` } };
  });
  const times = timeEach(events.length, (i) => {
    const event = events[i];
    if (event !== undefined) engine.putNamespace(event);
  });
  return latency("namespace label event", times);
}
