import type { Access, KubectlResult } from "../control-plane/access.ts";

/** How a tool of GitOps applies: by whom the fields then are, and whether the API server merges or kubectl does. */
export interface Applier {
  readonly manager: string;
  readonly way: "server-side" | "client-side";
}

/** Argo CD's default, and with the sync option ServerSideApply=true. */
export const ARGO: Applier = { manager: "argocd-controller", way: "client-side" };
export const ARGO_SERVER_SIDE: Applier = { manager: "argocd-controller", way: "server-side" };
export const FLUX: Applier = { manager: "kustomize-controller", way: "server-side" };

/** Applies objects as the tool does, and gives what kubectl prints of each. */
export async function applied(
  plane: Access,
  { manager, way }: Applier,
  ...objects: readonly object[]
): Promise<readonly string[]> {
  const how = way === "server-side" ? ["--server-side", "--force-conflicts"] : [];
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
  const args = ["apply", ...how, `--field-manager=${manager}`, "-f", "-"];
  return lines(args, await plane.kubectl(args, { input }));
}

function lines(args: readonly string[], { code, stdout, stderr }: KubectlResult): readonly string[] {
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  return stdout.trim().split("\n");
}

/** What would be stored if the tool applied the object by server-side apply now; nothing is. */
export async function predicted(
  plane: Access,
  { manager }: Applier,
  path: string,
  object: object,
): Promise<unknown> {
  const query = `fieldManager=${manager}&force=true&dryRun=All`;
  const answer = await plane.api("PATCH", `${path}?${query}`, object, "application/apply-patch+yaml");
  if (answer.status !== 200) throw new Error(`the dry run was refused: ${JSON.stringify(answer.body)}`);
  return answer.body;
}
