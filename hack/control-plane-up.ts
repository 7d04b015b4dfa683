/** A control plane to play with, until Ctrl-C: `node hack/run.mjs hack/control-plane-up.ts [DEFINITION…]`. */
import { once } from "node:events";
import { dirname } from "node:path";
import { startControlPlane } from "../e2e/control-plane/start.ts";
import { obtain } from "./control-plane/build.ts";

const binaries = await obtain(process.env);
const started = performance.now();
const plane = await startControlPlane({ binaries, definitions: process.argv.slice(2) });
const seconds = ((performance.now() - started) / 1000).toFixed(1);
process.stderr.write(`ready after ${seconds} s; the logs are in ${plane.folder}\n`);
process.stdout.write(`export KUBECONFIG=${plane.kubeconfig} PATH=${dirname(binaries.kubectl)}:$PATH\n`);
await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
await plane.stop();
