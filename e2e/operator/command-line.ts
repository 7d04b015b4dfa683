import { spawn } from "node:child_process";
import { join } from "node:path";

import { believe } from "../control-plane/believe.ts";

const wrapper = join(import.meta.dirname, "../../hack/serviceaccess");

/** One case of `serviceaccess test -o json`. */
export interface Result {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly expect: string;
  readonly verdict: string;
  readonly reason: string;
}

/** What the command line of this checkout prints as JSON; its exit code is 0, or one of those that are verdicts. */
export async function serviceaccess<Output>(args: readonly string[], input = ""): Promise<Output> {
  const child = spawn(wrapper, args, { stdio: ["pipe", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code === null || code === 2) throw new Error(`serviceaccess ${args.join(" ")}: ${code}: ${stderr}`);
  return believe<Output>(stdout);
}
