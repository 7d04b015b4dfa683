import { expect, test } from "vitest";
import type { PodAttachment } from "../model/network-attachment.ts";
import type { Pod } from "../model/world.ts";
import { smallWorld } from "../testing/small-world.ts";
import { podOf } from "../testing/table.ts";
import { podOn } from "./networks.ts";

const UNSAID = { interface: "", mac: "", claim: "", requested: [], status: undefined };

function podWith(...attachments: readonly (Partial<PodAttachment> & { readonly definition: string })[]): Pod {
  const details = { ips: ["10.244.0.1"], node: "n1", nodeIPs: ["192.0.2.1"], labels: { role: "a" } };
  return { ...podOf("x/a", details), attachments: attachments.map((each) => ({ ...UNSAID, ...each })) };
}

function on(network: string, pod: Pod): Pod | undefined {
  return podOn(network, pod, [], smallWorld({}));
}

test("on a network a pod has the addresses that it has there, and no node", () => {
  const machine = { ...podWith({ definition: "x/net", status: ["10.0.0.1"] }), forwards: [] };
  const { addresses, node, nodeAddresses, labels, attachments, forwards, secondary } =
    on("x/net", machine) ?? {};
  expect({ addresses, node, nodeAddresses, labels, attachments, forwards, secondary }).toEqual({
    addresses: ["10.0.0.1"],
    node: "",
    nodeAddresses: [],
    labels: { role: "a" },
    attachments: undefined,
    forwards: undefined,
    secondary: { definitions: ["x/net"], isListed: true, isMachine: false },
  });
});

test("on a network that it is not attached to it is not", () => {
  expect(on("x/other", podWith({ definition: "x/net" }))).toBeUndefined();
  expect(on("x/net", podOf("x/a", "10.244.0.1"))).toBeUndefined();
});

test("of two interfaces one without a known address makes both unknown", () => {
  const one = { definition: "x/net", status: ["10.0.0.1"] };
  expect(on("x/net", podWith(one, { definition: "x/net", status: ["10.0.0.2"] }))?.addresses).toEqual([
    "10.0.0.1",
    "10.0.0.2",
  ]);
  expect(on("x/net", podWith(one, { definition: "x/net" }))?.addresses).toEqual([]);
  expect(on("x/net", podWith(one, { definition: "x/other" }))?.addresses).toEqual(["10.0.0.1"]);
});
