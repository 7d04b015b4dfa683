import { expect, test } from "vitest";
import { attachmentsOf, NETWORKS_ANNOTATION as REQUEST, requestProblem } from "./decode-attachments.ts";

const STATUS = "k8s.v1.cni.cncf.io/network-status";

/** `x/net net1 10.0.0.1 mac=…`; a question mark where no status says the addresses. */
function read(annotations: Readonly<Record<string, string>>): readonly string[] {
  return attachmentsOf(annotations, "x").map(
    ({ definition, interface: device, status, mac, claim, requested }) =>
      [
        definition,
        device,
        status === undefined ? "?" : status.join("+"),
        mac === "" ? "" : `mac=${mac}`,
        claim === "" ? "" : `claim=${claim}`,
        requested.length === 0 ? "" : `asks=${requested.join("+")}`,
      ]
        .filter((part) => part !== "")
        .join(" "),
  );
}

test.each([
  ["net", ["x/net ?"]],
  ["y/net@eth1, other", ["y/net eth1 ?", "x/other ?"]],
  ["net,net", ["x/net ?", "x/net ?"]],
  ["", []],
  ["  ", []],
  ['[{"name":"net"}]', ["x/net ?"]],
  [
    '[{"name":"net","namespace":"y","ips":["10.0.0.9/24"],"mac":"02:AA:00:00:00:01"}]',
    ["y/net ? mac=02:aa:00:00:00:01 asks=10.0.0.9"],
  ],
  ['[{"name":"net","interface":"net7","ipam-claim-reference":"vm.net"}]', ["x/net net7 ? claim=vm.net"]],
  ["[]", []],
])("a request %s", (request, expected) => {
  expect([read({ [REQUEST]: request }), requestProblem({ [REQUEST]: request }, "x")]).toEqual([
    expected,
    undefined,
  ]);
});

test.each([
  ["a/b/c", '"a/b/c" is no network'],
  ["net,,other", '"" is no network'],
  ["net@a@b", '"net@a@b" is no network'],
  ["Net", '"Net" is no network'],
  ["[{", "must be the JSON of a list of networks"],
  ['[{"namespace":"y"}]', '{"namespace":"y"} is no network'],
  ["[7]", "7 is no network"],
  ['[{"name":"net","namespace":"Y"}]', "is no network"],
])("a broken request %s attaches nobody and is told", (request, why) => {
  const problem = requestProblem({ [REQUEST]: request }, "x");
  expect(read({ [REQUEST]: request })).toEqual([]);
  expect([problem?.field, problem?.message.includes(why)]).toEqual([
    `metadata.annotations["${REQUEST}"]`,
    true,
  ]);
});

const DEFAULT = { name: "cluster", interface: "eth0", ips: ["10.244.0.2"], default: true };

test.each([
  [
    "addresses, with and without a prefix",
    "net",
    [DEFAULT, { name: "x/net", interface: "net1", ips: ["10.0.0.1/24", "fd00::1"] }],
    ["x/net net1 10.0.0.1+fd00::1"],
  ],
  ["a bare name", "net", [{ name: "net", ips: ["10.0.0.1"] }, DEFAULT], ["x/net 10.0.0.1"]],
  [
    "no addresses",
    "net",
    [DEFAULT, { name: "x/net", interface: "net1", mac: "02:00:00:00:00:01" }],
    ["x/net net1 mac=02:00:00:00:00:01"],
  ],
  ["nothing of the request yet", "net", [DEFAULT], ["x/net ?"]],
  [
    "two on one network, in their order",
    "net,net",
    [
      { name: "x/net", ips: ["10.0.0.1"] },
      { name: "x/net", ips: ["10.0.0.2"] },
    ],
    ["x/net 10.0.0.1", "x/net 10.0.0.2"],
  ],
  [
    "two told apart by their interfaces",
    "net@b,net@a",
    [
      { name: "x/net", interface: "a", ips: ["10.0.0.1"] },
      { name: "x/net", interface: "b", ips: ["10.0.0.2"] },
    ],
    ["x/net b 10.0.0.2", "x/net a 10.0.0.1"],
  ],
  ["what nobody asked for", "", [DEFAULT, { name: "y/net", ips: ["10.0.0.1"] }], ["y/net 10.0.0.1"]],
  ["what is no entry", "net", ["x/net", 7, null, { name: "X/net" }, { name: 5 }], ["x/net ?"]],
  ["what are no addresses", "net", [{ name: "x/net", ips: [7, null] }], ["x/net"]],
  ["a broken request", "a/b/c", [{ name: "x/net", ips: ["10.0.0.1"] }], ["x/net 10.0.0.1"]],
])("a status with %s", (_, request, status, expected) => {
  expect(read({ [REQUEST]: request, [STATUS]: JSON.stringify(status) })).toEqual(expected);
  expect(read({ [REQUEST]: request, "k8s.v1.cni.cncf.io/networks-status": JSON.stringify(status) })).toEqual(
    expected,
  );
});

test.each([["{"], ["{}"], ["null"], [""]])("a broken status %j leaves the addresses unknown", (status) => {
  expect(read({ [REQUEST]: "net", [STATUS]: status })).toEqual(["x/net ?"]);
});
