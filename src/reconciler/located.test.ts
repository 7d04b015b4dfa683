import fc from "fast-check";
import { expect, test } from "vitest";
import { keyText } from "../model/key.ts";
import type { Pod } from "../model/world.ts";
import { historyArbitrary } from "../testing/random-history.ts";
import { holdersOf } from "./holders.ts";
import { inhabited, inNamespace, labelled } from "./located.ts";
import { createStore } from "./store.ts";

test("what is looked up is what a walk over everything finds, after any changes", () => {
  const law = fc.property(historyArbitrary(40), (events) => {
    const store = createStore();
    const { pods } = store.world;
    for (const event of events) {
      if (event.kind === "put pod") store.put({ kind: "Pod", object: event.pod });
      if (event.kind === "remove pod") store.remove("Pod", keyText(event.pod));
      const walk = (isMeant: (pod: Pod) => boolean) => new Set([...pods.values()].filter(isMeant));
      expect(new Set(inNamespace(pods, "x"))).toEqual(walk(({ namespace }) => namespace === "x"));
      expect(new Set(inhabited(pods))).toEqual(new Set([...pods.values()].map(({ namespace }) => namespace)));
      for (const value of ["a", "b"]) {
        const holding = walk(({ labels }) => labels["app"] === value);
        expect(new Set(labelled(pods, "app", value))).toEqual(holding);
        const alive = [...holding].filter(({ phase }) => phase === "Running");
        const holders = holdersOf(store.world, "app", value).flatMap((each) => each.pods);
        expect(new Set(holders)).toEqual(new Set(alive));
      }
    }
  });
  fc.assert(law, { numRuns: 100, seed: 20261121 });
});

test("holders go by the name of their topmost owner, also when that comes later", () => {
  const store = createStore();
  const pod = { namespace: "y", name: "a", labels: { app: "a" } };
  const owner = { kind: "ReplicaSet", name: "web-1" };
  store.put({ kind: "Pod", object: { ...POD, ...pod, owner } });
  const names = () => holdersOf(store.world, "app", "a").map(({ workload }) => workload);
  expect(names()).toEqual(["y/ReplicaSet/web-1"]);
  const workload = { namespace: "y", ...owner, owner: { kind: "Deployment", name: "web" } };
  store.put({ kind: "Workload", object: { ...WORKLOAD, ...workload } });
  expect(names()).toEqual(["y/Deployment/web"]);
});

const template = { labels: {}, hostNetwork: false, ports: [] };
const WORKLOAD = { uid: "", labels: {}, selector: undefined, template, replicas: 1 };

const POD = {
  uid: "",
  addresses: ["10.0.0.9"],
  node: "",
  nodeAddresses: [],
  hostNetwork: false,
  phase: "Running",
  terminating: false,
  ports: [],
  replicas: 1,
  fromTemplate: false,
} as const;
