import { spawn } from "node:child_process";
import { once } from "node:events";

import type { Access } from "../control-plane/access.ts";
import { believe } from "../control-plane/believe.ts";
import type { RawAccess } from "../operator/reads.ts";

/** Every version of an object that a watch hands out, from now on. */
export interface Recorder {
  versions(): readonly RawAccess[];
  stop(): Promise<void>;
}

export function recorder(plane: Access, namespace: string, name: string): Recorder {
  const one = `--field-selector=metadata.name=${name}`;
  const args = ["get", "serviceaccesses", "-n", namespace, one, "--watch", "-o", "json"];
  const env = { ...process.env, KUBECONFIG: plane.kubeconfig, KUBERC: "off" };
  const child = spawn(plane.binaries.kubectl, args, { env, stdio: ["ignore", "pipe", "ignore"] });
  const ended = once(child, "exit");
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  return {
    versions: () =>
      text
        .split("\n}\n")
        // The last piece is empty, or an object that is still being written.
        .slice(0, -1)
        .map((piece) => believe<RawAccess>(`${piece}\n}`)),
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
