import { afterEach, expect, test } from "vitest";
import { type FakeClock, fakeClock } from "../testing/fake-clock.ts";
import { recordedLog } from "../testing/recorded-log.ts";
import {
  answer,
  error,
  list,
  refuse,
  scriptedServer,
  type Step,
  watching,
} from "../testing/scripted-server.ts";
import { soon } from "../testing/soon.ts";
import { createClient } from "./client.ts";
import type { Handler } from "./mirror.ts";
import type { Patience } from "./patience.ts";
import { nameOf } from "./received.ts";
import { Reflector } from "./reflector.ts";
import { NAMESPACES } from "./resources.ts";
import { createTransport } from "./transport.ts";

test("a list of several pages is handed on whole, and the watch goes on from its version", async () => {
  const seen = await reflect(
    list("10", ["a@1", "b@2"], "more"),
    list("10", ["c@3"]),
    watching(["ADDED d@11"]),
  );
  await expectTold(seen, "put a@1", "put b@2", "put c@3", "put d@11");
  expect(seen.asked).toEqual(["list", "list continue=more", "watch 10"]);
});

test("a watch that ends in good order is followed by the next from where it ended", async () => {
  const seen = await reflect(
    list("10", ["a@1"]),
    watching(["MODIFIED a@11", "DELETED a@12"], "end"),
    watching(["ADDED b@13"]),
  );
  await expectTold(seen, "put a@1", "put a@11", "remove a@11", "put b@13");
  expect(seen.asked).toEqual(["list", "watch 10", "watch 12"]);
});

test("a bookmark moves the place to go on from and tells the handler nothing", async () => {
  const seen = await reflect(list("10", ["a@1"]), watching(["BOOKMARK @40"], "end"), watching([]));
  await expectAsked(seen, "list", "watch 10", "watch 40");
  expect(seen.events).toEqual(["put a@1"]);
});

test("410 in the stream lists again, at once and as a difference", async () => {
  const seen = await reflect(
    list("10", ["a@1", "b@2", "c@3"]),
    watching([error(410, "Expired")]),
    list("50", ["a@1", "b@44", "d@45"]),
    watching([]),
  );
  await expectTold(seen, "put a@1", "put b@2", "put c@3", "put b@44", "put d@45", "remove c@3");
  await expectAsked(seen, "list", "watch 10", "list", "watch 50");
});

test("410 on opening the watch lists again", async () => {
  const seen = await reflect(list("10", []), refuse(410, "Expired"), list("20", ["a@15"]), watching([]));
  await expectTold(seen, "put a@15");
});

test("410 between two pages lists again in one piece, and nothing is removed for it", async () => {
  const seen = await reflect(
    list("10", ["a@1"], "more"),
    refuse(410, "Expired"),
    list("20", ["a@1", "b@2"]),
    watching([]),
  );
  await expectTold(seen, "put a@1", "put b@2");
  await expectAsked(seen, "list", "list continue=more", "list all", "watch 20");
});

test("an object deleted and made again while nobody looked is removed and put", async () => {
  const seen = await reflect(
    list("10", ["a#1@1"]),
    watching([error(410, "Expired")]),
    list("20", ["a#2@15"]),
    watching([]),
  );
  await expectTold(seen, "put a@1", "remove a@1", "put a@15");
});

test("a list that finds everything as it was tells the handler nothing", async () => {
  const seen = await reflect(
    list("10", ["a@1", "b@2"]),
    watching([error(410, "Expired")]),
    list("20", ["a@1", "b@2"]),
    watching([]),
  );
  await expectAsked(seen, "list", "watch 10", "list", "watch 20");
  expect(seen.events).toEqual(["put a@1", "put b@2"]);
});

test.each([
  ["a cut connection", watching(["ADDED a@11"], "cut"), "watch 11"],
  ["an ERROR other than 410", watching(["ADDED a@11", error(500, "InternalError")]), "watch 11"],
  ["a server that is down for a moment", refuse(503, "ServiceUnavailable"), "watch 10"],
  ["half a line before the cut", watching(["ADDED a@11", '{"type":"ADD'], "cut"), "watch 11"],
])("%s is waited out and the watch goes on where it was", async (_, step, next) => {
  const seen = await reflect(list("10", []), step, watching(["ADDED b@12"]));
  await seen.waits(800);
  await seen.clock.pass(800);
  await expectAsked(seen, "list", "watch 10", next);
  await soon(() => expect(seen.events.at(-1)).toBe("put b@12"));
});

test.each([
  ["a line that is no JSON", "<html>oops</html>\n"],
  ["an event of no known type", '{"type":"NEWS","object":{}}\n'],
  ["an event without an object", '{"type":"ADDED"}\n'],
  ["an object without a version", '{"type":"ADDED","object":{"metadata":{"name":"a","uid":"1"}}}\n'],
  ["a value that is no event", "7\n"],
])("after %s something was lost, so everything is listed", async (_, garbage) => {
  const seen = await reflect(list("10", []), watching([garbage]), list("20", ["b@15"]), watching([]));
  await seen.waits(800);
  await seen.clock.pass(800);
  await expectTold(seen, "put b@15");
  await expectAsked(seen, "list", "watch 10", "list", "watch 20");
});

test("a silent watch is given up after 90 seconds and begun again", async () => {
  const seen = await reflect(list("10", []), watching(["ADDED a@11"]), watching(["ADDED b@12"]));
  await expectTold(seen, "put a@11");
  await seen.clock.pass(89_000);
  expect(seen.asked).toHaveLength(2);
  await seen.clock.pass(1_000);
  await seen.waits(800);
  expect(seen.reflector.trouble).toBe("cannot watch namespaces: the server went silent");
  await seen.clock.pass(800);
  await expectTold(seen, "put a@11", "put b@12");
  expect(seen.asked).toEqual(["list", "watch 10", "watch 11"]);
});

test("bookmarks keep a quiet watch alive", async () => {
  const seen = await reflect(list("10", []), (response) => {
    watching([])(response, response.req);
    keepAlive.push((version) => response.write(bookmark(version)));
  });
  await expectAsked(seen, "list", "watch 10");
  await soon(() => expect(keepAlive).toHaveLength(1));
  for (const version of [11, 12, 13]) {
    await seen.clock.pass(60_000);
    keepAlive[0]?.(version);
    await soon(() => expect(seen.reflector.lastEvent).toBe(seen.clock.now()));
  }
  expect(seen.asked).toHaveLength(2);
});

test("429 is left alone for as long as it asks", async () => {
  const seen = await reflect(
    refuse(429, "TooManyRequests", { "retry-after": "7" }),
    list("10", ["a@1"]),
    watching([]),
  );
  await seen.waits(7_000);
  await seen.clock.pass(6_999);
  expect(seen.asked).toEqual(["list"]);
  await seen.clock.pass(1);
  await expectTold(seen, "put a@1");
});

test("the waits grow from 0.8 to 30 seconds", async () => {
  const failures = Array.from({ length: 8 }, () => refuse(500, "InternalError"));
  const seen = await reflect(...failures);
  const waits: number[] = [];
  for (const asked of [1, 2, 3, 4, 5, 6, 7, 8]) {
    await soon(() => expect(seen.asked).toHaveLength(asked));
    await soon(() => expect(seen.clock.waits()).toHaveLength(1));
    waits.push(seen.clock.waits()[0] ?? 0);
    await seen.clock.pass(30_000);
  }
  expect(waits).toEqual([800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
});

test("a watch that fails again and again ends in a list, for its place may be what is wrong", async () => {
  const failures = Array.from({ length: 6 }, () => refuse(504, "Timeout"));
  const seen = await reflect(list("10", []), ...failures, list("5", ["a@3"]), watching([]));
  for (const asked of [2, 3, 4, 5, 6, 7]) {
    await soon(() => expect(seen.asked).toHaveLength(asked));
    await soon(() => expect(seen.clock.waits()).toHaveLength(1));
    await seen.clock.pass(30_000);
  }
  await expectTold(seen, "put a@3");
  expect(seen.asked.slice(-1)).toEqual(["watch 5"]);
});

test("watches that the server ends at once are not begun again at once", async () => {
  const seen = await reflect(list("10", []), watching([], "end"), watching([], "end"));
  await seen.waits(800);
  expect(seen.asked).toEqual(["list", "watch 10"]);
});

test("after half an hour of watching, a list says whether it told everything", async () => {
  let end: (() => void) | undefined;
  const seen = await reflect(
    list("10", ["a@1", "b@2"]),
    (response) => {
      watching([])(response, response.req);
      end = () => response.end();
    },
    list("20", ["b@2"]),
    watching([]),
  );
  await soon(() => expect(end).toBeDefined());
  seen.clock.jump(31 * 60_000);
  end?.();
  await expectTold(seen, "put a@1", "put b@2", "remove a@1");
});

test("a list is due even though the watch never ends, and a watch is not asked to outlast it", async () => {
  const lines: ((text: string) => void)[] = [];
  const patience = { silence: 90_000, relist: 20_000 };
  const seen = await reflectWith(
    { patience },
    list("10", ["a@1", "b@2"]),
    open(lines),
    list("20", ["b@2"]),
    open(lines),
  );
  await soon(() => expect(lines).toHaveLength(1));
  expect(seen.timeouts).toEqual(["20"]);
  seen.clock.jump(20_000);
  lines[0]?.(bookmark(11));
  await expectTold(seen, "put a@1", "put b@2", "remove a@1");
});

test("a list that fails although it was only to make sure does not cost us the watch", async () => {
  const lines: ((text: string) => void)[] = [];
  const seen = await reflect(
    list("10", ["a@1"]),
    open(lines),
    refuse(503, "ServiceUnavailable"),
    open(lines),
    list("30", ["a@11"]),
    watching([]),
  );
  await soon(() => expect(lines).toHaveLength(1));
  seen.clock.jump(31 * 60_000);
  lines[0]?.(bookmark(10));
  await seen.waits(800);
  await seen.clock.pass(800);
  await soon(() => expect(lines).toHaveLength(2));
  lines[1]?.(`${event("MODIFIED", "a", "11")}\n`);
  await expectTold(seen, "put a@1", "put a@11");
  seen.clock.jump(60_000);
  lines[1]?.(bookmark(12));
  await expectAsked(seen, "list", "watch 10", "list", "watch 10", "list", "watch 30");
});

test("what was told already is not told again as if it were how things are now", async () => {
  const seen = await reflect(
    list("10", ["a@1", "b@2"]),
    watching(["MODIFIED a@11", "DELETED b@12", "MODIFIED a@13"], "cut"),
    watching(
      ["ADDED b@2", "MODIFIED a@11", "BOOKMARK @9", "DELETED b@12", "MODIFIED a@13", "MODIFIED a@14"],
      "cut",
    ),
    watching([]),
  );
  for (const asked of [2, 3]) {
    await soon(() => expect(seen.asked).toHaveLength(asked));
    await seen.waits(800);
    await seen.clock.pass(800);
  }
  await expectTold(seen, "put a@1", "put b@2", "put a@11", "remove b@2", "put a@13", "put a@14");
  await expectAsked(seen, "list", "watch 10", "watch 13", "watch 14");
});

test("the end of an object is believed, however old the news", async () => {
  const seen = await reflect(list("10", ["a@1", "b@2"]), watching(["MODIFIED b@12", "DELETED a@1"]));
  await expectTold(seen, "put a@1", "put b@2", "put b@12", "remove a@1");
});

test.each([
  ["without elements", { metadata: { resourceVersion: "20" } }],
  ["without a version", { metadata: {}, items: [] }],
  ["with an element that is no object", { metadata: { resourceVersion: "20" }, items: [{ metadata: {} }] }],
])("a list %s is no list, and removes nothing", async (_, body) => {
  const seen = await reflect(
    list("10", ["a@1"]),
    watching([error(410, "Expired")]),
    answer(200, body),
    list("30", ["a@1"]),
    watching([]),
  );
  await soon(() => expect(seen.asked).toHaveLength(3));
  await seen.waits(1_600);
  await seen.clock.pass(1_600);
  await expectAsked(seen, "list", "watch 10", "list", "list", "watch 30");
  expect(seen.events).toEqual(["put a@1"]);
});

test("a handler that throws does not end the watch", async () => {
  const seen = await reflect(list("10", ["bad@1", "a@2"]), watching(["MODIFIED bad@11", "ADDED b@12"]));
  await expectTold(seen, "put a@2", "put b@12");
  expect(seen.log.entries).toEqual(["error object not handled", "error object not handled"]);
});

test("characters and lines may be cut anywhere between chunks", async () => {
  const bytes = Buffer.from(
    `${JSON.stringify({
      type: "ADDED",
      object: { metadata: { name: "a", uid: "ü€𝄞", resourceVersion: "11" } },
    })}\n\n`,
  );
  const seen = await reflect(list("10", []), (response) => {
    response.flushHeaders();
    void drip(response, bytes);
  });
  await expectTold(seen, "put a@11");
  expect(seen.uids).toEqual(["ü€𝄞"]);
});

test("stopping ends a watch, a wait and a list under way, and nothing is told afterwards", async () => {
  const watchingOne = await reflect(list("10", ["a@1"]), watching([]));
  await expectAsked(watchingOne, "list", "watch 10");
  const waiting = await reflect(refuse(500, "InternalError"));
  await waiting.waits(800);
  const listing = await reflect();
  await expectAsked(listing, "list");
  for (const seen of [watchingOne, waiting, listing]) {
    seen.stop();
    await seen.ended;
    expect(seen.clock.waits()).toEqual([]);
  }
  await expect(watchingOne.reflector.synced).resolves.toBeUndefined();
  await expect(waiting.reflector.synced).rejects.toThrow("stopped before the namespaces were listed");
});

test("what we wrote is handed on at once, and older news of it is not", async () => {
  let send: ((text: string) => void) | undefined;
  const seen = await reflect(list("10", ["a@5"]), (response) => {
    watching([])(response, response.req);
    send = (text) => response.write(`${text}\n`);
  });
  await soon(() => expect(send).toBeDefined());
  seen.wrote("a", "1", "20");
  seen.wrote("a", "1", "18");
  send?.(event("MODIFIED", "a", "19"));
  send?.(event("MODIFIED", "a", "20"));
  send?.(event("MODIFIED", "a", "21"));
  await expectTold(seen, "put a@5", "put a@20", "put a@21");
});

test("a write outranks older news for ten seconds only: versions can go back after a restore", async () => {
  let send: ((text: string) => void) | undefined;
  const seen = await reflect(list("5", ["a@5"]), (response) => {
    watching([])(response, response.req);
    send = (text) => response.write(`${text}\n`);
  });
  await soon(() => expect(send).toBeDefined());
  seen.wrote("a", "1", "20");
  await seen.clock.pass(10_000);
  send?.(event("MODIFIED", "a", "7"));
  await expectTold(seen, "put a@5", "put a@20", "put a@7");
});

test("a list from before our write does not remove what the write made", async () => {
  const seen = await reflect(list("10", []), watching([error(410, "Expired")]), (response) => {
    seen.wrote("a", "1", "20");
    list("15", [])(response, response.req);
  });
  await expectAsked(seen, "list", "watch 10", "list", "watch 15");
  expect(seen.events).toEqual(["put a@20"]);
});

// The language of these tests.

const keepAlive: ((version: number) => void)[] = [];
const endings: (() => Promise<void>)[] = [];

afterEach(async () => {
  keepAlive.length = 0;
  for (const end of endings.splice(0)) await end();
});

function event(type: string, name: string, resourceVersion: string): string {
  return JSON.stringify({ type, object: { metadata: { name, uid: `${name}-1`, resourceVersion } } });
}

function bookmark(version: number): string {
  return `${JSON.stringify({ type: "BOOKMARK", object: { metadata: { resourceVersion: String(version) } } })}\n`;
}

async function drip(response: { write: (bytes: Buffer) => void }, bytes: Buffer): Promise<void> {
  for (const byte of bytes) {
    response.write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

type Seen = Awaited<ReturnType<typeof reflect>>;

function expectTold(seen: Seen, ...expected: string[]): Promise<void> {
  return soon(() => expect(seen.events).toEqual(expected));
}

function expectAsked(seen: Seen, ...expected: string[]): Promise<void> {
  return soon(() => expect(seen.asked).toEqual(expected));
}

interface JumpingClock extends FakeClock {
  /** Time goes by without any timer being noticed. */
  readonly jump: (milliseconds: number) => void;
}

function jumpingClock(): JumpingClock {
  const clock = fakeClock();
  let ahead = 0;
  return {
    ...clock,
    now: () => clock.now() + ahead,
    jump: (milliseconds) => {
      ahead += milliseconds;
    },
  };
}

function reflect(...script: readonly Step[]) {
  return reflectWith({}, ...script);
}

/** A watch that stays open, for a test to speak in. */
function open(lines: ((text: string) => void)[]): Step {
  return (response) => {
    watching([])(response, response.req);
    lines.push((text) => void response.write(text));
  };
}

/** Runs a reflector against a script and records what its handler is told. */
async function reflectWith(options: { readonly patience?: Patience }, ...script: readonly Step[]) {
  const timeouts: string[] = [];
  const server = await scriptedServer(...script.map((step) => noting(step, timeouts)));
  const client = createClient(createTransport(server.kubeConfig));
  const stopping = new AbortController();
  const clock = jumpingClock();
  const events: string[] = [];
  const uids: string[] = [];
  const handler: Handler = {
    put: ({ meta }) => {
      if (meta.name === "bad") throw new Error("cannot handle this");
      events.push(`put ${nameOf(meta)}@${meta.resourceVersion}`);
      uids.push(meta.uid);
    },
    remove: (meta) => void events.push(`remove ${nameOf(meta)}@${meta.resourceVersion}`),
  };
  const log = recordedLog();
  const random = () => 1;
  const reflector = new Reflector({ client, resource: NAMESPACES, handler, log, clock, random, ...options });
  const ended = reflector.run(stopping.signal);
  endings.push(async () => {
    stopping.abort();
    await ended;
    await client.close();
    await server.close();
  });
  return {
    clock,
    ended,
    events,
    log,
    reflector,
    timeouts,
    uids,
    asked: server.asked,
    stop: () => stopping.abort(),
    /** Waits until the only timer set is one of this length. */
    waits: (milliseconds: number) => soon(() => expect(clock.waits()).toEqual([milliseconds])),
    wrote: (name: string, birth: string, resourceVersion: string) => {
      const meta = { namespace: "", name, uid: `${name}-${birth}`, resourceVersion, generation: 1 };
      reflector.wrote({ meta, raw: { metadata: meta } });
    },
  };
}

/** Notes for how many seconds each watch is asked. */
function noting(step: Step, timeouts: string[]): Step {
  return (response, request) => {
    const seconds = new URL(request.url ?? "", "http://server").searchParams.get("timeoutSeconds");
    if (seconds !== null) timeouts.push(seconds);
    step(response, request);
  };
}
