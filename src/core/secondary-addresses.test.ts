import { expect, test } from "vitest";
import { type AddressSources, secondaryAddresses } from "./secondary-addresses.ts";

const NOBODY: AddressSources = {
  endpoints: [],
  "network-status": [],
  request: [],
  IPAMClaim: [],
  "guest-agent": [],
  "cloud-init": [],
};

const EVERYBODY: AddressSources = {
  endpoints: ["10.0.0.1"],
  "network-status": ["10.0.0.2", "fd00::2"],
  request: ["10.0.0.3"],
  IPAMClaim: ["10.0.0.4"],
  "guest-agent": ["10.0.0.5", "10.0.0.5"],
  "cloud-init": ["10.0.0.6"],
};

test("who is believed, when those before him say nothing", () => {
  const sources = Object.keys(EVERYBODY);
  const left = sources.map((_, at) => ({
    ...EVERYBODY,
    ...Object.fromEntries(sources.slice(0, at).map((source) => [source, []])),
  }));
  expect([...left, NOBODY].map(lineOf)).toEqual([
    "10.0.0.1 by endpoints",
    "10.0.0.2, fd00::2 by network-status",
    "10.0.0.3 by request",
    "10.0.0.4 by IPAMClaim",
    "10.0.0.5 by guest-agent",
    "10.0.0.6 by cloud-init",
    "? nobody says which addresses it has there",
  ]);
});

test.each([["10.0.0.300"], ["10.0.0.1/24"], ["vm1"], [""], ["::ffff:10.0.0.1/96"]])(
  "%j among the addresses makes all of them unknown, whatever the weaker sources say",
  (strange) => {
    const found = secondaryAddresses({ ...EVERYBODY, endpoints: ["10.0.0.1", strange] });
    expect(found).toEqual({ kind: "unknown", reason: `"${strange}", by its endpoints, is no address` });
  },
);

function lineOf(sources: AddressSources): string {
  const found = secondaryAddresses(sources);
  return found.kind === "known" ? `${found.addresses.join(", ")} by ${found.by}` : `? ${found.reason}`;
}
