import type { Access } from "../control-plane/access.ts";
import { eventually } from "../control-plane/eventually.ts";

/** A kind that many clusters do not have, as a test teaches it to the API server. */
export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly scope: "Cluster" | "Namespaced";
  /** Of the object; everything goes where there is none: what it means is not for the server to know. */
  readonly properties?: Readonly<Record<string, object>>;
  readonly hasStatus?: true;
}

export async function define(access: Access, kinds: readonly Kind[]): Promise<void> {
  await access.apply(...kinds.map(definitionOf));
  const definitions = kinds.map((kind) => `crd/${nameOf(kind)}`);
  // A definition that was stored this very moment has no conditions yet, and for kubectl that is an error.
  await eventually(
    () => kubectl(access, "wait", "--for=condition=Established", "--timeout=30s", ...definitions),
    { what: "the definitions to be established", timeoutMs: 30_000 },
  );
}

export async function undefine(access: Access, kinds: readonly Kind[]): Promise<void> {
  await kubectl(access, "delete", "crd", "--ignore-not-found", ...kinds.map(nameOf));
}

function definitionOf(each: Kind): object {
  const { group, version, kind, plural, scope, properties, hasStatus } = each;
  const anything = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: nameOf(each),
      // Groups below k8s.io are refused without it.
      annotations: { "api-approved.kubernetes.io": "unapproved, for tests only" },
    },
    spec: {
      group,
      scope,
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: properties ? { type: "object", properties } : anything },
          ...(hasStatus && { subresources: { status: {} } }),
        },
      ],
    },
  };
}

function nameOf({ plural, group }: Kind): string {
  return `${plural}.${group}`;
}

async function kubectl(access: Access, ...args: readonly string[]): Promise<true> {
  const { code, stderr } = await access.kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  return true;
}
