import { expect, test } from "vitest";
import { PROFILE_NAMES, profileNamed, SPECIFICATION } from "../core/profile.ts";
import { UNTOLD } from "../model/platform.ts";
import { WINDOWS } from "../reconciler/names/windows.ts";
import { SECONDARY_PROFILE_NAMES, secondaryProfileNamed } from "../core/profile-secondary.ts";
import { invocation, USAGE } from "./settings.ts";

test("without a word the operator runs with its defaults, on loopback outside of a cluster", () => {
  expect(invocation([], {})).toEqual({
    kind: "run",
    settings: {
      kubeconfig: undefined,
      context: undefined,
      logLevel: "info",
      health: { host: "127.0.0.1", port: 8080 },
      metrics: "beside health",
      lease: undefined,
      concurrency: 16,
      patience: { silence: 90_000, relist: 1_800_000 },
      profile: SPECIFICATION,
      networkProfile: undefined,
      platform: UNTOLD,
      names: { servers: undefined, windows: WINDOWS, mostOfNamespace: 200 },
    },
  });
});

test("in a cluster, health is served on every address, for the kubelet, and a Lease decides who writes", () => {
  expect(invocation([], { KUBERNETES_SERVICE_HOST: "10.0.0.1" })).toMatchObject({
    settings: {
      health: { host: undefined, port: 8080 },
      lease: {
        namespace: undefined,
        name: "serviceaccess",
        times: { duration: 15_000, renewDeadline: 10_000, retryPeriod: 2_000 },
      },
    },
  });
});

test("the command line wins over the environment", () => {
  const env = {
    SERVICEACCESS_LOG_LEVEL: "debug",
    SERVICEACCESS_CONCURRENCY: "8",
    SERVICEACCESS_PROFILE: "gke-dataplane-v2",
    SERVICEACCESS_HEALTH_ADDRESS: "off",
    SERVICEACCESS_METRICS_ADDRESS: "off",
    SERVICEACCESS_LEASE: "off",
    KUBERNETES_SERVICE_HOST: "10.0.0.1",
  };
  expect(invocation([], env)).toMatchObject({
    settings: {
      logLevel: "debug",
      concurrency: 8,
      health: undefined,
      metrics: undefined,
      lease: undefined,
      profile: profileNamed("cilium"),
    },
  });
  const args = [
    "--log-level=warn",
    "--concurrency",
    "2",
    "--health-address=[::1]:0",
    "--context=c",
    "--kubeconfig=f",
    "--metrics-address=:9090",
    "--lease=ops/one",
    "--lease-seconds=6,3,0.5",
    "--silence-seconds=70",
    "--relist-seconds=600",
    "--profile=antrea",
    "--network-profile=mnp-tc",
    "--cluster-dns-service=names/resolver",
    "--cluster-dns-addresses=169.254.169.254,fd00::53",
    "--cloud-provider=google",
    "--dns-servers=10.96.0.10,10.0.0.1:1053,[fd00::53]:5353",
    "--names-min-ttl-seconds=5",
    "--names-grace-seconds=0",
    "--names-per-namespace=10",
  ];
  expect(invocation(args, env)).toEqual({
    kind: "run",
    settings: {
      kubeconfig: "f",
      context: "c",
      logLevel: "warn",
      health: { host: "::1", port: 0 },
      metrics: { host: undefined, port: 9090 },
      lease: {
        namespace: "ops",
        name: "one",
        times: { duration: 6_000, renewDeadline: 3_000, retryPeriod: 500 },
      },
      concurrency: 2,
      patience: { silence: 70_000, relist: 600_000 },
      profile: profileNamed("antrea"),
      networkProfile: secondaryProfileNamed("mnp-tc"),
      platform: {
        dnsService: { namespace: "names", name: "resolver" },
        dnsAddresses: ["169.254.169.254", "fd00::53"],
        cloudProvider: "google",
      },
      names: {
        servers: ["10.96.0.10:53", "10.0.0.1:1053", "[fd00::53]:5353"],
        windows: { ...WINDOWS, minTtl: 5000, grace: 0 },
        mostOfNamespace: 10,
      },
    },
  });
});

test.each([
  ["--log-level=loud", 'no log level "loud"; there are: debug, info, warn, error'],
  ["--profile=celium", `no profile "celium"; there are: ${PROFILE_NAMES.join(", ")}`],
  ["--network-profile=calico", `no profile "calico"; there are: ${SECONDARY_PROFILE_NAMES.join(", ")}`],
  ["--concurrency=0", 'concurrency must be a whole number from 1 to 64, not "0"'],
  ["--concurrency=many", 'concurrency must be a whole number from 1 to 64, not "many"'],
  ["--relist-seconds=0", 'seconds must be a number from 1 to 86400, not "0"'],
  ["--silence-seconds=never", 'seconds must be a number from 1 to 86400, not "never"'],
  ["--health-address=8080", 'the health address must be [host]:port or off, not "8080"'],
  ["--health-address=::1:80", 'the health address must be [host]:port or off, not "::1:80"'],
  ["--health-address=:99999", 'the health address must be [host]:port or off, not ":99999"'],
  ["--metrics-address=9090", 'the metrics address must be [host]:port or off, not "9090"'],
  ["--lease=a/b/c", 'the lease must be [namespace/]name or off, not "a/b/c"'],
  ["--lease=", 'the lease must be [namespace/]name or off, not ""'],
  ["--lease-seconds=15,10", /^the lease's seconds must be three numbers D,R,P /],
  ["--lease-seconds=10,10,2", /^the lease's seconds must be three numbers D,R,P /],
  ["--lease-seconds=15,10,6", /^the lease's seconds must be three numbers D,R,P /],
  ["--lease-seconds=15,10,0", /^the lease's seconds must be three numbers D,R,P /],
  ["--cluster-dns-service=resolver", 'the cluster\'s DNS Service must be namespace/name, not "resolver"'],
  [
    "--cluster-dns-addresses=10.0.0.0/8",
    'the cluster\'s DNS addresses must be single addresses, not "10.0.0.0/8"',
  ],
  [
    `--cluster-dns-addresses=${"10.0.0.1,".repeat(9)}`,
    "at most 8 addresses of the cluster's DNS can be named",
  ],
  ["--dns-servers=dns.example", /^a DNS server must be an address with its port, such as 10.96.0.10:53 /],
  ["--dns-servers=10.0.0.1:0", /^a DNS server must be an address with its port/],
  ["--dns-servers=fd00::53", /^a DNS server must be an address with its port/],
  ["--names-min-ttl-seconds=0", 'names-min-ttl-seconds must be a whole number from 1 to 3600, not "0"'],
  ["--names-grace-seconds=-1", 'names-grace-seconds must be a whole number from 0 to 86400, not "-1"'],
  ["--names-per-namespace=all", 'names-per-namespace must be a whole number from 0 to 10000, not "all"'],
  ["--cloud-provider=gcp", 'no cloud provider "gcp"; there are: alibaba, aws, azure, google, openstack'],
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
