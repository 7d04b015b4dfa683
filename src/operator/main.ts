import { pino } from "pino";
import { messageOf } from "../kube/api-error.ts";
import type { Log } from "../kube/log.ts";
import { startOperator } from "./run.ts";
import { invocation, type Settings, USAGE } from "./settings.ts";
import { VERSION } from "./version.ts";

/** Kubernetes kills what has not ended 30 seconds after it was asked to. */
const GRACE = 20_000;

if (import.meta.main) main();

function main(): void {
  const asked = invocation(process.argv.slice(2), process.env);
  switch (asked.kind) {
    case "help":
      process.stdout.write(USAGE);
      return;
    case "version":
      process.stdout.write(`${VERSION}\n`);
      return;
    case "mistake":
      process.stderr.write(`${asked.message}; --help says more\n`);
      process.exitCode = 2;
      return;
    case "run":
      run(asked.settings);
  }
}

function run(settings: Settings): void {
  const log = jsonLog(settings);
  const fail = (message: string) => (error: unknown) => {
    log.error({ error: messageOf(error) }, message);
    process.exit(1);
  };
  // An error that nobody caught is a mistake of ours, and nobody knows what state it left behind.
  process.on("uncaughtException", (error) => {
    log.error({ error: messageOf(error), stack: error.stack }, "uncaught error");
    process.exit(1);
  });
  const operator = startOperator(settings, log);
  operator.then(({ started }) => started).catch(fail("cannot start"));
  // Another one may write from now on; to end is the surest way not to.
  operator
    .then(({ lost }) => lost)
    .then((why) => fail("lost the lease")(new Error(why)))
    .catch(() => undefined);
  let isStopping = false;
  const stop = (signal: string) => {
    if (isStopping) return fail("stopped at once")(new Error(`${signal} came twice`));
    isStopping = true;
    log.info({ signal }, "stopping");
    setTimeout(() => fail("did not stop in time")(new Error("work was cut off")), GRACE).unref();
    operator
      .then(({ shutdown }) => shutdown())
      .then(() => log.info({}, "stopped"))
      // By name: a handle that someone forgot must not keep the process.
      .then(() => process.exit(0))
      .catch(fail("cannot stop"));
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

/** Lines of JSON on standard output, with what people look for first: when, how bad, what. */
function jsonLog({ logLevel }: Settings): Log {
  return pino({
    level: logLevel,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}
