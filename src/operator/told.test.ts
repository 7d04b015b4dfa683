import { expect, test } from "vitest";
import type { KubeCluster } from "../kube/cluster.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { WriteResult } from "../reconciler/cluster.ts";
import { inMemoryCluster } from "../reconciler/in-memory.ts";
import { recordedLog } from "../testing/recorded-log.ts";
import { told } from "./told.ts";

const policy: NetworkPolicy = {
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { namespace: "shop", name: "web-rights" },
  spec: { podSelector: {}, policyTypes: ["Ingress"] },
};

test("what is written to a policy is in the log, in the order in which it was done", async () => {
  const { cluster, log } = toldCluster();
  const first = await cluster.applyPolicy(policy, undefined);
  const stored = first.kind === "stored" ? first.policy : policy;
  const second = await cluster.applyPolicy(policy, stored);
  await cluster.removePolicy(second.kind === "stored" ? second.policy : policy);
  expect(log.entries).toEqual(["info policy created", "info policy changed", "info policy removed"]);
});

test("a refusal is told once, until it is another one or over", async () => {
  const refused = (message: string): WriteResult => ({ kind: "refused", reason: "Forbidden", message });
  const stored: WriteResult = { kind: "stored", policy };
  const { cluster, log } = toldCluster([refused("a"), refused("a"), refused("b"), stored, refused("b")]);
  for (let i = 0; i < 5; i += 1) await cluster.applyPolicy(policy, undefined);
  const no = "warn policy not created";
  expect(log.entries).toEqual([no, no, "info policy created", no]);
});

/** A cluster that answers as it likes, or with these answers to applies. */
function toldCluster(answers: readonly WriteResult[] = []) {
  const log = recordedLog();
  const left = [...answers];
  const memory: KubeCluster = { ...inMemoryCluster(), writeInvalid: () => Promise.resolve() };
  const applyPolicy: KubeCluster["applyPolicy"] = (...asked) =>
    Promise.resolve(left.shift() ?? memory.applyPolicy(...asked));
  return { cluster: told({ ...memory, applyPolicy }, log, () => undefined), log };
}
