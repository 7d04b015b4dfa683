import type { Obstacle, RefusalReason, Refused } from "../reconciler/cluster.ts";
import { ApiError } from "./api-error.ts";

/**
 * What the API refuses for a reason becomes an answer. What may pass by itself is thrown again, for the queue to retry:
 * throttling, a server in trouble, a broken connection, and an object that changed since it was looked at.
 */
export function refusalOf(error: unknown): Refused {
  if (!(error instanceof ApiError) || isOutdated(error)) throw error;
  const reason = reasonOf(error);
  if (reason === undefined) throw error;
  return { kind: "refused", reason, message: error.message };
}

/** Somebody was faster: what was looked at is there no longer, or has changed, or what was to be made is there. */
function isOutdated(error: ApiError): boolean {
  return error.status === 409 || isOtherObject(error);
}

/** The API server compares the uid of an apply as an immutable field. */
function isOtherObject({ status, causes }: ApiError): boolean {
  return status === 422 && causes.some(({ field }) => field === "metadata.uid");
}

/** Of what was thrown, what keeps us from writing for longer than until the next look. */
export function obstacleOf(error: unknown): Obstacle | undefined {
  if (!(error instanceof ApiError) || isOutdated(error)) return undefined;
  const { status, message } = error;
  if (status === 429) return { reason: "Throttled", message };
  return { reason: status === 401 ? "Unauthorized" : "Unavailable", message };
}

function reasonOf(error: ApiError): RefusalReason | undefined {
  const { status, causes } = error;
  if (causes.some(({ reason }) => reason === "NamespaceTerminating")) return "NamespaceTerminating";
  if (isMisfit(error)) return "Invalid";
  switch (status) {
    case 403:
      return "Forbidden";
    case 404:
      return "NotFound";
    default:
      return undefined;
  }
}

/**
 * The API server's schema has no place for what was sent, today or at any later try. Of a field that it does not know an
 * apply says so with 500, as if the server were in trouble.
 */
export function isMisfit(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  if (error.status === 400 || error.status === 422) return true;
  return error.status === 500 && /not declared in schema|create typed patch object/.test(error.message);
}

/** Somebody is removing the kind's definition; only the text tells it from a missing right. */
export function isOfEndingKind(error: unknown): boolean {
  return (
    error instanceof ApiError &&
    error.status === 403 &&
    error.message.includes("custom resource definition is terminating")
  );
}

/** A write to an object that was deleted, or is no longer what it was. */
export function isGone(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 404 || error.status === 409);
}
