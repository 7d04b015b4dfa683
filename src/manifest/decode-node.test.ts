import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeNode } from "./decode.ts";

test("a node is its labels and its addresses, not its names", () => {
  const addresses = [
    { type: "Hostname", address: "n1" },
    { type: "InternalIP", address: "10.9.0.1" },
    { type: "InternalIP", address: "fd09::1" },
    { type: "ExternalIP", address: "192.0.2.9" },
    { type: "ExternalDNS", address: "n1.example.com" },
  ];
  const raw = { metadata: { name: "n1", labels: { zone: "a" } }, status: { addresses } };
  expect(decodeNode(raw)).toEqual({
    kind: "decoded",
    value: { name: "n1", labels: { zone: "a" }, addresses: ["10.9.0.1", "fd09::1", "192.0.2.9"] },
  });
});

test("a node that has not registered yet has no addresses", () => {
  const node = { name: "n1", labels: {}, addresses: [] };
  expect(decodeNode({ metadata: { name: "n1" } })).toEqual({ kind: "decoded", value: node });
});

test("no JSON value makes the decoder of nodes throw", () => {
  fc.assert(fc.property(fc.jsonValue(), (raw) => void decodeNode(raw)));
  fc.assert(
    fc.property(
      fc.jsonValue(),
      (junk) => void decodeNode({ metadata: { name: "n" }, status: { addresses: [junk] } }),
    ),
  );
});
