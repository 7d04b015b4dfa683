import { expect, test } from "vitest";
import type { Call } from "../kube/client.ts";
import { callLabels } from "./call-labels.ts";

const APPLY = "application/apply-patch+yaml";
const policies = "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies";

test.each<[string, Partial<Call>, number]>([
  ["get pods done", { path: "/api/v1/pods", query: { limit: "500" } }, 200],
  ["watch pods done", { path: "/api/v1/pods", query: { watch: "true" } }, 200],
  ["get other done", { path: "/apis/policy.networking.k8s.io/v1alpha1" }, 200],
  ["apply networkpolicies conflict", { method: "PATCH", path: `${policies}/web`, contentType: APPLY }, 409],
  ["delete networkpolicies gone", { method: "DELETE", path: `${policies}/web` }, 404],
  [
    "apply serviceaccesses/status invalid",
    {
      method: "PATCH",
      path: "/apis/serviceaccess.dev/v1alpha1/namespaces/shop/serviceaccesses/web/status",
      contentType: APPLY,
    },
    422,
  ],
  ["patch networkpolicies failed", { method: "PATCH", path: `${policies}/web` }, 503],
  ["create networkpolicies throttled", { method: "POST", path: policies }, 429],
  ["update networkpolicies unanswered", { method: "PUT", path: `${policies}/web` }, 0],
  ["get networkpolicies forbidden", { path: policies }, 403],
])("%s", (words, call, status) => {
  const { verb, resource, result } = callLabels({ method: "GET", path: "", ...call }, status);
  expect(`${verb} ${resource} ${result}`).toBe(words);
});
