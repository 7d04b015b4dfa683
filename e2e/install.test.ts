import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import { hasControllers, plane } from "./control-plane/plane.ts";

const NAMESPACE = "serviceaccess-system";
const OPERATOR = `system:serviceaccount:${NAMESPACE}:serviceaccess`;

async function kubectl(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await plane.kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  return stdout.trim();
}

/** `kubectl auth can-i` says no with a failure, which is an answer all the same. */
async function can(...question: readonly string[]): Promise<string> {
  return (await plane.kubectl(["auth", "can-i", ...question])).stdout.trim();
}

beforeAll(async () => {
  await kubectl("apply", "-k", join(import.meta.dirname, "../config/default"));
});

// The definition stays: the other tests need it.
afterAll(async () => {
  const roles = ["serviceaccess", "serviceaccess-viewer", "serviceaccess-editor"];
  await kubectl("delete", "clusterrole", ...roles);
  await kubectl("delete", "clusterrolebinding", "serviceaccess");
  await kubectl("delete", "namespace", NAMESPACE, "--wait=false");
});

test("installing a second time changes nothing", async () => {
  const output = await kubectl("apply", "-k", join(import.meta.dirname, "../config/default"));
  expect(output.split("\n").length).toBeGreaterThanOrEqual(8);
  expect(output.split("\n").filter((line) => !line.endsWith(" unchanged"))).toEqual([]);
});

test.runIf(hasControllers)(
  "the operator's pod is admitted under the restricted pod security standard",
  async () => {
    const wait = ["wait", "--for=condition=Available", "--timeout=30s", "deployment/serviceaccess"];
    expect(await kubectl("-n", NAMESPACE, ...wait)).toContain("condition met");
  },
);

test("the operator's account may do its work and no more", async () => {
  const operator = ["-A", "--as", OPERATOR];
  for (const resource of [
    "pods",
    "deployments.apps",
    "cronjobs.batch",
    "networkpolicies",
    "serviceaccesses",
  ]) {
    expect(`${resource} ${await can("watch", resource, ...operator)}`).toBe(`${resource} yes`);
  }
  expect(await can("patch", "networkpolicies.networking.k8s.io", ...operator)).toBe("yes");
  expect(await can("patch", "serviceaccesses", "--subresource=status", ...operator)).toBe("yes");
  expect(await can("patch", "serviceaccesses", ...operator)).toBe("no");
  expect(await can("get", "secrets", ...operator)).toBe("no");
  expect(await can("create", "pods", ...operator)).toBe("no");
});

test("an editor of a namespace may write its ServiceAccesses, a viewer may only read them", async () => {
  const namespace = await plane.namespace("roles");
  const bind = ["-n", namespace, "create", "rolebinding"];
  await kubectl(...bind, "eve", "--clusterrole=serviceaccess-editor", "--user=eve");
  await kubectl(...bind, "vic", "--clusterrole=serviceaccess-viewer", "--user=vic");

  const allowed = ["-n", namespace, "serviceaccesses", "--as"];
  expect(await can("create", ...allowed, "eve")).toBe("yes");
  expect(await can("list", ...allowed, "vic")).toBe("yes");
  expect(await can("create", ...allowed, "vic")).toBe("no");
});
