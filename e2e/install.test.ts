import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import { believe } from "./control-plane/believe.ts";
import { hasControllers, plane } from "./control-plane/plane.ts";

const CONFIG = join(import.meta.dirname, "../config/default");
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
  await kubectl("apply", "-k", CONFIG);
});

// The definition stays: the other tests need it.
afterAll(async () => {
  const roles = ["serviceaccess", "serviceaccess-viewer", "serviceaccess-editor"];
  await kubectl("delete", "clusterrole", ...roles);
  await kubectl("delete", "clusterrolebinding", "serviceaccess");
  await kubectl("delete", "namespace", NAMESPACE, "--wait=false");
});

test("installing a second time changes nothing", async () => {
  const before = await installed();
  expect(before.length).toBeGreaterThanOrEqual(8);
  await kubectl("apply", "-k", CONFIG);
  expect(await installed()).toEqual(before);
});

interface Installed {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly resourceVersion: string;
    readonly generation?: number;
  };
}

/** What was installed, in which version of what it asks for: what became of it is the controllers' business. */
async function installed(): Promise<readonly string[]> {
  const { items } = believe<{ readonly items: readonly Installed[] }>(
    await kubectl("get", "-k", CONFIG, "-o", "json"),
  );
  return items.map(
    ({ kind, metadata: { name, generation, resourceVersion } }) =>
      `${kind} ${name} ${generation ?? resourceVersion}`,
  );
}

test.runIf(hasControllers)(
  "the operator's pod is admitted under the restricted pod security standard",
  async () => {
    const wait = ["wait", "--for=condition=Available", "--timeout=30s", "deployment/serviceaccess"];
    expect(await kubectl("-n", NAMESPACE, ...wait)).toContain("condition met");
  },
);

test("the operator's namespace refuses what is not restricted, so that to be admitted there means something", async () => {
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "as-people-write-it" },
    spec: { containers: [{ name: "main", image: "nothing.invalid/main" }] },
  };
  const path = `/api/v1/namespaces/${NAMESPACE}/pods`;
  const { status, body } = await plane.api<{ readonly message: string }>("POST", path, pod);
  expect(status).toBe(403);
  expect(body.message).toContain('violates PodSecurity "restricted');
});

test("the operator's own NetworkPolicy is one that the API server takes as it is", async () => {
  const folder = join(import.meta.dirname, "../config/network-policy");
  expect(await kubectl("apply", "--server-side", "-k", folder)).toContain("serviceaccess serverside-applied");
});

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
  expect(await can("patch", "serviceaccesses", ...operator)).toBe("yes");
  expect(await can("update", "serviceaccesses", ...operator)).toBe("no");
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
