import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Details } from "./access.ts";
import { believe } from "./believe.ts";

/** One request of an operator under test, as the API server wrote it down. */
export interface AuditEntry {
  readonly user: { readonly username: string };
  readonly userAgent?: string;
  /** With six digits after the point. */
  readonly requestReceivedTimestamp: string;
  readonly verb: string;
  readonly objectRef?: { readonly resource?: string; readonly subresource?: string };
  readonly responseStatus: { readonly code: number; readonly message?: string };
}

/** As `operator/account.ts` names them. */
const operators = /^system:serviceaccount:default:operator-/;

const rules = [{ level: "Metadata", userGroups: ["system:serviceaccounts"] }, { level: "None" }];

export function auditFlags(folder: string): readonly string[] {
  const policy = join(folder, "audit-policy.json");
  // A watch is complete when it ends; it is used from its start.
  const omitStages = ["RequestReceived"];
  writeFileSync(policy, JSON.stringify({ apiVersion: "audit.k8s.io/v1", kind: "Policy", omitStages, rules }));
  return [`--audit-policy-file=${policy}`, `--audit-log-path=${logOf(folder)}`];
}

export function auditEntries({ folder }: Pick<Details, "folder">): readonly AuditEntry[] {
  const lines = readFileSync(logOf(folder), "utf8").split("\n");
  // The last piece is empty, or a line that is still being written.
  const entries = lines.slice(0, -1).map((line) => believe<AuditEntry>(line));
  return entries.filter(({ user }) => operators.test(user.username));
}

function logOf(folder: string): string {
  return join(folder, "audit.log");
}
