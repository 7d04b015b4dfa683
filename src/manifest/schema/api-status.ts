import type { Problem } from "../../model/problem.ts";
import { isRecord } from "../decode-json.ts";

/**
 * The problems in the Status with which an API server refuses an object: its causes, or its message where it gives none.
 * Total; what is no Status becomes one problem that says so.
 */
export function problemsOfStatus(raw: unknown): readonly Problem[] {
  const details = isRecord(raw) ? raw["details"] : undefined;
  const causes = isRecord(details) && Array.isArray(details["causes"]) ? details["causes"] : [];
  const problems = causes.filter(isRecord).filter(isOfInterest).map(problemOf);
  return problems.length > 0 ? problems : [{ field: "", message: messageOf(raw) }];
}

/** The server adds a cause without a field to say that it stopped at the others. */
function isOfInterest({ field, message }: Readonly<Record<string, unknown>>): boolean {
  return typeof message === "string" && field !== "<nil>";
}

function problemOf({ field, message }: Readonly<Record<string, unknown>>): Problem {
  return { field: typeof field === "string" ? field : "", message: String(message) };
}

function messageOf(raw: unknown): string {
  const message = isRecord(raw) ? raw["message"] : undefined;
  return typeof message === "string" && message !== "" ? message : "was refused without a reason";
}
