import type { ServerResponse } from "node:http";

import type { Asked } from "./asked.ts";
import type { Faults, LineFault } from "./fault.ts";

interface Room {
  readonly faults: Faults;
  readonly told: Map<string, string[]>;
  /** Called when the watch is told that its place is too old. */
  readonly onExpired: () => void;
}

/** How many lines of a collection are kept, to be told again. */
const KEPT = 50;

/** Passes the events of a watch on, line by line, except where something goes wrong. */
export async function relayLines(
  chunks: AsyncIterable<Buffer>,
  answer: ServerResponse,
  asked: Asked,
  { faults, told, onExpired }: Room,
): Promise<void> {
  const earlier = told.get(asked.plural) ?? [];
  told.set(asked.plural, earlier);
  if (faults.replays(asked)) answer.write(earlier.join(""));
  for await (const line of linesOf(chunks)) {
    earlier.push(line);
    if (earlier.length > KEPT) earlier.shift();
    const fault = faults.ofLine(asked, line)?.kind;
    if (fault === "expire") onExpired();
    if (pass(line, answer, fault) === "end") return;
  }
  answer.end();
}

function pass(line: string, answer: ServerResponse, fault: LineFault["kind"] | undefined): "go on" | "end" {
  const half = line.slice(0, line.length / 2);
  switch (fault) {
    case undefined:
      answer.write(line);
      return "go on";
    case "drop":
      return "go on";
    case "repeat":
      answer.write(line + line);
      return "go on";
    case "garble":
      answer.write(`${half}\n`);
      return "go on";
    case "tear":
      answer.write(half);
      setTimeout(() => answer.destroy(), 20);
      return "end";
    case "expire":
      answer.end(EXPIRED);
      return "end";
    case "mute":
      return "end";
  }
}

const EXPIRED = `${JSON.stringify({
  type: "ERROR",
  object: {
    kind: "Status",
    status: "Failure",
    code: 410,
    reason: "Expired",
    message: "too old, says the fault proxy",
  },
})}\n`;

/** Each with its end; what was cut off before the end of a line is dropped, as nobody could read it. */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let begun = "";
  for await (const chunk of chunks) {
    const lines = (begun + decoder.decode(chunk, { stream: true })).split("\n");
    begun = lines.pop() ?? "";
    for (const line of lines) yield `${line}\n`;
  }
}
