import type { Access } from "./access.ts";
import { eventually } from "./eventually.ts";

/** Adds nodes `node-1`, `node-2` … with addresses 10.9.0.1, 10.9.0.2 …, and waits until kwok has made them ready. */
export async function addNodes(access: Access, count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `node-${index + 1}`);
  await access.apply(...names.map((name, index) => node(name, `10.9.0.${index + 1}`)));
  await eventually(async () => (await readyNodes(access)).length >= count, {
    what: `${count} ready nodes`,
    timeoutMs: 60_000,
  });
}

function node(name: string, address: string): object {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux" },
      annotations: { "e2e.serviceaccess.dev/address": address },
    },
  };
}

interface NodeList {
  readonly items: readonly {
    readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  }[];
}

async function readyNodes(access: Access): Promise<NodeList["items"]> {
  const { body } = await access.api<NodeList>("GET", "/api/v1/nodes");
  return body.items.filter(({ status }) =>
    status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True"),
  );
}
