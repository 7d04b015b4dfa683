import { type Profile, profileNamed } from "../core/profile.ts";
import { secondaryProfileNamed } from "../core/profile-secondary.ts";
import type { World } from "../model/world.ts";
import { parsePort } from "./check.ts";
import { BadInput } from "./bad-input.ts";
import { loadInput } from "./input.ts";
import type { Io } from "./io.ts";
import type { Cell } from "./class-cells.ts";
import { matrixAgainst } from "./matrix-against.ts";
import { type Cells, cellsOf, type Entry } from "./matrix-cells.ts";
import { type Group, groupCell, groupsOf } from "./matrix-groups.ts";
import { askingOf, type NetworkOptions, onNetworkText } from "./on-network.ts";
import { batched, type Paint, painter, table } from "./output.ts";
import { progress } from "./progress.ts";
import { isAsked } from "./render.ts";

export interface MatrixOptions extends NetworkOptions {
  readonly output: "text" | "wide" | "json" | "csv" | "md";
  readonly port?: string;
  /** The name of another profile. */
  readonly against?: string;
}

/** Who may talk to whom. */
export async function matrix(io: Io, options: MatrixOptions): Promise<number> {
  const port = parsePort(options.port);
  const { world, evaluator, network } = await askingOf(io, await loadInput(io, options), options);
  const pods = [...world.pods.values()].filter((pod) => isAsked(pod.namespace, options));
  if (options.against !== undefined)
    return await matrixAgainst(
      io,
      { world, evaluator, pods, port },
      otherProfile(options.against, network),
      options.output,
    );
  const cells = cellsOf(evaluator, pods, port);
  if (cells.entries.length === 0)
    await io.stderr.write(`note: there are no pods in the input${onNetworkText(network)}\n`);
  const out = batched(io.stdout);
  const bar = progress(io.stderr, "rows", cells.entries.length ** 2);
  for (const piece of pieces(cells, world, options.output, painter(io), network)) {
    await bar.step();
    await out.write(piece);
  }
  await bar.end();
  await out.flush();
  return 0;
}

/** Enforcers on the pod network and on others are not the same. */
function otherProfile(name: string, network: string | undefined): Profile {
  const found = network === undefined ? profileNamed(name) : secondaryProfileNamed(name);
  if (found !== undefined) return found;
  const place = network === undefined ? "the pod network" : "a secondary network";
  throw new BadInput([`--against ${name} enforces no policies on ${place}`]);
}

function pieces(
  cells: Cells,
  world: World,
  output: MatrixOptions["output"],
  paint: Paint,
  network: string | undefined,
): Iterable<string> {
  switch (output) {
    case "json":
      return jsonPieces(cells, network);
    case "csv":
      return csvPieces(cells);
    case "text":
      return [matrixText(cells, world)];
    case "wide":
      return [wideText(cells, world, paint)];
    case "md":
      return [markdown(groupsOf(cells, world), cells)];
  }
}

/** Millions of rows for thousands of pods: written as they come, with what repeats made only once. */
function* jsonPieces(cells: Cells, network: string | undefined): Iterable<string> {
  const { entries } = cells;
  const names = new Map(entries.map((entry) => [entry, JSON.stringify(entry.text)]));
  const about = network === undefined ? "" : `"network":${JSON.stringify(network)},`;
  yield `{${about}"pods":[${[...names.values()].join(",")}],"rows":[`;
  const tails = new Map<Cell, string>();
  let separator = "\n";
  for (const { from, to, cell } of rows(cells)) {
    const tail = tails.get(cell) ?? `"allowed":${JSON.stringify(cell.allowed)},"verdict":"${cell.verdict}"}`;
    tails.set(cell, tail);
    yield `${separator}{"from":${names.get(from)},"to":${names.get(to)},${tail}`;
    separator = ",\n";
  }
  yield "\n]}\n";
}

/** A line for every pair that is not denied: those are few, and what is not listed is denied. */
function* csvPieces(cells: Cells): Iterable<string> {
  yield "from,to,verdict,allowed\n";
  const tails = new Map<Cell, string>();
  for (const from of cells.entries) {
    for (const { to, cell } of cells.reachedBy(from)) {
      const tail = tails.get(cell) ?? `,${cell.verdict},${cell.allowed.join(" ")}\n`;
      tails.set(cell, tail);
      yield `${from.text},${to.text}${tail}`;
    }
  }
}

interface Row {
  readonly from: Entry;
  readonly to: Entry;
  readonly cell: Cell;
}

function* rows(cells: Cells): Iterable<Row> {
  for (const from of cells.entries) {
    for (const to of cells.entries) {
      const cell = cells.cell(from, to);
      if (cell !== undefined) yield { from, to, cell };
    }
  }
}

const SIGNS = { Allowed: ".", Denied: "X", Partial: "+", Unknown: "?" } as const;
const LEGEND = ". everything   + some ports (see -o wide)   X nothing   ? unknown   - itself\n";

/** A grid with numbered columns: names are too long to stand side by side. */
export function matrixText(cells: Cells, world: World): string {
  const groups = groupsOf(cells, world);
  if (groups.length === 0) return "";
  const head = ["", "FROM \\ TO", ...groups.map((_, i) => String(i + 1))];
  const lines = groups.map((from, i) => [
    String(i + 1),
    from.label,
    ...groups.map((to) => sign(groupCell(cells, from, to))),
  ]);
  return `${table([head, ...lines])}\n${LEGEND}`;
}

function sign(cell: Cell | undefined): string {
  return cell === undefined ? "-" : SIGNS[cell.verdict];
}

function wideText(cells: Cells, world: World, paint: Paint): string {
  const groups = groupsOf(cells, world);
  const lines = pairs(groups).flatMap(([from, to]) => {
    const cell = groupCell(cells, from, to);
    return cell === undefined ? [] : [[from.label, to.label, cell.verdict, allowedText(cell)]];
  });
  const text = table([["FROM", "TO", "VERDICT", "ALLOWED"], ...lines]);
  return text.replaceAll(
    / (?:Allowed|Denied|Unknown|Partial)(?= {2,})/g,
    (word) => ` ${paint(word.slice(1))}`,
  );
}

function allowedText({ verdict, allowed }: Cell): string {
  if (verdict === "Allowed") return "everything";
  return allowed.join(",") || "-";
}

function markdown(groups: readonly Group[], cells: Cells): string {
  const head = ["from \\ to", ...groups.map(({ label }) => label)];
  const lines = groups.map((from) => [
    from.label,
    ...groups.map((to) => inMarkdown(groupCell(cells, from, to))),
  ]);
  return [head, head.map(() => "---"), ...lines].map((line) => `| ${line.join(" | ")} |\n`).join("");
}

function inMarkdown(cell: Cell | undefined): string {
  if (cell === undefined) return "—";
  return cell.verdict === "Partial" ? cell.allowed.join(", ") : cell.verdict;
}

function pairs(groups: readonly Group[]): readonly (readonly [Group, Group])[] {
  return groups.flatMap((from) => groups.map((to) => [from, to] as const));
}
