import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Agent, request } from "undici";

import { believe } from "./believe.ts";
import type { Access, Details } from "./access.ts";

/**
 * Gives each pod some node, until told to end: a scheduler for nodes that always have room. It knows one
 * constraint, the node that the DaemonSet controller wants for each of its pods.
 */
export async function bindPods(access: Access, stopping: AbortSignal): Promise<void> {
  const dispatcher = new Agent({ connect: { ca: readFileSync(access.certificate, "utf8") }, bodyTimeout: 0 });
  while (!stopping.aborted) {
    const attempt = new AbortController();
    const signal = AbortSignal.any([stopping, attempt.signal]);
    // A watch without a version begins with all that is there, so nothing is lost when it is begun anew.
    const pods = unscheduled(access, dispatcher, signal);
    try {
      // Several take from one stream, for a binding is mostly waiting.
      await Promise.all(Array.from({ length: 16 }, () => bindEach(pods, access, signal)));
    } catch (error) {
      if (stopping.aborted) break;
      process.stderr.write(`control plane: the binder begins again: ${String(error)}\n`);
      await delay(200);
    } finally {
      attempt.abort();
    }
  }
  await dispatcher.destroy();
}

async function bindEach(pods: AsyncIterable<Pod>, access: Access, signal: AbortSignal): Promise<void> {
  for await (const pod of pods) await bind(access, pod, await nodeFor(pod, access, signal));
}

interface Pod {
  readonly metadata: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly spec: { readonly affinity?: unknown };
}

interface PodEvent {
  readonly type: string;
  readonly object: Pod;
}

interface List {
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

async function* unscheduled(details: Details, dispatcher: Agent, signal: AbortSignal): AsyncGenerator<Pod> {
  const response = await request(`${details.server}/api/v1/pods?watch=1&fieldSelector=spec.nodeName%3D`, {
    dispatcher,
    signal,
    headers: { authorization: `Bearer ${details.token}` },
  });
  if (response.statusCode !== 200) throw new Error(`cannot watch pods: ${await response.body.text()}`);
  for await (const line of lines(response.body.setEncoding("utf8"))) {
    const event = believe<PodEvent>(line);
    if (event.type === "ERROR") throw new Error(`the watch of pods ended: ${line}`);
    if (event.type === "ADDED") yield event.object;
  }
}

async function* lines(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of chunks) {
    const whole = (rest + chunk).split("\n");
    rest = whole.pop() ?? "";
    yield* whole;
  }
}

async function bind(access: Access, { metadata }: Pod, node: string): Promise<void> {
  const { namespace, name, uid } = metadata;
  const answer = await access.api("POST", `/api/v1/namespaces/${namespace}/pods/${name}/binding`, {
    apiVersion: "v1",
    kind: "Binding",
    metadata: { namespace, name, uid },
    target: { apiVersion: "v1", kind: "Node", name: node },
  });
  // 404 and 409: the pod has gone, or was bound by a test.
  if (![201, 404, 409].includes(answer.status)) {
    throw new Error(`cannot bind ${namespace}/${name} to ${node}: ${JSON.stringify(answer.body)}`);
  }
}

async function nodeFor(pod: Pod, access: Access, signal: AbortSignal): Promise<string> {
  const wanted = JSON.stringify(pod.spec.affinity ?? {}).match(
    /"metadata.name","operator":"In","values":\["([^"]+)"\]/,
  );
  if (wanted?.[1] !== undefined) return wanted[1];
  for (;;) {
    signal.throwIfAborted();
    const { body } = await access.api<List>("GET", "/api/v1/nodes?resourceVersion=0");
    const node = body.items[Math.floor(Math.random() * body.items.length)];
    if (node !== undefined) return node.metadata.name;
    await delay(100);
  }
}
