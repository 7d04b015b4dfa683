/**
 * `node hack/run.mjs FILE [ARGUMENT…]`: sets the checkout up and runs FILE, given from its root, with the project's
 * Node. The working directory stays the caller's. Without FILE it only sets up.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { ROOT, setUp } from "./setup.mjs";

const node = setUp();
const [file, ...args] = process.argv.slice(2);
if (file !== undefined) start(join(ROOT, file), args);

function start(script, scriptArguments) {
  // Children that ask for `node` get the same one.
  const path = [join(ROOT, "node_modules", ".bin"), process.env.PATH ?? ""].join(delimiter);
  const child = spawn(node, [script, ...scriptArguments], {
    stdio: "inherit",
    env: { ...process.env, PATH: path },
  });
  // A terminal's Ctrl-C reaches the child by itself; a signal sent to this process alone has to be passed on.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("error", (error) => {
    console.error(`cannot start ${node}: ${error.message}`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  });
}
