import { expect, test } from "vitest";
import type { Manifest } from "../testing/decode-network-scenarios.ts";
import { worldOfManifests } from "../testing/network-world.ts";
import { check } from "./check.ts";
import { viewOf } from "./network-view.ts";
import { SECONDARY_PROFILES } from "./profile-secondary.ts";

const EXCEPTED = { ipBlock: { cidr: "10.0.0.0/24", except: ["10.0.0.2/32"] } };
const CLIENTS = { podSelector: { matchLabels: { role: "client" } } };
const ONLY_B = { ipBlock: { cidr: "10.0.0.2/32" } };

/** What becomes of TCP/80 to x/a, from x/b where nobody else is named; `.` passes, `X` does not, `?` is not determined. */
test("the points in which enforcers of MultiNetworkPolicies differ", () => {
  const lines = [
    line("a policy for the definition", closed()),
    line("a policy for another definition of the network", closed({}, "x/other")),
    line("a policy for no definition", closed({}, "")),
    line("a policy for what is no name", closed({}, "x/net/z,/net,x/")),
    line("a policy for a bare name, between spaces", closed({}, " y/q , net ")),
    line("neither policyTypes nor rules", policy({})),
    line("no policyTypes, egress rules only", policy({ egress: [{}] })),
    line("selected by NotIn", closed(selected("NotIn", ["z"]))),
    line("selected by In of one value", closed(selected("In", ["server"]))),
    line("from a bare podSelector", open({ from: [CLIENTS] })),
    line("from a bare podSelector, elsewhere", open({ from: [CLIENTS] }), "c/a"),
    line("from a block with an except", open({ from: [EXCEPTED] })),
    line("from two blocks, one excepting", open({ from: [EXCEPTED, ONLY_B] })),
    line("from a block and a selector", open({ from: [EXCEPTED, CLIENTS] })),
    line("from two blocks in two rules", open({ from: [EXCEPTED] }, { from: [ONLY_B] })),
    line("from a block excepting others", open({ from: [EXCEPTED] }), "c/a"),
    line("on a port by its name", open({ ports: [{ port: "web" }] })),
    line("egress", policy({ policyTypes: ["Egress"], ...CLIENTS })),
  ];
  expect(lines.join("\n")).toBe(
    `
                                               spec ovn iptables nftables tc
a policy for the definition                    X    X   X        X        .
a policy for another definition of the network ?    X   .        .        .
a policy for no definition                     .    .   .        .        .
a policy for what is no name                   .    .   .        .        .
a policy for a bare name, between spaces       X    X   X        X        .
neither policyTypes nor rules                  ?    X   .        X        .
no policyTypes, egress rules only              ?    X   .        X        .
selected by NotIn                              ?    X   .        X        .
selected by In of one value                    X    X   X        X        .
from a bare podSelector                        .    .   .        .        .
from a bare podSelector, elsewhere             ?    X   .        X        .
from a block with an except                    X    X   X        X        .
from two blocks, one excepting                 ?    .   ?        X        .
from a block and a selector                    ?    .   ?        .        .
from two blocks in two rules                   ?    .   ?        .        .
from a block excepting others                  .    .   .        .        .
on a port by its name                          ?    .   ?        ?        .
egress                                         X    X   X        X        X
`
      .split("\n")
      .slice(2, -1)
      .join("\n"),
  );
});

test("a reason names what the enforcers do not agree on", () => {
  const { reason } = answers(closed(selected("NotIn", ["z"])), "x/b")[0] ?? {};
  expect(reason).toBe(
    "ingress is not determined: x/p: one enforcer skips policies whose selectors use other operators than In with one value",
  );
});

test("a verdict that is not that of the plugin's enforcer names the profile that gave it", () => {
  const said = answers(policy({}), "x/b").map(({ profile }) => profile);
  expect(said).toEqual([undefined, undefined, "mnp-iptables", undefined, "mnp-tc"]);
});

test("a pod that is attached by two definitions of the network may be bound by a half", () => {
  const both = pod("x/a", "server", "10.0.0.1", ["x/net", "x/other"]);
  const verdicts = answers(closed(), "x/b", [both]).map(({ verdict }) => verdict);
  expect(verdicts).toEqual(["Unknown", "Denied", "Unknown", "Unknown", "Allowed"]);
});

function line(name: string, written: Manifest, from = "x/b"): string {
  const letters = answers(written, from).map(({ verdict }) => LETTERS[verdict]);
  const widths = [5, 4, 9, 9, 1];
  return (name.padEnd(47) + letters.map((letter, i) => letter.padEnd(widths[i] ?? 1)).join("")).trimEnd();
}

const LETTERS = { Allowed: ".", Denied: "X", Unknown: "?" } as const;

const A = pod("x/a", "server", "10.0.0.1", ["x/net"]);

function answers(written: Manifest, from: string, [a]: readonly Manifest[] = [A]) {
  const others = [pod("x/b", "client", "10.0.0.2", ["x/net"]), pod("c/a", "client", "10.0.0.3", ["x/net"])];
  const definitions = ["net", "other"].map((name) => definition(name));
  const world = worldOfManifests([...definitions, ...(a === undefined ? [] : [a]), ...others, written]);
  return SECONDARY_PROFILES.map((profile) => {
    const { pods, engine } = viewOf("shared", world, profile);
    const [source, target] = [pods.get(from), pods.get("x/a")];
    if (source === undefined || target === undefined) throw new Error("not on the network");
    const ends = [
      { kind: "pod", pod: source },
      { kind: "pod", pod: target },
    ] as const;
    return check(engine, ...ends, { protocol: "TCP", port: 80 });
  });
}

function definition(name: string): Manifest {
  const config = { name: "shared", type: "ovn-k8s-cni-overlay", topology: "layer2", subnets: "10.0.0.0/24" };
  return {
    apiVersion: "k8s.cni.cncf.io/v1",
    kind: "NetworkAttachmentDefinition",
    metadata: { namespace: "x", name },
    spec: { config: JSON.stringify(config) },
  };
}

function pod(key: string, role: string, address: string, definitions: readonly string[]): Manifest {
  const [namespace, name] = key.split("/");
  const status = definitions.map((each) => ({ name: each, ips: [address] }));
  const annotations = { "k8s.v1.cni.cncf.io/network-status": JSON.stringify(status) };
  const ports = [{ name: "web", containerPort: 80 }];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace, name, labels: { role }, annotations },
    spec: { containers: [{ ports }] },
  };
}

function closed(spec: object = {}, policyFor = "x/net"): Manifest {
  return policy({ policyTypes: ["Ingress"], ...spec }, policyFor);
}

function open(...ingress: readonly object[]): Manifest {
  return closed({ podSelector: { matchLabels: { role: "server" } }, ingress });
}

function selected(operator: string, values: readonly string[]): object {
  return { podSelector: { matchExpressions: [{ key: "role", operator, values }] } };
}

function policy(spec: object, policyFor = "x/net"): Manifest {
  const annotations = { "k8s.v1.cni.cncf.io/policy-for": policyFor };
  return {
    apiVersion: "k8s.cni.cncf.io/v1beta1",
    kind: "MultiNetworkPolicy",
    metadata: { namespace: "x", name: "p", annotations },
    spec: { podSelector: {}, ...spec },
  };
}
