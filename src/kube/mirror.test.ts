import { expect, test } from "vitest";
import { fakeClock } from "../testing/fake-clock.ts";
import { createMirror } from "./mirror.ts";
import { type Received, received } from "./received.ts";
import { NETWORK_POLICIES } from "./resources.ts";

/** What a handler is told, as `put web 7` and `remove web`. */
function mirrored() {
  const told: string[] = [];
  const handler = {
    put: ({ meta }: Received) => void told.push(`put ${meta.name} ${meta.resourceVersion}`),
    remove: ({ name }: { readonly name: string }) => void told.push(`remove ${name}`),
  };
  return { told, mirror: createMirror(handler, fakeClock()) };
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
