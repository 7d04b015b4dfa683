import { styleText } from "node:util";
import type { Answer, SideAnswer, Verdict } from "../core/answer.ts";
import type { Io, Sink } from "./io.ts";

/** Columns as kubectl sets them: three spaces apart, none behind the last. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("   ")
          .trimEnd()}\n`,
    )
    .join("");
}

/** How a verdict, or a share of one, is written. */
export type Paint = (word: string) => string;

/** Colours on a terminal, unless NO_COLOR asks for none. */
export function painter(io: Io, sink: Sink = io.stdout): Paint {
  const isColoured = sink.isTTY && (io.env["NO_COLOR"] ?? "") === "" && io.env["TERM"] !== "dumb";
  return (word) => {
    const colour = COLOURS.get(word.trim());
    return isColoured && colour !== undefined ? styleText(colour, word, { validateStream: false }) : word;
  };
}

const COLOURS: ReadonlyMap<string, "green" | "red" | "yellow"> = new Map<string, "green" | "red" | "yellow">([
  ["Allowed", "green"],
  ["Denied", "red"],
  ["Unknown", "yellow"],
  ["Partial", "yellow"],
]);

export const EXIT_CODES: Readonly<Record<Verdict, number>> = { Allowed: 0, Denied: 1, Unknown: 3 };

/** The table that says what each side of a flow makes of it, and why. */
export function sidesText({ egress, ingress }: Answer): string {
  return table([
    ["  SIDE", "VERDICT", "BY", "REASON"],
    sideRow("egress", egress),
    sideRow("ingress", ingress),
  ]);
}

function sideRow(side: string, { verdict, by, reason }: SideAnswer): readonly string[] {
  return [`  ${side}`, verdict, by.length === 0 ? "-" : by.join(","), reason];
}

export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

/** Writes many small pieces as few large ones. */
export function batched(sink: Sink, size = 64 * 1024): Sink & { flush(): Promise<void> } {
  let waiting = "";
  async function flush(): Promise<void> {
    const chunk = waiting;
    waiting = "";
    if (chunk !== "") await sink.write(chunk);
  }
  return {
    isTTY: sink.isTTY,
    async write(text) {
      waiting += text;
      if (waiting.length >= size) await flush();
    },
    flush,
  };
}
