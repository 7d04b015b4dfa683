import { isRecord } from "../manifest/decode-json.ts";

/** What went wrong, as far as the other side said. */
export interface Failure {
  /** The HTTP status; 0 where there was no answer at all. */
  readonly status: number;
  /** The reason of the API server's Status (`NotFound`, `Conflict`, `Expired`); `Unreachable`, `Credentials` and the like where there is none. */
  readonly reason: string;
  readonly message: string;
  /** Milliseconds the server wants to be left alone, where it says so. */
  readonly retryAfter?: number;
  /** The reasons of the Status's causes, such as `NamespaceTerminating`, and the fields they name. */
  readonly causes?: readonly { readonly reason: string; readonly field: string }[];
}

/** A call to the API that did not do what it should; its message says what was tried, on what, and why it failed. */
export class ApiError extends Error {
  readonly status: number;
  readonly reason: string;
  readonly retryAfter: number | undefined;
  readonly causes: readonly { readonly reason: string; readonly field: string }[];

  constructor(doing: string, failure: Failure, options?: ErrorOptions) {
    super(`cannot ${doing}: ${failure.message}`, options);
    this.name = "ApiError";
    this.status = failure.status;
    this.reason = failure.reason;
    this.retryAfter = failure.retryAfter;
    this.causes = failure.causes ?? [];
  }
}

const MAX_MESSAGE = 1000;

/** Reads the Status of an answer, or of an ERROR event; proxies in between answer with anything. */
export function failureOf(status: number, body: unknown, retryAfterHeader?: string): Failure {
  const fields = isRecord(body) ? body : {};
  const details = isRecord(fields["details"]) ? fields["details"] : {};
  const seconds = Number(retryAfterHeader ?? details["retryAfterSeconds"] ?? Number.NaN);
  const said = typeof body === "string" ? body.trim() : text(fields["message"]);
  return {
    status: status === 0 && typeof fields["code"] === "number" ? fields["code"] : status,
    reason: text(fields["reason"]) || `HTTP${status}`,
    message: (said || `the server answered ${status}`).slice(0, MAX_MESSAGE),
    ...(seconds >= 0 ? { retryAfter: seconds * 1000 } : {}),
    causes: causesOf(details["causes"]),
  };
}

function causesOf(raw: unknown): Failure["causes"] & {} {
  if (!Array.isArray(raw)) return [];
  return raw
    .filter(isRecord)
    .map((cause) => ({ reason: text(cause["reason"]), field: text(cause["field"]) }));
}

function text(raw: unknown): string {
  return typeof raw === "string" ? raw : "";
}

/** Errors of the network carry the telling part in their cause (`ECONNREFUSED`, a certificate's complaint). */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const words = error.message || ("code" in error ? String(error.code) : error.name);
  const inner = error.cause instanceof Error ? messageOf(error.cause) : "";
  return words.includes(inner) ? words : `${words}: ${inner}`;
}
