import { once } from "node:events";

import { obtain } from "../../hack/control-plane/build.ts";
import { startControlPlane } from "./start.ts";

/** A control plane to play with: `node e2e/control-plane/up.ts [manifest…]`, until Ctrl-C. */
const start = Date.now();
const plane = await startControlPlane({
  binaries: await obtain(process.env),
  definitions: process.argv.slice(2),
});
process.stderr.write(`ready after ${(Date.now() - start) / 1000} s; logs are in ${plane.folder}\n`);
process.stdout.write(
  `export KUBECONFIG=${plane.kubeconfig} PATH=${plane.binaries.kubectl.replace(/\/[^/]*$/, "")}:$PATH\n`,
);
await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
await plane.stop();
