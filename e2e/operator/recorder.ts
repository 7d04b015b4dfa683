import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Agent, request } from "undici";

import { decodeNetworkPolicy } from "../../src/manifest/decode.ts";
import type { NetworkPolicy } from "../../src/model/network-policy.ts";
import type { Access } from "../control-plane/access.ts";
import { believe } from "../control-plane/believe.ts";
import { eventually } from "../control-plane/eventually.ts";
import { policyPath, type RawPolicy, readsOf } from "./reads.ts";

/** Follows the policies of some namespaces state by state, as a network plugin does. */
export interface Recorder {
  /** Forgets what was before: from here on the present state, and one more for each event that follows. */
  begin(): Promise<void>;
  /** All states since then, once everything that the API server has by now is among them. */
  states(): Promise<readonly (readonly NetworkPolicy[])[]>;
  /** The same, each with when it was seen, by performance.now(). */
  moments(): Promise<readonly Moment[]>;
  close(): Promise<void>;
}

export interface Moment {
  readonly at: number;
  readonly policies: readonly NetworkPolicy[];
}

interface Seen {
  readonly type: string;
  readonly object: RawPolicy;
}

export async function recordPolicies(access: Access, namespaces: readonly string[]): Promise<Recorder> {
  const dispatcher = new Agent({ connect: { ca: readFileSync(access.certificate, "utf8") }, bodyTimeout: 0 });
  const { body } = await request(`${access.server}${policyPath()}?watch=true`, {
    dispatcher,
    headers: { authorization: `Bearer ${access.token}` },
  });
  const now = new Map<string, RawPolicy>();
  let recorded: Moment[] = [];
  const keep = () => {
    recorded.push({ at: performance.now(), policies: [...now.values()].map(readPolicy) });
  };
  const lines = createInterface({ input: body.on("error", () => undefined) });
  // Both tell the end of the connection, which is ours to make.
  lines.on("error", () => undefined);
  lines.on("line", (line) => {
    const { type, object } = believe<Seen>(line);
    const { namespace, name } = object.metadata;
    if (!namespaces.includes(namespace)) return;
    if (type === "DELETED") now.delete(`${namespace}/${name}`);
    else now.set(`${namespace}/${name}`, object);
    keep();
  });
  const caughtUp = async (): Promise<void> => {
    const stored = await Promise.all(namespaces.map((namespace) => readsOf(access.api).policies(namespace)));
    await eventually(() => isSame(stored.flat(), [...now.values()]), { what: "the recorder to catch up" });
  };
  return {
    async begin() {
      await caughtUp();
      recorded = [];
      keep();
    },
    async states() {
      await caughtUp();
      return recorded.map(({ policies }) => policies);
    },
    async moments() {
      await caughtUp();
      return recorded;
    },
    close: () => dispatcher.destroy(),
  };
}

function isSame(a: readonly RawPolicy[], b: readonly RawPolicy[]): boolean {
  return versions(a) === versions(b);
}

function versions(policies: readonly RawPolicy[]): string {
  return policies
    .map(({ metadata }) => `${metadata.uid} ${metadata.resourceVersion}`)
    .toSorted()
    .join();
}

function readPolicy(raw: RawPolicy): NetworkPolicy {
  const result = decodeNetworkPolicy(raw);
  if (result.kind === "decoded") return result.value;
  throw new Error(`cannot read ${raw.metadata.namespace}/${raw.metadata.name}`);
}
