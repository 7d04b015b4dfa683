import { expect, test } from "vitest";
import type { ServiceAccessSpec } from "../../model/service-access.ts";
import { dnsWorld, readDnsPlatforms } from "../../testing/decode-dns-platforms.ts";
import { profileOf } from "../../testing/expect-late.ts";
import { lines } from "../../testing/findings.ts";
import { accessOf } from "../../testing/small-world.ts";
import { simulate } from "../in-memory.ts";

const CLIENT = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "shop", labels: { "netpol/db": "true" } },
  status: { phase: "Running", podIPs: [{ ip: "10.9.9.9" }] },
};

const SPEC: ServiceAccessSpec = {
  target: { podSelector: { matchLabels: { app: "db" } } },
  ports: [{ port: 5432 }],
};

test.each([
  ["Kubespray", "cilium", ["Info DNSCacheUndetermined shop/Pod/web"]],
  ["NodeLocal", "terway-ebpf", ["Info DNSCacheUndetermined shop/Pod/web"]],
  ["NodeLocal", "calico", []],
  ["RKE2", "cilium", []],
])("on %s, %s may not let pods through to a cache on their node: %j", async (platform, profile, expected) => {
  const row = readDnsPlatforms().find((each) => each.platform.startsWith(platform));
  if (row === undefined) throw new Error(`there is no ${platform}`);
  const access = accessOf("shop/db", SPEC);
  const world = { ...dnsWorld(row, CLIENT), accesses: new Map([["shop/db", access]]) };
  const simulated = await simulate(world, () => new Date("2026-11-21T08:00:00Z"), profileOf(profile));
  const found = simulated.world.accesses.get("shop/db")?.status?.findings ?? [];
  expect(lines(found.filter(({ type }) => type.startsWith("DNS")))).toEqual(expected);
});
