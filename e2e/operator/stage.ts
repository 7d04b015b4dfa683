import { afterAll, beforeAll, expect } from "vitest";

import type { Access } from "../control-plane/access.ts";
import { type Account, operatorAccount } from "./account.ts";
import { type LogLine, type OperatorProcess, type Settings, startOperator } from "./process.ts";

/** An operator that runs under the shipped role as long as the tests of a file do. */
export interface Stage {
  /** Everything it has logged, restarts included. */
  lines(): readonly LogLine[];
  pid(): number;
  /** Where its health is served. */
  health(): string;
  /** Asks it to end, or just ends it, and starts it again after whatever happens in between, with other flags if given. */
  restart(
    how: "SIGTERM" | "SIGKILL",
    meanwhile?: () => Promise<unknown>,
    flags?: readonly string[],
  ): Promise<void>;
  /** A number worth knowing, told when the file is done. */
  figure(text: string): void;
}

export interface Options extends Settings {
  /** The message of an error that the tests bring about. */
  readonly foreseen?: string;
}

/** What it may not do in any test: fail in a way nobody foresaw, ask for what it has no right to, end with an error. */
export function stage(access: Access, { foreseen = "", ...settings }: Options = {}): Stage {
  const figures: string[] = [];
  const earlier: LogLine[] = [];
  let account: Account;
  let operator: OperatorProcess | undefined;

  beforeAll(async () => {
    account = await operatorAccount(access);
    operator = await startOperator(account.kubeconfig, settings);
  });

  afterAll(async () => {
    if (operator === undefined) return;
    const code = await operator.stop();
    const lines = [...earlier, ...operator.lines()];
    process.stdout.write(figures.map((text) => `measured: ${text}\n`).join(""));
    process.stdout.write(complaints(lines.filter(({ msg }) => msg !== foreseen)));
    expect({ code, errors: lines.filter((line) => isError(line) && line.msg !== foreseen) }).toEqual({
      code: 0,
      errors: [],
    });
    await account.remove();
  });

  const running = (): OperatorProcess => {
    if (operator === undefined) throw new Error("the operator runs only while tests do");
    return operator;
  };
  return {
    lines: () => [...earlier, ...running().lines()],
    pid: () => running().pid,
    health: () => running().health,
    async restart(how, meanwhile, flags = settings.flags ?? []) {
      if (how === "SIGTERM") expect(await running().stop()).toBe(0);
      else await running().kill();
      earlier.push(...running().lines());
      await meanwhile?.();
      operator = await startOperator(account.kubeconfig, { ...settings, flags });
    },
    figure: (text) => void figures.push(text),
  };
}

/** Whoever looks for the reason of a failed test wants to know what the operator had to say, but not all of it. */
function complaints(lines: readonly LogLine[]): string {
  const told = lines.filter(({ level }) => level !== "info" && level !== "debug");
  return told
    .slice(-10)
    .map((line) => `operator: ${JSON.stringify(line)}\n`)
    .join("");
}

/** A namespace that is going away forbids everyone to make anything in it, whatever their rights. */
function isError({ level, error = "", reason }: LogLine): boolean {
  if (reason === "NamespaceTerminating") return false;
  return level === "error" || level === "fatal" || /forbidden/i.test(error);
}
