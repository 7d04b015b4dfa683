import type { CrdSchema } from "./decode-crd.ts";

const TEXT: CrdSchema = { type: "string", nullable: true };
const COUNT: CrdSchema = { type: "integer", nullable: true };
const FLAG: CrdSchema = { type: "boolean", nullable: true };

const DNS_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const DNS_NAME = `${DNS_LABEL}([.]${DNS_LABEL})*`;
const QUALIFIED_NAME = `^(${DNS_NAME}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$`;

const OWNER: CrdSchema = {
  type: "object",
  required: ["apiVersion", "kind", "name", "uid"],
  properties: {
    apiVersion: { type: "string" },
    kind: { type: "string" },
    name: { type: "string" },
    uid: { type: "string" },
    controller: FLAG,
    blockOwnerDeletion: FLAG,
  },
};

/**
 * metadata.ObjectMeta, which a CRD does not describe because the API server checks it by itself, in the same form as
 * the rest of the schema. Nulls are as good as absent there.
 */
export const OBJECT_META: CrdSchema = {
  description: "The object's name and namespace.",
  type: "object",
  required: ["name"],
  properties: {
    name: {
      type: "string",
      description: "The object's name.",
      maxLength: 253,
      "x-kubernetes-validations": [
        {
          rule: `self.matches('^${DNS_NAME}$')`,
          message:
            "an object's name has lower case letters, digits, '-' and '.' and begins and ends with a letter or digit",
        },
      ],
    },
    namespace: {
      ...TEXT,
      maxLength: 63,
      "x-kubernetes-validations": [
        {
          rule: `self == null || self == '' || self.matches('^${DNS_LABEL}$')`,
          message:
            "a namespace's name has lower case letters, digits and '-' and begins and ends with a letter or digit",
        },
      ],
    },
    labels: textMap("key", "label", {
      type: "string",
      maxLength: 63,
      "x-kubernetes-validations": [
        {
          rule: "self.matches('^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$')",
          message:
            "a label value has at most 63 letters, digits, '-', '_' and '.' and begins and ends with a letter or digit",
        },
      ],
    }),
    annotations: textMap("key.lowerAscii()", "annotation", { type: "string" }),
    generateName: TEXT,
    uid: TEXT,
    resourceVersion: TEXT,
    generation: COUNT,
    creationTimestamp: TEXT,
    deletionTimestamp: TEXT,
    deletionGracePeriodSeconds: COUNT,
    selfLink: TEXT,
    finalizers: { type: "array", nullable: true, items: { type: "string" } },
    ownerReferences: { type: "array", nullable: true, items: OWNER },
    managedFields: { type: "array", nullable: true },
  },
};

/** `key` is the CEL text for the key as its syntax is checked: the API server ignores case in those of annotations. */
function textMap(key: string, word: string, values: CrdSchema): CrdSchema {
  return {
    type: "object",
    nullable: true,
    additionalProperties: values,
    "x-kubernetes-validations": [
      {
        rule: `self == null || self.all(key, ${key}.matches('${QUALIFIED_NAME}') && key.indexOf('/') <= 253)`,
        message: `${word} keys are names of at most 63 letters, digits, '-', '_' and '.', optionally after a DNS prefix and '/'`,
      },
    ],
  };
}
