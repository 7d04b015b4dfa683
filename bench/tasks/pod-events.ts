import { reachability } from "../../src/core/queries.ts";
import type { Pod } from "../../src/model/world.ts";
import type { DecodedCluster } from "../shapes/decoded.ts";
import { dice, latency, loadedEngine, pick, type Reading, timeEach } from "./task.ts";

const EVENTS = 100_000;

/** What watches of a busy cluster deliver, in equal shares, on an engine that has run for a while. */
export function podEvents(cluster: DecodedCluster): readonly Reading[] {
  const engine = loadedEngine(cluster);
  reachability(engine);
  const roll = dice();
  const random = (): Pod => pick(cluster.pods, roll);
  const gone: Pod[] = [];
  const kinds: Readonly<Record<string, () => () => unknown>> = {
    "status changed": () => putting({ ...random(), terminating: true }),
    "like another": () => putting(renamed(random(), roll)),
    relabelled: () => putting({ ...random(), labels: random().labels }),
    "of a new kind": () => putting(renamed({ ...random(), labels: { app: `new-${roll(1e9)}` } }, roll)),
    removed: () => {
      const pod = random();
      gone.push(pod);
      return () => engine.removePod(pod);
    },
    "back again": () => putting(gone.pop() ?? random()),
  };
  function putting(pod: Pod): () => unknown {
    return () => engine.putPod(pod);
  }

  const names = Object.keys(kinds);
  const times: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let event = 0; event < WARM_UP + EVENTS; event++) {
    const name = pick(names, roll);
    const run = kinds[name]?.();
    const [time] = timeEach(1, () => run?.());
    if (event >= WARM_UP) times[name]?.push(time ?? 0);
  }
  return [
    ...latency("pod event", Object.values(times).flat()),
    ...names.flatMap((name) => latency(`pod event: ${name}`, times[name] ?? [])),
  ];
}

/** Enough for the compiler of the engine's own code to be done; the operator runs for weeks. */
const WARM_UP = 20_000;

function renamed(pod: Pod, roll: (limit: number) => number): Pod {
  return { ...pod, name: `${pod.name}-${roll(1e9)}` };
}
