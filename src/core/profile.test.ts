import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Profile, PROFILES, profileNamed, SPECIFICATION } from "./profile.ts";
import { SECONDARY_PROFILES, SECONDARY_SPECIFICATION, specificationFor } from "./profile-secondary.ts";

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

const ENFORCING = SECONDARY_PROFILES.filter(({ name }) => name !== SPECIFICATION.name);

test("the page names the plugins that say who enforces policies on their networks", () => {
  const told = tableOf(14).flatMap((cells) => (cells[12] ?? "").split(", "));
  const meant = new Set(told).values().map((plugin) => {
    const { enforces, namedPort, secondary } = specificationFor([plugin]);
    const names = ENFORCING.filter((each) => each.secondary?.every((traits) => secondary?.includes(traits)));
    return [plugin, names.map(({ name }) => name).join(", "), enforces.join(", "), namedPort].join(" | ");
  });
  expect([...meant]).toEqual([
    "ovn-k8s-cni-overlay | mnp-ovn-kubernetes | egress, ingress | everyPort",
    "macvlan | mnp-iptables, mnp-nftables | egress, ingress | undefined",
    "ipvlan | mnp-iptables, mnp-nftables | egress, ingress | undefined",
    "sriov | mnp-iptables, mnp-nftables | egress, ingress | undefined",
    "bond | mnp-iptables, mnp-nftables | egress, ingress | undefined",
    "accelerated-bridge | mnp-tc | egress | undefined",
  ]);
});

test.each([[[]], [["bridge"]], [["macvlan", "bridge"]], [["constructor"]]])(
  "plugins %j say nobody, so what all enforcers agree on is decided",
  (plugins) => {
    expect(specificationFor(plugins)).toEqual(SECONDARY_SPECIFICATION);
  },
);

test("the page says of each enforcer on secondary networks what its data says", () => {
  expect(tableOf(14).map((cells) => cells.slice(1, 11))).toEqual(
    ENFORCING.map(({ name, enforces, namedPort, secondary: [traits] = [] }) => [
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
    ]),
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
