import { readFileSync } from "node:fs";
import { parseYaml } from "../manifest/read-yaml.ts";
import { compileSchema } from "../manifest/schema/validator.ts";
import type { AccessDecoder } from "../kube/stored.ts";

/** The decoder that this version's CRD makes; what is in the cluster may have been accepted by another one. */
export function accessDecoder(): AccessDecoder {
  const crd = parseYaml(CRD);
  const compiled = compileSchema(crd.kind === "parsed" ? crd.value : undefined);
  if (compiled.kind === "decoded") return compiled.value.decodeServiceAccess;
  throw new Error(`crds/serviceaccesses.yaml ${compiled.problems[0]?.message ?? "is damaged"}`);
}

const CRD = readFileSync(new URL("../../crds/serviceaccesses.yaml", import.meta.url), "utf8");
