import type { Access } from "../control-plane/access.ts";
import { networkPolicy, serviceAccess } from "../operator/objects.ts";
import { accessPath, policyPath } from "../operator/reads.ts";
import { type Call, inParallel } from "./in-parallel.ts";

const place = "plain";
const applied = "application/apply-patch+yaml";

/** What the operator wrote for one object: two policies and a status. */
export interface Sample {
  readonly policies: readonly object[];
  readonly status: object;
}

/**
 * How many writes a second a client gets done that does nothing but write the same as the operator: policies first, then
 * statuses, all by server-side apply, as many at once. Nothing of it is left.
 */
export async function plainRate(
  access: Access,
  objects: number,
  atOnce: number,
  sample: Sample,
): Promise<number> {
  await inParallel(access, [
    { method: "POST", path: "/api/v1/namespaces", body: { metadata: { name: place } }, status: 201 },
  ]);
  const names = Array.from({ length: objects }, (_, index) => `plain-${index}`);
  await inParallel(access, names.map(unasked));
  const policies = names.flatMap((name) =>
    sample.policies.map((spec, half) =>
      apply(policyPath(place, `${name}-${half}`), networkPolicy(name, spec), 201),
    ),
  );
  const statuses = names.map((name) =>
    apply(`${accessPath(place, name)}/status`, { ...statusOnly, status: sample.status }, 200),
  );
  const begun = performance.now();
  await inParallel(access, policies, atOnce);
  await inParallel(access, statuses, atOnce);
  const seconds = (performance.now() - begun) / 1000;
  for (const path of [accessPath(place), policyPath(place)]) {
    await inParallel(access, [{ method: "DELETE", path, status: 200 }]);
  }
  return (policies.length + statuses.length) / seconds;
}

const statusOnly = { apiVersion: "serviceaccess.dev/v1alpha1", kind: "ServiceAccess" };

/** An object that the operator leaves alone, should it ever see it. */
function unasked(name: string): Call {
  const body = serviceAccess(name, { suspend: true, target: { podSelector: {} } });
  return { method: "POST", path: accessPath(place), body, status: 201 };
}

function apply(path: string, body: object, status: number): Call {
  const name = path.replace(/\/status$/, "").replace(/^.*\//, "");
  const named = { ...body, metadata: { name, namespace: place } };
  return {
    method: "PATCH",
    path: `${path}?fieldManager=plain&force=true`,
    body: named,
    contentType: applied,
    status,
  };
}
