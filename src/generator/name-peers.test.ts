import { expect, test } from "vitest";
import type { EgressPeer, NameStatus, ServiceAccess } from "../model/service-access.ts";
import { accessOf, smallWorld } from "../testing/small-world.ts";
import { MOST_NAMES } from "./fqdns.ts";
import { policiesFor } from "./policies.ts";
import { resolve } from "./references.ts";

const EMPTY = smallWorld({});

function name(fqdn: string, ...addresses: readonly string[]): NameStatus {
  const lastSeen = "2026-11-21T12:00:00Z";
  const reason = addresses.length === 0 ? "Pending" : "Resolved";
  return { name: fqdn, reason, answers: addresses.map((address) => ({ address, lastSeen })) };
}

function asking(...to: readonly [EgressPeer, ...EgressPeer[]]): ServiceAccess {
  return accessOf("shop/out", { permits: { dns: false, egress: [{ to, ports: [{ port: 443 }] }] } });
}

/** The permits of the object: who may be reached, and what was left out for which reason. */
function written(access: ServiceAccess, ...names: readonly NameStatus[]) {
  const world = { ...EMPTY, names: new Map(names.map((each) => [each.name, each])) };
  const { policies, dropped } = policiesFor(access, resolve(access, world));
  const [spec] = policies.map((policy) => policy.spec);
  return {
    types: spec?.policyTypes,
    to: (spec?.egress ?? []).flatMap(({ to }) => (to ?? ["everyone"]).map((peer) => JSON.stringify(peer))),
    dropped: dropped.map(({ reason }) => reason),
  };
}

const block = (cidr: string, ...except: readonly string[]) =>
  JSON.stringify({ ipBlock: except.length === 0 ? { cidr } : { cidr, except } });

test("each address of a name is a block of its own, sorted, in both families", () => {
  const access = asking({ names: { fqdns: ["b.example", "a.example"] } });
  const found = written(
    access,
    name("a.example", "192.0.2.9", "2001:db8::1"),
    name("b.example", "192.0.2.10", "192.0.2.9"),
  );
  expect(found.to).toEqual(["192.0.2.10/32", "192.0.2.9/32", "2001:db8::1/128"].map((cidr) => block(cidr)));
  expect(found.dropped).toEqual([]);
});

test("a family that is not asked for is left out", () => {
  const access = asking({ names: { fqdns: ["a.example"], families: ["IPv6"] } });
  expect(written(access, name("a.example", "192.0.2.9", "2001:db8::1")).to).toEqual([
    block("2001:db8::1/128"),
  ]);
});

test("while nothing is resolved the rule is left out, and the pods stay isolated", () => {
  expect(written(asking({ names: { fqdns: ["a.example"] } }))).toEqual({
    types: ["Egress"],
    to: [],
    dropped: ["NamesNotResolved"],
  });
});

test("a name that is not resolved takes nothing from one that is", () => {
  const access = asking({ names: { fqdns: ["a.example", "b.example"] } });
  expect(written(access, name("b.example", "192.0.2.1")).to).toEqual([block("192.0.2.1/32")]);
});

test("before anything was asked the status says what the name was", () => {
  const access = {
    ...asking({ names: { fqdns: ["a.example"] } }),
    status: { names: [name("a.example", "192.0.2.1")] },
  };
  expect(written(access).to).toEqual([block("192.0.2.1/32")]);
  expect(written(access, name("a.example", "192.0.2.2")).to).toEqual([block("192.0.2.2/32")]);
});

const NEVER = [
  "0.0.0.0",
  "127.0.0.1",
  "169.254.169.254",
  "169.254.20.10",
  "224.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "fe80::1",
  "ff02::1",
  "::ffff:192.0.2.1",
  "64:ff9b::a9fe:a9fe",
  "2002:7f00:1::1",
  "not an address",
  "192.0.2.0/24",
];
const PRIVATE = ["10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd00::1", "64:ff9b::a00:1"];

test.each(NEVER)("no name leads to %s, whatever is said", (address) => {
  for (const allowPrivate of [true, false]) {
    const access = asking({ names: { fqdns: ["a.example"], allowPrivate } });
    expect(written(access, name("a.example", address)).to).toEqual([]);
  }
});

test.each(PRIVATE)("a name leads to %s only where private addresses are allowed", (address) => {
  const lengths = [true, false].map((allowPrivate) => {
    const access = asking({ names: { fqdns: ["a.example"], allowPrivate } });
    return written(access, name("a.example", address)).to.length;
  });
  expect(lengths).toEqual([1, 0]);
});

test("a public address of the API server is the cluster's own, and private in that sense", () => {
  const [address, lastSeen] = ["203.0.113.7", "2026-11-21T12:00:00Z"];
  const access = asking({ names: { fqdns: ["a.example"] } });
  const slice = {
    namespace: "default",
    name: "kubernetes",
    service: "kubernetes",
    endpoints: [{ addresses: [address], ready: true }],
    ports: [],
  };
  const world = smallWorld({
    endpointSlices: [slice],
    names: [{ name: "a.example", reason: "Resolved", answers: [{ address, lastSeen }] }],
  });
  const { dropped } = policiesFor(access, resolve(access, world));
  expect(dropped.map(({ reason }) => reason)).toEqual(["NamesNotResolved"]);
});

test("more names than an object may have are nobody", () => {
  const fqdns = Array.from({ length: MOST_NAMES }, (_, i) => `n${i}.example`);
  const all = ["last.example", ...fqdns].map((each) => name(each, "192.0.2.1"));
  const peers = [...fqdns, "last.example"].map((each): EgressPeer => ({ names: { fqdns: [each] } }));
  const [first, ...others] = peers;
  if (first === undefined) throw new Error("no peers");
  expect(written(asking(first, ...others), ...all).dropped).toEqual(["NamesNotResolved"]);
});

const OPEN = '{"namespaceSelector":{}}';

test("Anywhere with an exception is the cluster and both families without it", () => {
  const access = asking({ preset: "Anywhere", except: { cidrs: ["203.0.113.0/24", "2001:db8::/32"] } });
  expect(written(access).to.toSorted()).toEqual(
    [block("0.0.0.0/0", "203.0.113.0/24"), block("::/0", "2001:db8::/32"), OPEN].toSorted(),
  );
});

test("an exception for sources is one as well", () => {
  const access = accessOf("shop/in", {
    target: { podSelector: {} },
    ports: [{ port: 80 }],
    rights: { ingress: [{ from: [{ preset: "Anywhere", except: { cidrs: ["203.0.113.0/24"] } }] }] },
    permits: { policy: "None" },
  });
  const [rights] = policiesFor(access, resolve(access, EMPTY)).policies;
  const rules = rights?.spec.ingress ?? [];
  const texts = rules.flatMap(({ from }) => (from ?? ["everyone"]).map((peer) => JSON.stringify(peer)));
  expect(texts).toContain(block("0.0.0.0/0", "203.0.113.0/24"));
  expect(texts).not.toContain(block("0.0.0.0/0"));
  expect(texts).not.toContain('"everyone"');
});

test("World with an exception keeps its own, and says once what lies in another", () => {
  const access = asking({ preset: "World", except: { cidrs: ["203.0.113.0/24", "10.1.0.0/16"] } });
  const [v4] = written(access).to;
  expect(v4).toContain('"203.0.113.0/24"');
  expect(v4).toContain('"10.0.0.0/8"');
  expect(v4).not.toContain("10.1.0.0/16");
});

test("an excepted name takes all of its addresses out, those that no name may lead to among them", () => {
  const access = asking({ preset: "Anywhere", except: { names: ["bad.example"] } });
  const found = written(access, name("bad.example", "198.51.100.7", "10.0.0.7", "2001:db8::7"));
  expect(found.to.toSorted()).toEqual(
    [block("0.0.0.0/0", "10.0.0.7/32", "198.51.100.7/32"), block("::/0", "2001:db8::7/128"), OPEN].toSorted(),
  );
});

test("while an excepted name is not resolved there is no rule, rather than one without the exception", () => {
  const except = { cidrs: ["203.0.113.0/24"], names: ["bad.example"] } as const;
  const found = written(asking({ preset: "Anywhere", except }));
  expect(found).toEqual({ types: ["Egress"], to: [], dropped: ["NamesNotResolved"] });
});

test("an exception beside anything but Anywhere and World is no rule", () => {
  for (const preset of ["Cluster", "KubeAPI"] as const) {
    const found = written(asking({ preset, except: { cidrs: ["203.0.113.0/24"] } }));
    expect(found.to).toEqual([]);
  }
});

test("what leaves all of a family out leaves its block out", () => {
  const access = asking({ preset: "World", except: { cidrs: ["0.0.0.0/0"] } });
  const { to } = written(access);
  expect(to).toEqual([expect.stringContaining("::/0")]);
});
