import { expect, test } from "vitest";
import { MOST_ROUNDS, untilQuiet } from "./rounds.ts";

test("the rounds end with one that changes nothing", async () => {
  const rounds = [["apply shop/a-rights", "status shop/a"], ["status shop/b"], [], ["never seen"]];
  expect(await untilQuiet(() => Promise.resolve(rounds.shift() ?? []))).toEqual([]);
  expect(rounds).toEqual([["never seen"]]);
});

test("two that undo each other's work for ever are named, and it ends all the same", async () => {
  let rounds = 0;
  const fight = (): Promise<readonly string[]> => {
    rounds += 1;
    return Promise.resolve(["apply shop/web-rights", "apply shop/web-rights", "apply shop/db-rights"]);
  };
  expect(await untilQuiet(fight)).toEqual(["apply shop/db-rights", "apply shop/web-rights"]);
  expect(rounds).toBe(MOST_ROUNDS);
});
