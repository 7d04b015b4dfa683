import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Agent, request } from "undici";

import type { Binaries } from "../../hack/control-plane/programs.ts";
import { believe } from "./believe.ts";

/** All that is needed to talk to a control plane; plain data, so it passes from the test runner to its workers. */
export interface Details {
  readonly server: string;
  readonly kubeconfig: string;
  readonly token: string;
  /** A file with the certificates that vouch for the server. */
  readonly certificate: string;
  readonly binaries: Binaries;
  /** Where each program writes its log, `<program>.log`; gone after the run. */
  readonly folder: string;
}

export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
}

export interface Access extends Details {
  /** Runs kubectl as the administrator; a failure is a result, not an exception. */
  kubectl(args: readonly string[], options?: { readonly input?: string }): Promise<KubectlResult>;
  /** One raw JSON request as the administrator, with nothing added to it and nothing taken from its answer. */
  api<Body = unknown>(
    method: Method,
    path: string,
    body?: object,
    contentType?: string,
  ): Promise<Answer<Body>>;
  /** Applies objects by server-side apply, and throws when one is refused. */
  apply(...objects: readonly object[]): Promise<void>;
  /** Makes a namespace of its own for a test, for tests share the cluster. */
  namespace(prefix: string, metadata?: object): Promise<string>;
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export function access(details: Details): Access {
  const ca = readFileSync(details.certificate, "utf8");
  const dispatcher = new Agent({ connect: { ca } });

  const send = async (method: Method, path: string, body?: object, contentType = "application/json") => {
    const authorization = `Bearer ${details.token}`;
    const response = await request(new URL(path, details.server), {
      dispatcher,
      method,
      headers: body === undefined ? { authorization } : { authorization, "content-type": contentType },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { status: response.statusCode, text: await response.body.text() };
  };
  const api: Access["api"] = async (...call) => {
    const { status, text } = await send(...call);
    // Most answers are JSON; /readyz, /metrics and logs are text.
    return { status, body: believe(/^\s*[{[]/.test(text) ? text : JSON.stringify(text)) };
  };
  const kubectl: Access["kubectl"] = (args, options) => runKubectl(details, args, options?.input ?? "");

  return {
    ...details,
    api,
    kubectl,
    async apply(...objects) {
      const list = { apiVersion: "v1", kind: "List", items: objects };
      const result = await kubectl(["apply", "--server-side", "-f", "-"], { input: JSON.stringify(list) });
      if (result.code !== 0) throw new Error(`kubectl apply was refused: ${result.stderr}`);
    },
    async namespace(prefix, metadata = {}) {
      const name = `${prefix}-${randomBytes(3).toString("hex")}`;
      const { status, body } = await api("POST", "/api/v1/namespaces", { metadata: { ...metadata, name } });
      if (status !== 201) throw new Error(`cannot create the namespace ${name}: ${JSON.stringify(body)}`);
      return name;
    },
  };
}

function runKubectl(details: Details, args: readonly string[], input: string): Promise<KubectlResult> {
  // Neither the settings nor the cache of the person who runs the tests takes part.
  const env = {
    ...process.env,
    KUBECONFIG: details.kubeconfig,
    KUBECACHEDIR: join(details.folder, "cache"),
    KUBERC: "off",
  };
  const child = spawn(details.binaries.kubectl, args, { env, stdio: "pipe" });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  // kubectl may refuse its flags and close its input before it has read all of it.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}
