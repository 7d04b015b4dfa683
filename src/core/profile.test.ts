import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PROFILES } from "./profile.ts";

test("the page of the profiles says of each what its data says", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/profiles.md"), "utf8");
  const rows = page.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  const told = rows.filter(
    (cells) => cells.length === 12 && cells[2] !== "enforces" && !cells[1]?.startsWith("-"),
  );
  expect(told.map((cells) => cells.slice(1, 10))).toEqual(
    PROFILES.map((profile) => [
      profile.name,
      String(profile.enforces),
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
