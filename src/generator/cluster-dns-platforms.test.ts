import { expect, test } from "vitest";
import { parseRange } from "../core/addresses.ts";
import { check } from "../core/check.ts";
import type { Endpoint } from "../core/endpoint.ts";
import { compileCluster, type Evaluator } from "../core/evaluator.ts";
import { explain } from "../core/explain.ts";
import { explanationText } from "../core/explain-text.ts";
import { STANDING } from "../testing/decode-scenarios.ts";
import { type DnsPlatform, dnsWorld, readDnsPlatforms } from "../testing/decode-dns-platforms.ts";
import { profileOf } from "../testing/expect-late.ts";
import { accessOf } from "../testing/small-world.ts";
import { policiesFor } from "./policies.ts";
import { resolve } from "./references.ts";

const CLIENT = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "shop", labels: { "netpol/db": "true" } },
  status: { phase: "Running", podIPs: [{ ip: "10.9.9.9" }, { ip: "fd00:9::9" }] },
};

const DB = accessOf("shop/db", {
  target: { podSelector: { matchLabels: { app: "db" } } },
  ports: [{ port: 5432 }],
});

for (const row of readDnsPlatforms()) {
  for (const [letter, profiles] of Object.entries(STANDING)) {
    test.each(profiles)(
      `${row.platform}: a client of the cluster finds names under ${letter}, %s`,
      (name) => {
        const ask = asking(row, name);
        for (const protocol of ["UDP", "TCP"] as const) {
          if (row.behind !== undefined) expect(ask(row.behind[0], protocol, row.behind[1])).toBe("Allowed");
          for (const address of row.service)
            expect([address, ask(address, protocol, 53)]).toEqual([address, "Allowed"]);
          for (const address of row.caches ?? [])
            expect([address, ask(address, protocol, 53)]).toEqual([
              address,
              letter === "P" ? "Allowed" : "Unknown",
            ]);
          // Names are asked for nowhere else: whatever gets out that way may carry anything.
          expect(ask("8.8.8.8", protocol, 53)).toBe("Denied");
          expect(ask("169.254.169.254", protocol, 80)).toBe("Denied");
          if (row.behind !== undefined) expect(ask(row.behind[0], protocol, 9153)).toBe("Denied");
        }
      },
    );
  }
}

test("that a cache on the node may be out of reach is explained by the plugin", () => {
  const row = readDnsPlatforms().find(({ platform }) => platform.startsWith("NodeLocal"));
  const evaluator = row === undefined ? undefined : evaluatorOf(row, "cilium");
  const [from, to] = [endpoint(evaluator, "shop/web"), endpoint(evaluator, "169.254.20.10")];
  const told = evaluator === undefined ? [] : explain(evaluator, from, to, { protocol: "UDP", port: 53 });
  expect(told.flatMap(explanationText).join("\n")).toContain(
    "169.254.20.10 is an address of the pod's own node, and cilium holds address blocks against no node",
  );
});

function asking(row: DnsPlatform, profile: string) {
  const evaluator = evaluatorOf(row, profile);
  return (to: string, protocol: "UDP" | "TCP", port: number) =>
    check(evaluator, endpoint(evaluator, "shop/web"), endpoint(evaluator, to), { protocol, port }).verdict;
}

/** The policies of an object that says nothing of names, in a cluster of the kind. */
function evaluatorOf(row: DnsPlatform, profile: string): Evaluator {
  const world = dnsWorld(row, CLIENT);
  const { policies } = policiesFor(DB, resolve(DB, world));
  return compileCluster({
    namespaces: world.namespaces,
    pods: world.pods.values(),
    policies,
    profile: profileOf(profile),
  });
}

function endpoint(evaluator: Evaluator | undefined, text: string): Endpoint {
  const address = parseRange(text);
  if (address !== undefined) return { kind: "address", address };
  for (const { members } of evaluator?.classes() ?? [])
    for (const pod of members.values())
      if (`${pod.namespace}/${pod.name}` === text) return { kind: "pod", pod };
  throw new Error(`there is no ${text}`);
}
