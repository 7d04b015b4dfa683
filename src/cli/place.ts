import { locate, positionOf } from "../manifest/read-position.ts";
import type { Origin, SourceProblem } from "../manifest/read.ts";
import type { Source } from "./sources.ts";

/** `web.yaml: document 2, line 14: spec.ports[0].port: must be …`: everything needed to find the mistake. */
export function problemLine(problem: SourceProblem, sources: readonly Source[]): string {
  const { origin, field, message } = problem;
  const line = lineOf(problem, textOf(origin, sources));
  const subject = problem.subject === undefined ? "" : `${problem.subject}: `;
  return `${origin.source}: ${placeOf(origin)}, line ${line}: ${subject}${field === "" ? "" : `${field}: `}${message}`;
}

/** `document 2, items[3]`. */
function placeOf({ document, path }: Origin): string {
  return `document ${document}${path === "" ? "" : `, ${path}`}`;
}

function lineOf({ origin, field, at }: SourceProblem, text: string): number {
  if (at !== undefined) return positionOf(text, at).line;
  const path = [origin.path, field].filter((part) => part !== "").join(".");
  return locate(text, origin.offset, path).line;
}

function textOf({ source }: Origin, sources: readonly Source[]): string {
  return sources.find(({ name }) => name === source)?.text ?? "";
}
