import fc from "fast-check";
import { expect, test } from "vitest";
import { FAMILIES, type FamilyAnswer, joined, type NameAnswer } from "./answer.ts";
import { answered, MOST_ADDRESSES, type NameState, seeded, type Windows, WINDOWS } from "./windows.ts";

/** Small enough for random times to meet the edges. */
const SMALL: Windows = { minTtl: 60_000, maxTtl: 600_000, grace: 120_000, maxStale: 3_600_000 };

const NONE: FamilyAnswer = { kind: "none" };
const MISSING: FamilyAnswer = { kind: "missing" };
const FAILED: FamilyAnswer = { kind: "failed", why: "SERVFAIL" };

function v4(ttl: number, ...addresses: readonly string[]): NameAnswer {
  return { IPv4: { kind: "addresses", records: addresses.map((address) => ({ address, ttl })) }, IPv6: NONE };
}

const FAILURE: NameAnswer = { IPv4: FAILED, IPv6: FAILED };
const NXDOMAIN: NameAnswer = { IPv4: MISSING, IPv6: MISSING };

/** At each of these seconds such an answer came: what is applied, and why, after each. */
function told(windows: Windows, ...steps: readonly (readonly [second: number, answer: NameAnswer])[]) {
  let state = seeded("a.example", [], 0, windows);
  return steps.map(([second, answer]) => {
    state = answered(state, answer, second * 1000, windows);
    const addresses = state.sightings.map(({ address }) => address).toSorted();
    return `${second}: ${state.reason} ${addresses.join(" ")}`.trimEnd();
  });
}

test("rotating answers add up, and an address goes when its window has passed unseen", () => {
  const lines = told(
    SMALL,
    [0, v4(0, "192.0.2.1")],
    [60, v4(0, "192.0.2.2")],
    [120, v4(0, "192.0.2.3")],
    [179, v4(0, "192.0.2.3")],
    [180, v4(0, "192.0.2.3")],
    [240, v4(0, "192.0.2.3")],
  );
  expect(lines).toEqual([
    "0: Resolved 192.0.2.1",
    "60: Resolved 192.0.2.1 192.0.2.2",
    "120: Resolved 192.0.2.1 192.0.2.2 192.0.2.3",
    "179: Resolved 192.0.2.1 192.0.2.2 192.0.2.3",
    "180: Resolved 192.0.2.2 192.0.2.3",
    "240: Resolved 192.0.2.3",
  ]);
});

test("a failure keeps what was known, until it is of no use any more", () => {
  const lines = told(
    SMALL,
    [0, v4(0, "192.0.2.1")],
    [60, FAILURE],
    [3000, FAILURE],
    [3600, FAILURE],
    [3700, v4(0, "192.0.2.2")],
  );
  expect(lines).toEqual([
    "0: Resolved 192.0.2.1",
    "60: Stale 192.0.2.1",
    "3000: Stale 192.0.2.1",
    "3600: Expired",
    "3700: Resolved 192.0.2.2",
  ]);
});

test("a name that is gone keeps its addresses for the grace", () => {
  const lines = told(
    SMALL,
    [0, v4(0, "192.0.2.1")],
    [600, FAILURE],
    [660, NXDOMAIN],
    [779, NXDOMAIN],
    [780, NXDOMAIN],
    [840, FAILURE],
  );
  expect(lines).toEqual([
    "0: Resolved 192.0.2.1",
    "600: Stale 192.0.2.1",
    "660: Stale 192.0.2.1",
    "779: Stale 192.0.2.1",
    "780: NotFound",
    "840: Pending",
  ]);
});

test("before the first answer a name is pending, and one that answers nothing has no addresses", () => {
  expect(told(SMALL, [0, FAILURE], [5, { IPv4: NONE, IPv6: NONE }])).toEqual([
    "0: Pending",
    "5: NoAddresses",
  ]);
});

test("one family that fails or is empty takes nothing from itself or from the other", () => {
  const both: NameAnswer = {
    IPv4: { kind: "addresses", records: [{ address: "192.0.2.1", ttl: 0 }] },
    IPv6: { kind: "addresses", records: [{ address: "2001:DB8::1", ttl: 0 }] },
  };
  const lines = told(SMALL, [0, both], [900, v4(0, "192.0.2.1")], [3601, v4(0, "192.0.2.1")]);
  expect(lines).toEqual([
    "0: Resolved 192.0.2.1 2001:db8::1",
    "900: Stale 192.0.2.1 2001:db8::1",
    "3601: Resolved 192.0.2.1",
  ]);
});

test("of more addresses than are kept those stay that were seen last, and it is said", () => {
  const many = (from: number) => Array.from({ length: 80 }, (_, i) => `192.0.2.${from + i}`);
  const first = answered(seeded("a.example", [], 0, WINDOWS), v4(0, ...many(0)), 0, WINDOWS);
  const then = answered(first, v4(0, ...many(80)), 60_000, WINDOWS);
  expect([first.isCapped, then.isCapped]).toEqual([false, true]);
  expect(then.sightings).toHaveLength(MOST_ADDRESSES);
  expect(then.sightings.filter(({ lastSeen }) => lastSeen === 60_000)).toHaveLength(80);
});

test("when to ask again: never at once, and more and more seldom while nobody answers", () => {
  let state = seeded("a.example", [], 0, WINDOWS);
  const waits = [v4(0, "192.0.2.1"), v4(100, "192.0.2.1"), v4(86_400, "192.0.2.1")].map((answer) => {
    state = answered(state, answer, 1_000_000, WINDOWS);
    return (state.next - 1_000_000) / 1000;
  });
  expect(waits).toEqual([60, 100, 600]);
  const pauses = Array.from({ length: 9 }, () => {
    state = answered(state, FAILURE, 1_000_000, WINDOWS);
    return (state.next - 1_000_000) / 1000;
  });
  expect(pauses).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300]);
});

test("an address is asked about when its time has come, though never at once", () => {
  const first = answered(seeded("a.example", [], 0, SMALL), v4(0, "192.0.2.1"), 0, SMALL);
  const waits = [150_000, 179_999].map((now) => answered(first, v4(0, "192.0.2.2"), now, SMALL).next - now);
  expect(waits).toEqual([30_000, 1000]);
});

test("a restart begins with what the status says, for a whole window", () => {
  const state = seeded("a.example", ["192.0.2.1", "192.0.2.2"], 0, SMALL);
  const later = answered(state, v4(0, "192.0.2.2"), 60_000, SMALL);
  const last = answered(later, v4(0, "192.0.2.2"), 180_000, SMALL);
  expect([state, later, last].map(({ sightings }) => sightings.length)).toEqual([2, 2, 1]);
});

test("what one server says counts; that there is nothing only when none of them failed", () => {
  const servers = [v4(5, "192.0.2.1"), v4(7, "192.0.2.2"), FAILURE, NXDOMAIN];
  expect(joined(servers).IPv4).toEqual({
    kind: "addresses",
    records: [
      { address: "192.0.2.1", ttl: 5 },
      { address: "192.0.2.2", ttl: 7 },
    ],
  });
  expect(joined([NXDOMAIN, FAILURE]).IPv4.kind).toBe("failed");
  expect(joined([NXDOMAIN, { IPv4: NONE, IPv6: NONE }]).IPv4.kind).toBe("none");
  expect(joined([NXDOMAIN, NXDOMAIN]).IPv4.kind).toBe("missing");
  expect(joined([]).IPv4.kind).toBe("failed");
});

// The promises once more, as anybody would write them down who had the whole history.

interface Step {
  readonly at: number;
  readonly answer: NameAnswer;
}

const anyAddress = {
  IPv4: fc.integer({ min: 1, max: 6 }).map((n) => `192.0.2.${n}`),
  IPv6: fc.integer({ min: 1, max: 6 }).map((n) => `2001:db8::${n}`),
};

function anyFamily(family: "IPv4" | "IPv6", isFailing: boolean): fc.Arbitrary<FamilyAnswer> {
  const ttl = fc.constantFrom(0, 1, 59, 60, 61, 300, 600, 601, 86_400);
  const record = fc.record({ address: anyAddress[family], ttl });
  const addresses = fc
    .array(record, { minLength: 1, maxLength: 4 })
    .map((records): FamilyAnswer => ({ kind: "addresses", records }));
  return isFailing ? fc.oneof(addresses, fc.constantFrom(NONE, MISSING, FAILED)) : addresses;
}

/** Asked when the state says so, or later: a busy operator is late. */
function anyHistory(isFailing: boolean) {
  const answer = fc.record({ IPv4: anyFamily("IPv4", isFailing), IPv6: anyFamily("IPv6", isFailing) });
  return fc.array(fc.record({ late: fc.constantFrom(0, 0, 1, 1000, 300_000), answer }), { maxLength: 30 });
}

/** Runs a history and looks after each step. */
function lived(
  history: readonly { readonly late: number; readonly answer: NameAnswer }[],
  look: (state: NameState, steps: readonly Step[], before: NameState) => void,
): void {
  let state = seeded("a.example", [], 0, SMALL);
  const steps: Step[] = [];
  for (const { late, answer } of history) {
    const before = state;
    const at = state.next + late;
    steps.push({ at, answer });
    state = answered(state, answer, at, SMALL);
    look(state, steps, before);
  }
}

/** Every address of an answer whose time has not passed, `extra` milliseconds after its TTL. */
function within(steps: readonly Step[], extra: number): ReadonlySet<string> {
  const now = steps.at(-1)?.at ?? 0;
  const alive = steps.flatMap(({ at, answer }) =>
    FAMILIES.flatMap((family) => {
      const each = answer[family];
      return each.kind === "addresses" ? each.records : [];
    }).filter(({ ttl }) => now < at + Math.min(Math.max(ttl * 1000, 60_000), 600_000) + extra),
  );
  return new Set(alive.map(({ address }) => address));
}

function applied({ sightings }: NameState): ReadonlySet<string> {
  return new Set(sightings.map(({ address }) => address));
}

test("while everybody answers, exactly the answers within their windows are applied", () => {
  fc.assert(
    fc.property(anyHistory(false), (history) =>
      lived(history, (state, steps) => expect(applied(state)).toEqual(within(steps, SMALL.grace))),
    ),
  );
});

test("whatever happens, no answer is gone before its time", () => {
  fc.assert(
    fc.property(anyHistory(true), (history) =>
      lived(history, (state, steps) => expect(within(steps, 0).isSubsetOf(applied(state))).toBe(true)),
    ),
  );
});

test("nothing is applied that nobody answered, nor anything that was dropped before and not seen again", () => {
  fc.assert(
    fc.property(anyHistory(true), (history) =>
      lived(history, (state, steps, before) => {
        const now = steps.at(-1);
        const fresh = now === undefined ? new Set<string>() : within([now], 0);
        expect(applied(state).isSubsetOf(applied(before).union(fresh))).toBe(true);
      }),
    ),
  );
});

test("a failure drops nothing that was answered within the day", () => {
  fc.assert(
    fc.property(anyHistory(true), (history) =>
      lived(history, (state, steps, before) => {
        const now = steps.at(-1);
        if (now === undefined || now.answer.IPv4.kind !== "failed" || now.answer.IPv6.kind !== "failed")
          return;
        const young = before.sightings.filter(
          ({ family }) => now.at - before.answered[family] < SMALL.maxStale,
        );
        expect(applied(state)).toEqual(new Set(young.map(({ address }) => address)));
      }),
    ),
  );
});

test("the next question is never now, and never later than the longest pause", () => {
  fc.assert(
    fc.property(anyHistory(true), (history) =>
      lived(history, (state, steps) => {
        const wait = state.next - (steps.at(-1)?.at ?? 0);
        expect(wait).toBeGreaterThanOrEqual(1000);
        expect(wait).toBeLessThanOrEqual(SMALL.maxTtl);
      }),
    ),
  );
});
