import type { FlowPort } from "../core/answer.ts";
import { divergence, type DivergentFlow } from "../core/divergence.ts";
import type { Evaluator } from "../core/evaluator.ts";
import { ALL_PORTS, intersect, isEmptySet, portSet, portTexts } from "../core/ports.ts";
import type { Profile } from "../core/profile.ts";
import type { PodClass } from "../core/room.ts";
import type { Pod, World } from "../model/world.ts";
import type { Io } from "./io.ts";
import type { MatrixOptions } from "./matrix.ts";
import { entriesOf, type Entry, isOwnNode } from "./matrix-cells.ts";
import { groupsOf } from "./matrix-groups.ts";
import { batched, table } from "./output.ts";

/** What a matrix is asked about. */
interface Asked {
  readonly world: World;
  readonly evaluator: Evaluator;
  readonly pods: readonly Pod[];
  readonly port: FlowPort | undefined;
}

/** Only the flows on which another profile has another verdict; a node always reaches its own pods. */
export async function matrixAgainst(
  io: Io,
  asked: Asked,
  other: Profile,
  output: MatrixOptions["output"],
): Promise<number> {
  const profiles = [asked.evaluator.profile.name, other.name] as const;
  const out = batched(io.stdout);
  for (const piece of pieces(asked, other, profiles, output)) await out.write(piece);
  await out.flush();
  return 0;
}

type Names = readonly [string, string];

function pieces(
  asked: Asked,
  other: Profile,
  profiles: Names,
  output: MatrixOptions["output"],
): Iterable<string> {
  switch (output) {
    case "json":
      return jsonPieces(podRows(asked, other), profiles);
    case "csv":
      return csvPieces(podRows(asked, other), profiles);
    case "text":
    case "wide":
      return [inText([...workloadRows(asked, other)], profiles)];
    case "md":
      return markdown(workloadRows(asked, other), profiles);
  }
}

interface Row {
  readonly from: string;
  readonly to: string;
  readonly ports: readonly string[];
  readonly flow: DivergentFlow;
}

/** Some pods under one name. */
interface Party {
  readonly label: string;
  readonly entries: readonly Entry[];
}

function podRows(asked: Asked, other: Profile): Iterable<Row> {
  const entries = entriesOf(asked.evaluator, asked.pods);
  return rows(
    asked,
    other,
    entries.map((entry) => ({ label: entry.text, entries: [entry] })),
  );
}

function workloadRows(asked: Asked, other: Profile): Iterable<Row> {
  return rows(asked, other, groupsOf({ entries: entriesOf(asked.evaluator, asked.pods) }, asked.world));
}

function* rows({ evaluator, port }: Asked, other: Profile, parties: readonly Party[]): Iterable<Row> {
  const wanted = port === undefined ? ALL_PORTS : portSet(port.protocol, port.port, port.port);
  const byClass: ReadonlyMap<PodClass | undefined, readonly Party[]> = Map.groupBy(
    parties,
    ({ entries }) => entries[0]?.group,
  );
  for (const { from, to, flows } of divergence(evaluator, evaluator.profile, other)) {
    const pairs = (byClass.get(from) ?? []).flatMap((source) =>
      (byClass.get(to) ?? [])
        .filter((target) => isFlow(source, target))
        .map((target) => [source, target] as const),
    );
    for (const [source, target] of pairs) {
      for (const flow of flows) {
        const ports = intersect(flow.ports, wanted);
        if (!isEmptySet(ports)) yield { from: source.label, to: target.label, ports: portTexts(ports), flow };
      }
    }
  }
}

/** Whether there are two different pods that do not share a node of which one has the network. */
function isFlow(source: Party, target: Party): boolean {
  return source.entries.some((from) =>
    target.entries.some((to) => (from !== to || from.pod.replicas > 1) && !isOwnNode(from.pod, to.pod)),
  );
}

function* jsonPieces(all: Iterable<Row>, profiles: Names): Iterable<string> {
  yield `{"profiles":${JSON.stringify(profiles)},"rows":[`;
  let separator = "\n";
  for (const { from, to, ports, flow } of all) {
    const answers = flow.answers.map(({ verdict, reason }, i) => ({ profile: profiles[i], verdict, reason }));
    yield `${separator}${JSON.stringify({ from, to, ports, answers })}`;
    separator = ",\n";
  }
  yield "\n]}\n";
}

function* csvPieces(all: Iterable<Row>, profiles: Names): Iterable<string> {
  yield `from,to,ports,${profiles.join(",")}\n`;
  for (const { from, to, ports, flow } of all)
    yield `${from},${to},${ports.join(" ")},${flow.verdicts.join(",")}\n`;
}

function inText(all: readonly Row[], profiles: Names): string {
  if (all.length === 0) return `nothing differs between ${profiles.join(" and ")}\n`;
  const lines = all.map(({ from, to, ports, flow }) => [from, to, ports.join(","), ...flow.verdicts]);
  return table([["FROM", "TO", "PORTS", ...profiles], ...lines]);
}

function* markdown(all: Iterable<Row>, profiles: Names): Iterable<string> {
  const head = ["from", "to", "ports", ...profiles];
  yield markdownLine(head) + markdownLine(head.map(() => "---"));
  for (const { from, to, ports, flow } of all)
    yield markdownLine([from, to, ports.join(", "), ...flow.verdicts]);
}

function markdownLine(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |\n`;
}
