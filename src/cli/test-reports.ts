import type { Answer, SideAnswer } from "../core/answer.ts";
import { onNetworkText } from "./on-network.ts";
import { type Paint, sidesText } from "./output.ts";
import type { Question } from "./test-cases.ts";

export interface Result {
  readonly question: Question;
  readonly answer: Answer;
  /** A case that expects nothing is a question: it neither passes nor fails. */
  readonly outcome: "passed" | "failed" | "asked";
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly asked: number;
}

/** How results are printed: a beginning, a piece for each, an end that knows the sums. */
export interface Report {
  readonly begin: (total: number) => string;
  readonly each: (result: Result) => string;
  readonly end: (counts: Counts) => string;
}

/** Failures with their reasons, answers to plain questions, and a closing line. */
export function textReport(paint: Paint): Report {
  return {
    begin: () => "",
    each: ({ question, answer, outcome }) => {
      if (outcome === "passed") return "";
      if (outcome === "asked") return `${paint(answer.verdict)}: ${flowText(question)}\n`;
      const { name, expect } = question.asked;
      const title = name === "" ? flowText(question) : `${name}: ${flowText(question)}`;
      const unknown = answer.verdict === "Unknown" ? `  ${answer.reason}\n` : "";
      return `FAILED #${question.index} ${title}\n  expected ${expect}, is ${paint(answer.verdict)}\n${sidesText(answer)}${unknown}\n`;
    },
    end: ({ passed, failed, asked }) => {
      const answered = asked === 0 ? "" : `, ${asked} answered`;
      return `${passed} passed, ${failed} failed${answered}\n`;
    },
  };
}

/** One result a line, so that ten thousands of them can be read as they come. */
export const jsonReport: Report = {
  begin: () => '{"results":[',
  each: ({ question, answer }) => {
    const { name, from, to, port, protocol, expect, network } = question.asked;
    const { verdict, egress, ingress, reason, families, profile } = answer;
    const result = {
      index: question.index,
      name,
      from,
      to,
      port,
      protocol,
      network,
      expect,
      verdict,
      egress: side(egress),
      ingress: side(ingress),
      reason,
      families,
      profile,
    };
    return `${question.index === 0 ? "\n" : ",\n"}${JSON.stringify(result)}`;
  },
  end: () => "\n]}\n",
};

/** The form that continuous integration servers read. */
export const junitReport = (counts: Counts): Report => ({
  begin: (total) =>
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<testsuites name="serviceaccess" tests="${total}" failures="${counts.failed}">\n` +
    `<testsuite name="reachability" tests="${total}" failures="${counts.failed}">\n`,
  each: ({ question, answer, outcome }) => {
    const name = question.asked.name === "" ? flowText(question) : question.asked.name;
    const open = `<testcase name="${xml(name)}" classname="${xml(question.source)}"`;
    if (outcome !== "failed") return `${open}/>\n`;
    const message = `${flowText(question)}: expected ${question.asked.expect}, is ${answer.verdict}`;
    return `${open}>\n<failure message="${xml(message)}">${xml(answer.reason)}</failure>\n</testcase>\n`;
  },
  end: () => "</testsuite>\n</testsuites>\n",
});

function side({ verdict, by }: SideAnswer): Pick<SideAnswer, "verdict" | "by"> {
  return { verdict, by };
}

function flowText({ asked }: Question): string {
  return `${asked.from} -> ${asked.to} ${asked.protocol}/${asked.port}${onNetworkText(asked.network)}`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** XML has no way at all to write most control characters. */
function xml(text: string): string {
  // oxlint-disable-next-line no-control-regex
  const printable = text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd");
  return printable.replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? "");
}
