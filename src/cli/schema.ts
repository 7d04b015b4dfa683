import { fileURLToPath } from "node:url";
import type { Decoded } from "../manifest/decode.ts";
import { parseYaml } from "../manifest/read-yaml.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import type { Io } from "./io.ts";

export type DecodeServiceAccess = (raw: unknown) => Decoded<ServiceAccess>;

/** The CRD is the one source of the schema: the CLI refuses what the API server would, in the same words. */
export async function loadSchema(io: Io): Promise<DecodeServiceAccess> {
  const { compileSchema } = await import("../manifest/schema/validator.ts");
  const crd = parseYaml(await io.files.read(CRD));
  const compiled = compileSchema(crd.kind === "parsed" ? crd.value : undefined);
  if (compiled.kind === "decoded") return compiled.value.decodeServiceAccess;
  const [first] = compiled.problems;
  throw new Error(`${CRD} ${first?.message ?? "is damaged"}`);
}

const CRD = fileURLToPath(new URL("../../crds/serviceaccesses.yaml", import.meta.url));
