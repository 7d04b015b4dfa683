import { expect, test } from "vitest";
import { fakeClock } from "../testing/fake-clock.ts";
import { createMirror } from "./mirror.ts";
import { type Received, received } from "./received.ts";
import { NETWORK_POLICIES } from "./resources.ts";

/** What a handler is told, as `put web 7` and `remove web`. */
function mirrored() {
  const told: string[] = [];
  const clock = fakeClock();
  const handler = {
    put: ({ meta }: Received) => void told.push(`put ${meta.name} ${meta.resourceVersion}`),
    remove: ({ name }: { readonly name: string }) => void told.push(`remove ${name}`),
  };
  return { told, clock, mirror: createMirror(handler, clock) };
}

function web(resourceVersion: string, uid = "u1"): Received {
  const object = received(NETWORK_POLICIES, {
    metadata: { namespace: "shop", name: "web", uid, resourceVersion },
  });
  if (object === undefined) throw new Error("not an object");
  return object;
}

test("the answer to a write is known before the watch shows it, and not told twice", () => {
  const { told, mirror } = mirrored();
  mirror.reached("5");
  mirror.wrote(web("7"));
  mirror.put(web("7"));
  mirror.reached("7");
  expect(told).toEqual(["put web 7"]);
});

test("of one version the answer to a write is believed, for a watch may read it by an older definition", () => {
  const { told, mirror } = mirrored();
  mirror.put(web("7"));
  mirror.reached("7");
  mirror.wrote(web("7"));
  mirror.put(web("7"));
  expect(told).toEqual(["put web 7", "put web 7"]);
});

test("an object that was deleted before the answer to our write came stays deleted", () => {
  const { told, mirror } = mirrored();
  mirror.put(web("7"));
  mirror.remove(web("8").meta);
  mirror.reached("8");
  mirror.wrote(web("7"));
  expect(told).toEqual(["put web 7", "remove web"]);
});

test("an object that a list no longer showed when the answer came stays deleted", () => {
  const { told, mirror } = mirrored();
  mirror.keepOnly(new Set(), "9");
  mirror.wrote(web("7"));
  expect(told).toEqual([]);
});

test("where versions are no numbers, an answer is believed", () => {
  const { told, mirror } = mirrored();
  mirror.reached("b");
  mirror.wrote(web("a"));
  expect(told).toEqual(["put web a"]);
});

test("a place is never reached backwards", () => {
  const { told, mirror } = mirrored();
  mirror.reached("9");
  mirror.reached("6");
  mirror.wrote(web("8"));
  expect(told).toEqual([]);
});

test("a list that takes a minute does not remove what was made while it was read, nor bring back what it was", async () => {
  const { told, clock, mirror } = mirrored();
  mirror.listing();
  mirror.wrote(web("12"));
  await clock.pass(60_000);
  mirror.put(web("8"));
  mirror.keepOnly(new Set(), "9");
  expect(told).toEqual(["put web 12"]);
});

test("a write from before the list is no reason to keep what the list no longer shows", async () => {
  const { told, clock, mirror } = mirrored();
  mirror.wrote(web("12"));
  await clock.pass(60_000);
  mirror.listing();
  mirror.keepOnly(new Set(), "9");
  expect(told).toEqual(["put web 12", "remove web"]);
});

test("when a cluster was restored from a backup, answers are believed from the restored version on", () => {
  const { told, mirror } = mirrored();
  mirror.reached("900");
  mirror.keepOnly(new Set(), "40");
  mirror.wrote(web("41"));
  expect(told).toEqual(["put web 41"]);
});
