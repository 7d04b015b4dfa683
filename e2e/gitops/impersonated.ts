import { readFileSync } from "node:fs";
import { Agent, request } from "undici";

import type { Access, Method } from "../control-plane/access.ts";
import { believe } from "../control-plane/believe.ts";

export interface Attempt {
  readonly method: Method;
  readonly path: string;
  readonly body: object;
  readonly contentType?: string;
}

/** What the API server answers to somebody: that it is done, or why not, or what it warns of. */
export interface Outcome {
  readonly status: number;
  readonly message: string;
  readonly warning: string;
}

/** Lets a user do things, with the rights that the user has; the administrator only vouches for who it is. */
export function impersonated(plane: Access): (user: string, attempt: Attempt) => Promise<Outcome> {
  const dispatcher = new Agent({ connect: { ca: readFileSync(plane.certificate, "utf8") } });
  return async (user, { method, path, body, contentType = "application/json" }) => {
    const response = await request(new URL(path, plane.server), {
      dispatcher,
      method,
      headers: {
        authorization: `Bearer ${plane.token}`,
        "impersonate-user": user,
        "content-type": contentType,
      },
      body: JSON.stringify(body),
    });
    const { message = "" } = believe<{ readonly message?: string }>(await response.body.text());
    const warning = [response.headers["warning"] ?? []].flat().join("\n");
    return { status: response.statusCode, message, warning };
  };
}
