import type { Call } from "../kube/client.ts";

export interface CallLabels {
  /** In the API's words: `watch`, `apply`; a list and a single read are both `get`. */
  readonly verb: string;
  /** `networkpolicies`, `serviceaccesses/status`: never the name of an object. */
  readonly resource: string;
  /** What became of it, as far as that asks for another answer. */
  readonly result: string;
}

/** What tells requests apart when they are counted. */
export function callLabels(
  call: Pick<Call, "method" | "path" | "query" | "contentType">,
  status: number,
): CallLabels {
  return { verb: verbOf(call), resource: resourceOf(call.path), result: resultOf(status) };
}

function verbOf({ method, query, contentType = "" }: Pick<Call, "method" | "query" | "contentType">): string {
  if (query?.["watch"] === "true") return "watch";
  switch (method) {
    case "GET":
      return "get";
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "DELETE":
      return "delete";
    case "PATCH":
      return contentType.startsWith("application/apply-patch") ? "apply" : "patch";
  }
}

/** `/api/v1` or `/apis/group/version`; a namespace, perhaps; a plural; a name; a subresource. */
const PATH = /^\/(?:api|apis\/[^/]+)\/[^/]+\/(?:namespaces\/[^/]+\/)?([^/]+)(?:\/[^/]+)?(\/[^/]+)?$/;

function resourceOf(path: string): string {
  const [, plural = "other", subresource = ""] = PATH.exec(path) ?? [];
  return `${plural}${subresource}`;
}

function resultOf(status: number): string {
  if (status >= 200 && status < 300) return "done";
  switch (status) {
    case 0:
      return "unanswered";
    case 403:
      return "forbidden";
    case 404:
      return "gone";
    case 409:
      return "conflict";
    case 429:
      return "throttled";
    default:
      return status < 500 ? "invalid" : "failed";
  }
}
