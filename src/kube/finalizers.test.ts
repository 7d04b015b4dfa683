import { afterEach, expect, test } from "vitest";
import { answer, refuse, scriptedServer, type Step } from "../testing/scripted-server.ts";
import { accessOf } from "../testing/small-world.ts";
import { createClient } from "./client.ts";
import { isGoneFromApi, setFinalizers } from "./finalizers.ts";
import { createTransport } from "./transport.ts";

const PATH = "/apis/serviceaccess.dev/v1alpha1/namespaces/shop/serviceaccesses/db";
const access = accessOf("shop/db", { target: { podSelector: {} } });
const looked = { ...access, metadata: { ...access.metadata, resourceVersion: "7" } };

const endings: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

async function against(...script: readonly Step[]) {
  const server = await scriptedServer(...script);
  const client = createClient(createTransport(server.kubeConfig));
  endings.push(client.close, server.close);
  const wrote: unknown[] = [];
  const watches = { wrote: (_: object, raw: unknown) => void wrote.push(raw) };
  return {
    client,
    server,
    wrote,
    set: (list: readonly string[]) => setFinalizers({ client, watches }, looked, list),
  };
}

test("the whole list is written to exactly the version that was looked at, and nothing else is", async () => {
  const { server, wrote, set } = await against(answer(200, looked));
  expect(await set(["a", "b"])).toBeUndefined();
  expect(server.asked).toEqual([`PATCH ${PATH}?fieldManager=serviceaccess&fieldValidation=Strict`]);
  expect(server.headers[0]?.["content-type"]).toBe("application/merge-patch+json");
  expect(server.bodies).toEqual([{ metadata: { resourceVersion: "7", finalizers: ["a", "b"] } }]);
  expect(wrote).toEqual([looked]);
});

test("where somebody has changed the object in the meantime, it is looked at again", async () => {
  const { wrote, set } = await against(refuse(409, "Conflict"));
  await expect(set([])).rejects.toMatchObject({ status: 409 });
  expect(wrote).toEqual([]);
});

test.each([
  [403, "Forbidden"],
  [404, "NotFound"],
  [422, "Invalid"],
])("a refusal for a reason (%i) is an answer, %s", async (status, reason) => {
  const { set } = await against(refuse(status, reason));
  expect(await set([])).toMatchObject({ kind: "refused", reason });
});

test.each([429, 500, 503])("what may pass (%i) is thrown", async (status) => {
  const { set } = await against(refuse(status, "Later"));
  await expect(set([])).rejects.toMatchObject({ status });
});

test("gone is only what the API says is not found", async () => {
  const { client } = await against(
    answer(200, looked),
    refuse(404, "NotFound"),
    refuse(403, "No"),
    notServed,
  );
  const key = { namespace: "shop", name: "db" };
  expect(await isGoneFromApi(client, key)).toBe(false);
  expect(await isGoneFromApi(client, key)).toBe(true);
  await expect(isGoneFromApi(client, key)).rejects.toMatchObject({ status: 403 });
  await expect(isGoneFromApi(client, key)).rejects.toMatchObject({ status: 404 });
});

/** As of a kind that is not there, or not yet. */
const notServed: Step = (response) => void response.writeHead(404).end("404 page not found");
