import { expect, test } from "vitest";
import { invocation, USAGE } from "./settings.ts";

test("without a word the operator runs with its defaults, on loopback outside of a cluster", () => {
  expect(invocation([], {})).toEqual({
    kind: "run",
    settings: {
      kubeconfig: undefined,
      context: undefined,
      logLevel: "info",
      health: { host: "127.0.0.1", port: 8080 },
      concurrency: 4,
    },
  });
});

test("in a cluster, health is served on every address, for the kubelet", () => {
  expect(invocation([], { KUBERNETES_SERVICE_HOST: "10.0.0.1" })).toMatchObject({
    settings: { health: { host: undefined, port: 8080 } },
  });
});

test("the command line wins over the environment", () => {
  const env = {
    SERVICEACCESS_LOG_LEVEL: "debug",
    SERVICEACCESS_CONCURRENCY: "8",
    SERVICEACCESS_HEALTH_ADDRESS: "off",
  };
  expect(invocation([], env)).toMatchObject({
    settings: { logLevel: "debug", concurrency: 8, health: undefined },
  });
  const args = [
    "--log-level=warn",
    "--concurrency",
    "2",
    "--health-address=[::1]:0",
    "--context=c",
    "--kubeconfig=f",
  ];
  expect(invocation(args, env)).toEqual({
    kind: "run",
    settings: {
      kubeconfig: "f",
      context: "c",
      logLevel: "warn",
      health: { host: "::1", port: 0 },
      concurrency: 2,
    },
  });
});

test.each([
  ["--log-level=loud", 'no log level "loud"; there are: debug, info, warn, error'],
  ["--concurrency=0", 'concurrency must be a whole number from 1 to 64, not "0"'],
  ["--concurrency=many", 'concurrency must be a whole number from 1 to 64, not "many"'],
  ["--health-address=8080", 'the health address must be [host]:port or off, not "8080"'],
  ["--health-address=::1:80", 'the health address must be [host]:port or off, not "::1:80"'],
  ["--health-address=:99999", 'the health address must be [host]:port or off, not ":99999"'],
  ["--nope", "Unknown option '--nope'"],
  ["now", /^Unexpected argument 'now'/],
])("%s is a mistake that is said in words", (arg, message) => {
  const asked = invocation([arg], {});
  expect(asked.kind === "mistake" && asked.message).toEqual(
    typeof message === "string" ? message : expect.stringMatching(message),
  );
});

test("help and version are asked for by name, and help wins", () => {
  expect(invocation(["--version"], {})).toEqual({ kind: "version" });
  expect(invocation(["--version", "-h"], {})).toEqual({ kind: "help" });
});

test("the help names every option and every variable", () => {
  for (const word of [
    "--kubeconfig",
    "--context",
    "--health-address",
    "--concurrency",
    "--log-level",
    "--version",
  ]) {
    expect(USAGE).toContain(word);
  }
  for (const variable of ["HEALTH_ADDRESS", "CONCURRENCY", "LOG_LEVEL"]) {
    expect(USAGE).toContain(`$SERVICEACCESS_${variable}`);
  }
});
