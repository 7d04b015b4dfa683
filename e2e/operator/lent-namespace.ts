import { onTestFinished } from "vitest";
import type { Access } from "../control-plane/access.ts";

/**
 * A namespace whose objects, and the policies with them, are gone when the test is over: what DNS once answered to them nobody
 * could tell who looks at the cluster later.
 */
export async function lentNamespace(plane: Access, prefix: string): Promise<string> {
  const namespace = await plane.namespace(prefix);
  onTestFinished(async () => {
    const { code, stderr } = await plane.kubectl([
      "delete",
      "serviceaccesses,networkpolicies",
      "--all",
      `--namespace=${namespace}`,
    ]);
    if (code !== 0) throw new Error(`the objects of ${namespace} cannot be deleted: ${stderr}`);
  });
  return namespace;
}
