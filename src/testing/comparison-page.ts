import type { ComparisonCase } from "./decode-cases.ts";
import type { TierComparisonCase } from "./decode-tier-comparison.ts";
import { readExpectation } from "./expectation.ts";

type AnyCase = ComparisonCase | TierComparisonCase;

/** The table of `docs/comparison.md`: a row a case, in their order, so that the page cannot say what no test asks. */
export function comparisonTable(cases: readonly AnyCase[]): string {
  const rows = cases.map((each, i) => [
    String(i + 1),
    capitalized(each.name),
    rightAnswer(each),
    each.source,
    othersText(each),
  ]);
  return [
    ["", "input", "right", "source", "who says otherwise"],
    ["--:", "---", "---", "---", "---"],
    ...rows,
  ]
    .map((cells) => `| ${cells.map(escaped).join(" | ")} |\n`)
    .join("");
}

/** Of the first flow, which is the one that the tools were asked about. */
function rightAnswer({ expect }: AnyCase): string {
  const [flow = "", text = ""] = Object.entries(expect)[0] ?? [];
  return `\`${flow}\` is **${readExpectation(text).verdict}**`;
}

function othersText({ others }: AnyCase): string {
  const claims = Object.entries(others).map(([tool, claim]) => `${tool}: ${claim}`);
  return claims.length === 0 ? "nobody" : claims.join("; ");
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function escaped(cell: string): string {
  return cell.replaceAll("|", "\\|");
}
