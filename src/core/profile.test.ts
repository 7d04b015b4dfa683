import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Profile, PROFILES, profileNamed, SPECIFICATION } from "./profile.ts";
import { SECONDARY_PROFILES } from "./profile-secondary.ts";

const HEADS = ["profile", "name", "network profile"];

/** The rows of the page's table that has so many cells. */
function tableOf(cells: number): readonly (readonly string[])[] {
  const page = readFileSync(join(import.meta.dirname, "../../docs/profiles.md"), "utf8");
  const rows = page.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  return rows.filter(
    (row) => row.length === cells && !HEADS.includes(row[1] ?? "") && !row[1]?.startsWith("-"),
  );
}

test("the page of the profiles says of each what its data says", () => {
  const told = tableOf(12);
  expect(told.map((cells) => cells.slice(1, 10))).toEqual(
    PROFILES.map((profile) => [
      profile.name,
      profile.enforces.join(", ") || "nothing",
      `${profile.ipBlockMatchesPods} / ${profile.ipBlockMatchesNodes}`,
      `${profile.hostNetworkSubject} / ${profile.hostNetworkPeer}`,
      profile.egressToOwnNode,
      profile.endPort,
      profile.namedPort,
      profile.icmp,
      profile.serviceHairpin,
    ]),
  );
});

test("and what a status says of each besides", () => {
  const limits = ({ advisedPolicies, portsPerBlock, blocksPerPolicy }: Profile): string =>
    [
      advisedPolicies === undefined ? "" : `${advisedPolicies} policies`,
      portsPerBlock === undefined ? "" : `${portsPerBlock} ports of a block`,
      blocksPerPolicy === undefined ? "" : `${blocksPerPolicy} blocks of a policy`,
    ]
      .filter((text) => text !== "")
      .join(", ") || "-";
  expect(tableOf(8).map((cells) => cells.slice(1, 7))).toEqual(
    PROFILES.map((profile) => [
      profile.name,
      profile.sctp,
      profile.ipv6,
      profile.established,
      limits(profile),
      profile.precondition ?? "-",
    ]),
  );
});

test("the page says of each enforcer on secondary networks what its data says", () => {
  expect(tableOf(14).map((cells) => cells.slice(1, 11))).toEqual(
    SECONDARY_PROFILES.filter(({ name }) => name !== SPECIFICATION.name).map(
      ({ name, enforces, namedPort, secondary: [traits] = [] }) => [
        name,
        enforces.join(", "),
        traits?.covers,
        traits?.impliedIngress,
        traits?.operators,
        traits?.barePeer,
        traits?.selectorsWithoutIpam,
        traits?.except,
        traits?.machines,
        namedPort,
      ],
    ),
  );
});

test("the names of products lead to the profiles of their plugins", () => {
  const page = tableOf(4);
  expect(page.map((cells) => profileNamed(cells[1] ?? "")?.name)).toEqual(page.map((cells) => cells[2]));
  expect(page.map((cells) => cells[1])).toEqual([
    "canal",
    "gke-dataplane-v2",
    "aks-cilium",
    "huawei-dpv2",
    "k3s",
    "kindnet",
    "flannel",
  ]);
});
