import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { load } from "js-yaml";

/** An object that must be accepted, or refused with a message about a field, offline and by the API server. */
export interface GoodAccess {
  readonly name: string;
  readonly object: AccessObject;
}

export interface BadAccess extends GoodAccess {
  /** Where the problem is, as the offline validator says it; `also` where one mistake is noticed in several places. */
  readonly fields: readonly string[];
  readonly says: string;
  /** What the API server says, and of which field. */
  readonly server: string;
  readonly serverField: string;
}

export interface AccessObject {
  readonly metadata: { readonly name: string; readonly namespace: string };
}

interface Row {
  readonly name: string;
  readonly spec?: unknown;
  readonly object?: { readonly metadata?: object };
}

interface BadRow extends Row {
  readonly field: string;
  readonly says: string;
  readonly also?: readonly string[];
  readonly server?: string;
  readonly serverField?: string;
}

const FILE = fileURLToPath(new URL("cases/service-accesses.yaml", import.meta.url));

export function readAccessCases(): {
  readonly good: readonly GoodAccess[];
  readonly bad: readonly BadAccess[];
} {
  const { good, bad } = load(readFileSync(FILE, "utf8")) as { good: readonly Row[]; bad: readonly BadRow[] };
  return { good: good.map(goodAccess), bad: bad.map(badAccess) };
}

function goodAccess(row: Row): GoodAccess {
  const name = row.name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 60)
    .replace(/-$/, "");
  const object = {
    apiVersion: "serviceaccess.dev/v1alpha1",
    kind: "ServiceAccess",
    ...(row.spec === undefined ? {} : { spec: row.spec }),
    ...row.object,
    metadata: { name, namespace: "default", ...row.object?.metadata },
  };
  return { name: row.name, object };
}

function badAccess(row: BadRow): BadAccess {
  return {
    ...goodAccess(row),
    fields: [row.field, ...(row.also ?? [])],
    says: row.says,
    server: row.server ?? row.says,
    serverField: row.serverField ?? row.field,
  };
}
