import { afterEach, expect, test } from "vitest";
import { systemClock } from "../kube/clock.ts";
import type { EndpointSlice } from "../model/world.ts";
import { WINDOWS } from "../reconciler/names/windows.ts";
import { storeOf } from "../reconciler/store.ts";
import { type DnsServer, startDnsServer } from "../testing/dns-server.ts";
import { recordedLog } from "../testing/recorded-log.ts";
import { accessOf, CLUSTER_DNS, smallWorld } from "../testing/small-world.ts";
import { followNames } from "./follow-names.ts";
import type { Names } from "./names.ts";

const opened: DnsServer[] = [];
const followed: Names[] = [];
afterEach(async () => {
  for (const names of followed.splice(0)) names.end();
  await Promise.all(opened.splice(0).map((server) => server.close()));
});

async function serving(address: string): Promise<DnsServer> {
  const server = await startDnsServer(() => ({ kind: "addresses", addresses: [address] }));
  opened.push(server);
  return server;
}

/** One pod of the cluster's DNS, on a port of its own. */
function replica({ port }: DnsServer, ready: boolean): EndpointSlice {
  return {
    namespace: "kube-system",
    name: `kube-dns-${port}`,
    service: "kube-dns",
    endpoints: [{ addresses: ["127.0.0.1"], ready }],
    ports: [{ name: "dns", protocol: "UDP", port }],
  };
}

/** What a name comes to in a cluster with these pods of its DNS. */
function resolved(endpointSlices: readonly EndpointSlice[], servers?: readonly string[]) {
  const access = accessOf("shop/out", {
    permits: { egress: [{ to: [{ names: { fqdns: ["www.example"] } }], ports: [{ port: 443 }] }] },
  });
  const store = storeOf(smallWorld({ ...CLUSTER_DNS, endpointSlices, accesses: [access] }));
  const settings = { servers, windows: WINDOWS, mostOfNamespace: 10 };
  return new Promise((resolve) => {
    const onChange = () => {
      const entry = store.world.names.get("www.example");
      resolve([entry?.reason, ...(entry?.answers ?? []).map(({ address }) => address)].join(" "));
    };
    const names = followNames({ settings, store, clock: systemClock, log: recordedLog(), onChange });
    followed.push(names);
    names.begin();
  });
}

test("every ready pod of the cluster's DNS is asked, at its own port, and no other", async () => {
  const [one, two, ending] = [
    await serving("192.0.2.1"),
    await serving("192.0.2.2"),
    await serving("192.0.2.3"),
  ];
  const slices = [replica(one, true), replica(two, true), replica(ending, false)];
  expect(await resolved(slices)).toBe("Resolved 192.0.2.1 192.0.2.2");
  expect(ending.questions).toEqual([]);
});

test("a setting says who is asked instead", async () => {
  const [pod, told] = [await serving("192.0.2.1"), await serving("192.0.2.9")];
  expect(await resolved([replica(pod, true)], [told.address])).toBe("Resolved 192.0.2.9");
  expect(pod.questions).toEqual([]);
});

test("where nobody is known who answers, the name is pending", async () => {
  expect(await resolved([])).toBe("Pending");
});

test("of very many pods sixteen are asked each time", async () => {
  const servers = await Promise.all(Array.from({ length: 20 }, (_, i) => serving(`192.0.2.${i}`)));
  await resolved(servers.map((server) => replica(server, true)));
  const asked = () => servers.filter(({ questions }) => questions.length > 0).length;
  expect(asked()).toBe(16);
});
