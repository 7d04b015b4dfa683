import { afterEach, expect, test } from "vitest";
import {
  answer,
  kubeConfigFor,
  refuse,
  scriptedServer,
  type Step,
  watching,
} from "../testing/scripted-server.ts";
import { ApiError } from "./api-error.ts";
import { type Call, createClient } from "./client.ts";
import { createTransport } from "./transport.ts";

test("an answer is the JSON as it came, and the question as it was meant", async () => {
  const { client, server } = await connected(answer(200, { spec: { ingress: [{ from: [] }] } }));
  const call = {
    ...PODS,
    method: "PATCH",
    query: { force: "true", note: "a b&c" },
    body: { _from: 1 },
  } as const;
  expect(await client.json(call)).toEqual({ spec: { ingress: [{ from: [] }] } });
  expect(server.asked).toEqual(["PATCH /api/v1/pods?force=true&note=a+b%26c"]);
  expect(server.bodies).toEqual([{ _from: 1 }]);
});

test("a server behind a path is asked below that path", async () => {
  const { server } = await connected(answer(200, {}));
  const address = server.kubeConfig.getCurrentCluster()?.server ?? "";
  const client = createClient(createTransport(kubeConfigFor(`${address}/clusters/c-1/`)));
  await client.json({ ...PODS, method: "POST", body: {} });
  expect(server.asked).toEqual(["POST /clusters/c-1/api/v1/pods?"]);
  await client.close();
});

test("a refusal says what was tried and why it failed, and keeps what a program needs", async () => {
  const { client } = await connected(
    answer(403, {
      kind: "Status",
      reason: "Forbidden",
      message: "namespace is going",
      details: { causes: [{ reason: "NamespaceTerminating", field: "metadata.namespace" }] },
    }),
  );
  expect(await failure(client.json(PODS))).toEqual({
    message: "cannot list pods: namespace is going",
    status: 403,
    reason: "Forbidden",
    retryAfter: undefined,
    causes: [{ reason: "NamespaceTerminating", field: "metadata.namespace" }],
  });
});

test.each([
  ["the header", refuse(429, "TooManyRequests", { "retry-after": "3" }), 3000],
  ["the Status", answer(503, { reason: "Busy", details: { retryAfterSeconds: 2 } }), 2000],
  ["neither", refuse(500, "InternalError"), undefined],
])("how long the server wants to be left alone is read from %s", async (_, step, expected) => {
  const { client } = await connected(step);
  expect((await failure(client.json(PODS))).retryAfter).toBe(expected);
});

test("a proxy that answers with a page is quoted", async () => {
  const { client } = await connected((response) => void response.writeHead(502).end("<h1>Bad Gateway</h1>"));
  expect(await failure(client.json(PODS))).toMatchObject({
    message: "cannot list pods: <h1>Bad Gateway</h1>",
    status: 502,
    reason: "HTTP502",
  });
});

test.each([
  ["a connection that breaks", (response) => void response.destroy(), "Unreachable"],
  ["an answer that is no JSON", (response) => void response.writeHead(200).end("hello"), "Unreachable"],
] as [string, Step, string][])("%s is a failure without a status", async (_, step, reason) => {
  const { client } = await connected(step);
  expect(await failure(client.json(PODS))).toMatchObject({ status: 0, reason });
});

test("a server that is not there is named by what the system says", async () => {
  const client = createClient(createTransport(kubeConfigFor("http://127.0.0.1:1")));
  expect((await failure(client.json(PODS))).message).toMatch(/^cannot list pods: .*ECONNREFUSED/);
});

test("a call that takes too long is given up", async () => {
  const { client } = await connected();
  expect(await failure(client.json({ ...PODS, timeout: 50 }))).toMatchObject({
    message: "cannot list pods: no answer in time",
    reason: "Timeout",
  });
});

test("whoever stops a call gets their own reason back, not an error of the API", async () => {
  const { client } = await connected();
  const stopping = new AbortController();
  const call = client.json({ ...PODS, signal: stopping.signal });
  stopping.abort(new Error("enough"));
  await expect(call).rejects.toThrow("enough");
});

test("calls one after another share connections: not one each", async () => {
  const answers = Array.from({ length: 20 }, () => answer(200, {}));
  const { client, server } = await connected(watching([]), ...answers);
  await client.stream(PODS);
  for (let call = 0; call < 20; call += 1) await client.json(PODS);
  expect(new Set(server.ports).size).toBeLessThanOrEqual(3);
});

test("a write leaves only when whoever is asked right before lets it, and a read always does", async () => {
  const { server } = await connected(answer(200, {}), answer(200, {}));
  let isAllowed = true;
  const guarded = createClient(createTransport(server.kubeConfig), {
    beforeWrite: ({ doing }) => {
      if (!isAllowed) throw new ApiError(doing, { status: 0, reason: "NotLeading", message: "not ours" });
    },
  });
  endings.push(guarded.close);
  await guarded.json({ ...PODS, method: "POST", body: {} });
  isAllowed = false;
  for (const method of ["POST", "PUT", "PATCH", "DELETE"] as const) {
    await expect(guarded.json({ ...PODS, method, body: {} })).rejects.toThrow("cannot list pods: not ours");
  }
  await guarded.json(PODS);
  expect(server.asked).toEqual(["POST /api/v1/pods?", "list all"]);
});

test("credentials that take their time do not let a write slip through that was allowed before", async () => {
  const { server } = await connected(answer(200, {}));
  const transport = createTransport(server.kubeConfig);
  let isAllowed = true;
  const slow = {
    ...transport,
    authorize: async () => {
      const authorized = await transport.authorize();
      isAllowed = false;
      return authorized;
    },
  };
  const guarded = createClient(slow, {
    beforeWrite: () => {
      if (!isAllowed) throw new Error("not ours any more");
    },
  });
  endings.push(guarded.close);
  await expect(guarded.json({ ...PODS, method: "POST", body: {} })).rejects.toThrow("not ours any more");
  expect(server.asked).toEqual([]);
});

test("nor does a connection that is made only when the write has been handed over", async () => {
  const { server } = await connected(answer(200, {}), answer(200, {}));
  const transport = createTransport(server.kubeConfig);
  let isAllowed = true;
  const connecting = {
    ...transport,
    authorize: async () => {
      const { headers, dispatcher } = await transport.authorize();
      const handOver = dispatcher.compose((dispatch) => (options, handler) => {
        isAllowed = false;
        return dispatch(options, handler);
      });
      return { headers, dispatcher: handOver };
    },
  };
  const guarded = createClient(connecting, {
    beforeWrite: () => {
      if (!isAllowed) throw new Error("not ours any more");
    },
  });
  endings.push(guarded.close);
  const write = guarded.json({ ...PODS, method: "POST", body: {} });
  await expect(write).rejects.toThrow("not ours any more");
  expect(server.asked).toEqual([]);
  // The connection is as good as before.
  await guarded.json(PODS);
  expect(server.asked).toEqual(["list all"]);
});

test("each answer is counted once, by its code, and one that never came by 0", async () => {
  const { server } = await connected(
    answer(200, {}),
    refuse(409, "Conflict"),
    (response) => void response.destroy(),
  );
  const counted: string[] = [];
  const client = createClient(createTransport(server.kubeConfig), {
    userAgent: "me/1",
    onAnswer: ({ method }, status, took) => counted.push(`${method} ${status} ${took >= 0}`),
  });
  endings.push(client.close);
  await client.json(PODS);
  await failure(client.json({ ...PODS, method: "POST", body: {} }));
  await failure(client.json(PODS));
  expect(counted).toEqual(["GET 200 true", "POST 409 true", "GET 0 true"]);
  expect(server.headers[0]?.["user-agent"]).toBe("me/1");
});

const PODS: Call = { doing: "list pods", method: "GET", path: "/api/v1/pods" };
const endings: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

async function connected(...script: readonly Step[]) {
  const server = await scriptedServer(...script);
  const client = createClient(createTransport(server.kubeConfig));
  endings.push(client.close, server.close);
  return { client, server };
}

async function failure(call: Promise<unknown>) {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw new Error(`not refused: ${String(error)}`);
  const { message, status, reason, retryAfter, causes } = error;
  return { message, status, reason, retryAfter, causes };
}
