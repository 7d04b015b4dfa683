import { table } from "../../src/cli/output.ts";
import { type ComparisonCase, readComparison } from "../../src/testing/decode-cases.ts";
import { tierManifests } from "../../src/testing/decode-tier-cases.ts";
import { readTierComparison, type TierComparisonCase } from "../../src/testing/decode-tier-comparison.ts";
import { readExpectation } from "../../src/testing/expectation.ts";
import type { Column, PeerAnswer } from "./ask.ts";
import { obtainPeers } from "./build.ts";
import { askEverybody, OURS } from "./everybody.ts";

/** The first flow of each case of `docs/comparison.md` through every tool, and where the page says something else. */
export function wrongAnswersText(): string {
  const peers = obtainPeers(process.env);
  const cases = [...readComparison("comparison.yaml"), ...readTierComparison()];
  const asked = cases.map((each) => {
    const answers = askEverybody(peers, {
      sketch: each,
      others: manifestsOf(each),
      flows: [firstFlow(each)],
      without: strangersTo(each),
    });
    return { each, answers: new Map([...answers].map(([tool, [answer]]) => [tool, answer ?? "unknown"])) };
  });
  const tools = [...(asked[0]?.answers.keys() ?? [])];
  const rows = asked.map(({ each, answers }) => [
    each.name,
    rightAnswer(each),
    ...tools.map((tool) => cell(answers.get(tool), rightAnswer(each))),
  ]);
  const disputes = asked.flatMap(({ each, answers }) => disputesOf(each, answers));
  return `${table([["INPUT", "RIGHT", ...tools], ...rows])}\n${disputes.length} disputes with the page\n${disputes.join("")}`;
}

type AnyCase = ComparisonCase | TierComparisonCase;

function manifestsOf(each: AnyCase): readonly object[] {
  return "tiers" in each ? tierManifests(each) : [];
}

/** Who does not claim to read the kinds of cluster-scoped policies that a case is about. */
function strangersTo(each: AnyCase): readonly Column[] {
  if (!("tiers" in each)) return [];
  const isNew = Object.keys(each.tiers).some((name) => name.startsWith("ClusterNetworkPolicy/"));
  const always: readonly Column[] = ["cyclonus", "policy-assistant"];
  return isNew ? always : [...always, "kube-network-policies", "kube-network-policies raw"];
}

function firstFlow({ expect }: AnyCase): string {
  return Object.keys(expect)[0] ?? "";
}

function rightAnswer(each: AnyCase): string {
  return readExpectation(each.expect[firstFlow(each)] ?? "").verdict.toLowerCase();
}

function cell(answer: PeerAnswer | undefined, right: string): string {
  if (answer === undefined) return "-";
  const text = answer.startsWith("no answer") ? "no answer" : answer;
  return text === right ? text : `${text} (!)`;
}

/** A tool that the page does not name must be right; one that it names must say what the page says. */
function disputesOf(each: AnyCase, answers: ReadonlyMap<string, PeerAnswer>): readonly string[] {
  return [...answers].flatMap(([tool, answer]) => {
    const claim = tool === OURS ? undefined : claimOf(each.others, tool);
    const expected =
      claim === undefined ? rightAnswer(each) : (/^(allowed|denied)\b/.exec(claim)?.[0] ?? "no answer");
    return answer.startsWith(expected)
      ? []
      : [`${each.name}: ${tool} says ${answer}; the page says ${expected}\n`];
  });
}

/** What is said of a tool is said of all ways to ask it that are not named themselves. */
function claimOf(others: Readonly<Record<string, string>>, tool: string): string | undefined {
  return others[tool] ?? others[tool.replace(/ (list|eval|raw)$/, "")];
}
