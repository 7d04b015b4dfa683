import type { Access } from "../control-plane/access.ts";

/** How often the API server was asked for each write, and answered how: `APPLY serviceaccesses/status 200`. */
export type Writes = ReadonlyMap<string, number>;

const writingVerbs = ["APPLY", "PATCH", "POST", "PUT", "DELETE", "DELETECOLLECTION"];

/** Everybody's writes since the API server began, but for the leases by which its own parts say that they live. */
export async function writesOf(access: Access): Promise<Writes> {
  const { body } = await access.api<string>("GET", "/metrics");
  const counts = new Map<string, number>();
  for (const [, labels = "", value = ""] of body.matchAll(/^apiserver_request_total\{(.*)\} (\S+)$/gm)) {
    const { verb, resource, subresource, code } = callOf(labels);
    if (!writingVerbs.includes(verb) || resource === "leases") continue;
    const key = `${verb} ${resource}${subresource === "" ? "" : `/${subresource}`} ${code}`;
    counts.set(key, (counts.get(key) ?? 0) + Number(value));
  }
  return counts;
}

/** What was written in between, each with how often: `APPLY networkpolicies 200: 2`. */
export function writtenSince(before: Writes, after: Writes): readonly string[] {
  return [...after]
    .map(([key, count]) => [key, count - (before.get(key) ?? 0)] as const)
    .filter(([, count]) => count > 0)
    .map(([key, count]) => `${key}: ${count}`)
    .toSorted();
}

function callOf(text: string) {
  const labels = new Map(
    Array.from(text.matchAll(/(\w+)="([^"]*)"/g), ([, name = "", value = ""]) => [name, value]),
  );
  const label = (name: string) => labels.get(name) ?? "";
  return {
    verb: label("verb"),
    resource: label("resource"),
    subresource: label("subresource"),
    code: label("code"),
  };
}
