import { Command, CommanderError, Option } from "commander";
import { PROFILE_NAMES } from "../core/profile.ts";
import { SECONDARY_PROFILE_NAMES } from "../core/profile-secondary.ts";
import { CLOUD_PROVIDERS } from "../generator/cloud-providers.ts";
import { BadInput } from "./bad-input.ts";
import type { CheckOptions } from "./check.ts";
import { HELP } from "./help.ts";
import type { Io } from "./io.ts";
import type { MatrixOptions } from "./matrix.ts";
import { messageOf } from "./message-of.ts";
import type { RenderOptions } from "./render.ts";
import type { SimulateOptions } from "./simulate.ts";
import type { TestOptions } from "./test.ts";
import { VERSION } from "./version.ts";

/** Exit codes are a promise to scripts: 1 and 3 are verdicts, so everything that went wrong is 2. */
const BAD_INPUT = 2;

/** Runs one command line; the answer is the exit code. Each command is loaded only when it is asked for. */
export async function run(
  argv: readonly string[],
  io: Io,
  now: () => Date = () => new Date(),
): Promise<number> {
  let code = 0;
  const program = programFor(io, now, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    return await failed(error, io);
  }
}

async function failed(error: unknown, io: Io): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : BAD_INPUT;
  const lines = error instanceof BadInput ? error.lines : [`internal error: ${detailsOf(error, io)}`];
  await io.stderr.write(lines.map((line) => `error: ${line}\n`).join(""));
  return BAD_INPUT;
}

function detailsOf(error: unknown, io: Io): string {
  const stack = error instanceof Error ? error.stack : undefined;
  return io.env["DEBUG"] === undefined
    ? `${messageOf(error)} (set DEBUG=1 for the stack)`
    : (stack ?? String(error));
}

type Finish = (code: number) => void;

function programFor(io: Io, now: () => Date, finish: Finish): Command {
  const program = new Command("serviceaccess")
    .description(HELP.program.summary)
    .version(VERSION, "-V, --version", "print the version")
    .helpCommand("help [command]", "explain a command")
    .addHelpText("after", HELP.program.examples)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  addWriters(program, io, now, finish);
  addJudges(program, io, finish);
  return program;
}

/** The commands that show what is made of a ServiceAccess. */
function addWriters(program: Command, io: Io, now: () => Date, finish: Finish): void {
  add(program, "render", ["yaml", "json"]).action(async (options: RenderOptions) => {
    const { render } = await import("./render.ts");
    finish(await render(io, options));
  });
  addNetworkProfile(addProfile(add(program, "simulate", ["text", "json", "yaml"]))).action(
    async (options: SimulateOptions) => {
      const { simulate } = await import("./simulate.ts");
      finish(await simulate(io, options, now));
    },
  );
}

/** The commands that say what policies do. */
function addJudges(program: Command, io: Io, finish: Finish): void {
  addNetwork(addProfile(add(program, "check", ["text", "json"])))
    .argument("<from>", "namespace/pod, namespace/Kind/name, an IP address or a CIDR outside the cluster")
    .argument(
      "<to>",
      "the same or namespace/Service/name, and a port: :80, :80/TCP, [2001:db8::1]:80; without one, every port is judged",
    )
    .option("--icmp", "ask about ICMP, such as a ping, instead of ports")
    .action(async (from: string, to: string, options: CheckOptions) => {
      const { check } = await import("./check.ts");
      finish(await check(io, from, to, options));
    });
  addNetwork(addProfile(add(program, "matrix", ["text", "wide", "json", "csv", "md"])))
    .option("--port <port>", "only this port, such as 80 or 53/UDP; otherwise all of them")
    .addOption(
      new Option("--against <name>", "print only what another profile judges otherwise").choices([
        ...new Set([...PROFILE_NAMES, ...SECONDARY_PROFILE_NAMES]),
      ]),
    )
    .action(async (options: MatrixOptions) => {
      const { matrix } = await import("./matrix.ts");
      finish(await matrix(io, options));
    });
  addNetworkProfile(addProfile(add(program, "test", ["text", "json", "junit"])))
    .argument("<file...>", "files with ReachabilityTests; manifests of the cluster may stand beside them")
    .action(async (files: readonly string[], options: TestOptions) => {
      const { test } = await import("./test.ts");
      finish(await test(io, files, options));
    });
}

/** For the commands that judge one network at a time. */
function addNetwork(command: Command): Command {
  return addNetworkProfile(command).option(
    "--network <name>",
    "a secondary network, by namespace/name of a NetworkAttachmentDefinition; by default the pod network",
  );
}

function addNetworkProfile(command: Command): Command {
  return command.addOption(
    new Option(
      "--network-profile <name>",
      "what enforces policies on secondary networks; by default the network's plugin says who it can be",
    ).choices(SECONDARY_PROFILE_NAMES),
  );
}

/** For the commands that judge. */
function addProfile(command: Command): Command {
  return command.addOption(
    new Option(
      "--profile <name>",
      "the network plugin that decides what Kubernetes leaves open; by default nothing does",
    ).choices(PROFILE_NAMES),
  );
}

type Name = Exclude<keyof typeof HELP, "program">;

/** A command with the options that all of them have; it inherits what was set on the program before. */
function add(program: Command, name: Name, outputs: readonly [string, ...string[]]): Command {
  return program
    .command(name)
    .description(HELP[name].summary)
    .addHelpText("after", HELP[name].examples)
    .addOption(
      new Option(
        "-f, --filename <path>",
        "file or directory of manifests, - for stdin; repeatable",
      ).argParser((path: string, before: readonly string[] | undefined) => [...(before ?? []), path]),
    )
    .option("--kubeconfig <file>", "without -f: read the cluster of this kubeconfig")
    .option("--context <name>", "without -f: the kubeconfig's context")
    .option(
      "-n, --namespace <name>",
      "print this namespace only; also for objects and names without a namespace",
    )
    .option("-A, --all-namespaces", "print all namespaces (the default)")
    .option(
      "--cluster-dns-service <namespace/name>",
      "the Service that pods ask for names, where it is not found",
    )
    .option("--cluster-dns-addresses <addresses>", "where pods ask for names besides, with commas")
    .option("--cloud-provider <name>", `whose load balancers these are: ${CLOUD_PROVIDERS.join(", ")}`)
    .option("-v, --verbose", "say on stderr what was ignored")
    .addOption(new Option("-o, --output <format>", "how to print").choices(outputs).default(outputs[0]));
}
