import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";

import type { Access } from "../control-plane/access.ts";

/** Who the operator is in the cluster. */
export interface Account {
  readonly kubeconfig: string;
  remove(): Promise<void>;
}

/** A namespace of its own would be a while in going, and writes of that time would be found in counts of writes. */
const namespace = "default";

const rbac = join(import.meta.dirname, "../../config/rbac");

/** A ServiceAccount that may do what the shipped role says and nothing else, with a token of its own. */
export async function operatorAccount(access: Access): Promise<Account> {
  const name = `operator-${randomBytes(3).toString("hex")}`;
  await access.apply(
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } },
    { ...shipped("cluster_role.yaml"), metadata: { name } },
    binding("ClusterRole", { name }),
    { ...shipped("lease_role.yaml"), metadata: { name, namespace } },
    binding("Role", { name, namespace }),
  );
  const token = await kubectl(access, "create", "token", name, "-n", namespace, "--duration=2h");
  const kubeconfig = join(access.folder, `${name}.kubeconfig`);
  writeFileSync(kubeconfig, kubeconfigText(access, token.trim()), { mode: 0o600 });
  return {
    kubeconfig,
    remove: async () => {
      await kubectl(access, "delete", "clusterrole,clusterrolebinding", name);
      await kubectl(access, "delete", "serviceaccount,role,rolebinding", name, "-n", namespace);
    },
  };
}

/** Under another name: what a test of the installation applies and removes is not ours to touch. */
function shipped(file: string): object {
  const role: unknown = load(readFileSync(join(rbac, file), "utf8"));
  if (typeof role !== "object" || role === null) throw new Error(`${file} holds no role`);
  return role;
}

/** Of the role to the account, both of which have the name of the binding. */
function binding(
  kind: "Role" | "ClusterRole",
  metadata: { readonly name: string; readonly namespace?: string },
) {
  const { name } = metadata;
  const apiGroup = "rbac.authorization.k8s.io";
  return {
    apiVersion: `${apiGroup}/v1`,
    kind: `${kind}Binding`,
    metadata,
    roleRef: { apiGroup, kind, name },
    subjects: [{ kind: "ServiceAccount", name, namespace }],
  };
}

function kubeconfigText({ server, certificate }: Access, token: string): string {
  const authority = readFileSync(certificate).toString("base64");
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server, "certificate-authority-data": authority } }],
    users: [{ name: "operator", user: { token } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "operator" } }],
    "current-context": "test",
  });
}

async function kubectl(access: Access, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await access.kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  return stdout;
}
