import type { IncomingMessage } from "node:http";

/** One request that went through the proxy, in the API server's words. */
export interface Asked {
  /** When it came, as `Date.now()` says it. */
  readonly at: number;
  readonly verb: Verb;
  /** Empty where no collection was asked for, such as which kinds there are. */
  readonly plural: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete";

export function isWrite({ verb }: Asked): boolean {
  return !["get", "list", "watch"].includes(verb);
}

/** Asks for a collection or for what is in it: `of("pods")`, `of("networkpolicies", "delete")`. */
export function of(plural: string, ...verbs: readonly Verb[]): (asked: Asked) => boolean {
  return (asked) => asked.plural === plural && (verbs.length === 0 || verbs.includes(asked.verb));
}

export function askedOf({ url, method }: IncomingMessage): Asked {
  const { pathname, searchParams } = new URL(url ?? "", "https://server");
  const [plural = "", name = "", subresource = "", namespace = ""] = placeOf(pathname);
  const verb = verbOf(method ?? "GET", searchParams, plural !== "" && name === "");
  return { at: Date.now(), verb, plural, subresource, namespace, name };
}

function placeOf(pathname: string): readonly string[] {
  const [root, ...rest] = pathname.slice(1).split("/");
  const place = rest.slice(root === "api" ? 1 : 2);
  // A namespace is itself an object, and what is below it is another.
  if (place[0] !== "namespaces" || place.length < 3) return place.slice(0, 3);
  const [, namespace = "", plural = "", name = "", subresource = ""] = place;
  return [plural, name, subresource, namespace];
}

function verbOf(method: string, query: URLSearchParams, isCollection: boolean): Verb {
  switch (method) {
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return "delete";
    default:
      if (query.get("watch") === "true") return "watch";
      return isCollection ? "list" : "get";
  }
}
