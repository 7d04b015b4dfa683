import { expect, test } from "vitest";
import { type NameStatus, type ServiceAccess } from "../model/service-access.ts";
import type { FamilyAnswer, NameAnswer } from "../reconciler/names/answer.ts";
import { WINDOWS } from "../reconciler/names/windows.ts";
import { type Change, createStore } from "../reconciler/store.ts";
import { fakeClock } from "../testing/fake-clock.ts";
import { recordedLog } from "../testing/recorded-log.ts";
import { accessOf } from "../testing/small-world.ts";
import { Names } from "./names.ts";

const NONE: FamilyAnswer = { kind: "none" };
const FAILURE: NameAnswer = { IPv4: { kind: "failed", why: "SERVFAIL" }, IPv6: NONE };

function at(...addresses: readonly string[]): NameAnswer {
  return {
    IPv4: { kind: "addresses", records: addresses.map((address) => ({ address, ttl: 0 })) },
    IPv6: NONE,
  };
}

function naming(key: string, ...names: readonly [string, ...string[]]): ServiceAccess {
  const access = accessOf(key, {
    permits: { egress: [{ to: [{ names: { fqdns: names } }], ports: [{ port: 443 }] }] },
  });
  return access;
}

/** The loop on a clock: what was asked, and what the store was told, by second. */
function loop(script: (name: string, asked: number) => NameAnswer, mostOfNamespace = 200) {
  const [clock, store] = [fakeClock(), createStore()];
  const lines: string[] = [];
  const counts = new Map<string, number>();
  const second = () => Math.round(clock.now() / 1000);
  const names: Names = new Names({
    store,
    clock,
    mostOfNamespace,
    windows: WINDOWS,
    log: recordedLog(),
    date: () => new Date(Date.UTC(2026, 0, 1) + clock.now()),
    onChange: ({ key, after }) => lines.push(`${second()}: ${key} ${said(after)}`),
    ask: (name) => {
      const asked = (counts.get(name) ?? 0) + 1;
      counts.set(name, asked);
      return Promise.resolve(script(name, asked));
    },
  });
  const put = (access: ServiceAccess) => {
    const change = store.put({ kind: "ServiceAccess", object: access });
    if (change !== undefined) names.follow(change);
  };
  const remove = (key: string) => {
    const change = store.remove("ServiceAccess", key);
    if (change !== undefined) names.follow(change);
  };
  return { names, clock, store, lines, counts, put, remove };
}

function said(item: Change["after"]): string {
  if (item?.kind !== "ResolvedName") return "gone";
  return [item.object.reason, ...item.object.answers.map(({ address }) => address)].join(" ");
}

test("a name is asked for once, whoever names it, and told only when something is different", async () => {
  const { names, clock, put, lines, counts } = loop((_, asked) => at(`192.0.2.${Math.min(asked, 2)}`));
  put(naming("shop/a", "www.example"));
  put(naming("web/b", "www.example"));
  names.begin();
  await clock.pass(300_000);
  expect(lines).toEqual([
    "0: www.example Resolved 192.0.2.1",
    "60: www.example Resolved 192.0.2.1 192.0.2.2",
  ]);
  expect(counts.get("www.example")).toBe(6);
  names.end();
});

test("nobody is asked before it begins, nor after it has ended", async () => {
  const { names, clock, put, counts } = loop(() => at("192.0.2.1"));
  put(naming("shop/a", "www.example"));
  await clock.pass(100_000);
  expect(counts.size).toBe(0);
  names.begin();
  await clock.pass(0);
  names.end();
  names.begin();
  await clock.pass(1_000_000);
  expect([counts.get("www.example"), clock.waits()]).toEqual([1, []]);
});

test("a new name is told at once, and names that change every ten seconds, all together", async () => {
  const { names, clock, put, lines } = loop((name, asked) =>
    at(`192.0.${name.length}.${Math.min(asked, 2)}`),
  );
  names.begin();
  put(naming("shop/a", "a.example"));
  await clock.pass(1000);
  put(naming("shop/b", "bb.example"));
  await clock.pass(3000);
  put(naming("shop/c", "ccc.example"));
  await clock.pass(96_000);
  expect(lines).toEqual([
    "0: a.example Resolved 192.0.9.1",
    "1: bb.example Resolved 192.0.10.1",
    "4: ccc.example Resolved 192.0.11.1",
    "60: a.example Resolved 192.0.9.1 192.0.9.2",
    "70: bb.example Resolved 192.0.10.1 192.0.10.2",
    "70: ccc.example Resolved 192.0.11.1 192.0.11.2",
  ]);
  names.end();
});

test("when nobody names it any more, it is not asked for, and gone", async () => {
  const { names, clock, put, remove, lines, counts } = loop(() => at("192.0.2.1"));
  put(naming("shop/a", "www.example", "api.example"));
  put(naming("shop/b", "api.example"));
  names.begin();
  await clock.pass(1000);
  remove("shop/a");
  await clock.pass(70_000);
  remove("shop/b");
  await clock.pass(300_000);
  expect(lines.filter((line) => line.endsWith("gone"))).toEqual([
    "1: www.example gone",
    "71: api.example gone",
  ]);
  expect(Object.fromEntries(counts)).toEqual({ "www.example": 1, "api.example": 2 });
  expect(clock.waits()).toEqual([]);
});

test("what the status has kept is what a start begins with, though nobody answers", async () => {
  const lastSeen = "2025-12-31T00:00:00Z";
  const kept: NameStatus = {
    name: "www.example",
    reason: "Resolved",
    answers: [{ address: "192.0.2.7", lastSeen }],
  };
  const { names, clock, put, lines } = loop((_, asked) => (asked < 3 ? FAILURE : at("192.0.2.8")));
  put({ ...naming("shop/a", "www.example"), status: { names: [kept] } });
  names.begin();
  await clock.pass(16_000);
  await clock.pass(700_000);
  expect(lines).toEqual([
    "0: www.example Stale 192.0.2.7",
    "15: www.example Resolved 192.0.2.7 192.0.2.8",
    "660: www.example Resolved 192.0.2.8",
  ]);
  names.end();
});

test("a namespace gets so many names answered, the first ones, and the next when one goes", async () => {
  const { names, clock, put, remove, lines } = loop(() => at("192.0.2.1"), 1);
  put(naming("shop/a", "a.example"));
  put(naming("shop/b", "b.example"));
  put(naming("web/b", "c.example"));
  names.begin();
  await clock.pass(1000);
  remove("shop/a");
  await clock.pass(10_000);
  expect(lines).toEqual([
    "0: b.example TooMany",
    "0: a.example Resolved 192.0.2.1",
    "0: c.example Resolved 192.0.2.1",
    "1: a.example gone",
    "1: b.example Resolved 192.0.2.1",
  ]);
  names.end();
});

test("many names are asked for a few at a time", async () => {
  let [underWay, most] = [0, 0];
  const [clock, store] = [fakeClock(), createStore()];
  const ask = async (): Promise<NameAnswer> => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise<void>((resolve) => clock.after(100, resolve));
    underWay -= 1;
    return at("192.0.2.1");
  };
  const log = recordedLog();
  const options = {
    store,
    clock,
    log,
    ask,
    windows: WINDOWS,
    mostOfNamespace: 200,
    onChange: () => undefined,
  };
  const names = new Names(options);
  for (let i = 0; i < 100; i += 1)
    store.put({ kind: "ServiceAccess", object: naming(`shop/n${i}`, `n${i}.example`) });
  names.begin();
  await clock.pass(60_000);
  expect([most, store.world.names.size]).toEqual([16, 100]);
  names.end();
});
