import { expect, test } from "vitest";
import {
  NETWORK_STANDING,
  type NetworkScenario,
  readNetworkScenarios,
} from "../testing/decode-network-scenarios.ts";
import { comparable, readExpectation } from "../testing/expectation.ts";
import { naiveOnNetwork } from "../testing/naive-network.ts";
import { worldOfManifests } from "../testing/network-world.ts";
import { readPort } from "../testing/table.ts";
import type { World } from "../model/world.ts";
import { parseRange } from "./addresses.ts";
import type { Answer } from "./answer.ts";
import { check } from "./check.ts";
import { type Endpoint, podText } from "./endpoint.ts";
import { compileCluster, type Evaluator } from "./evaluator.ts";
import { icmpVerdict } from "./icmp.ts";
import { viewOf } from "./network-view.ts";
import { networkOf } from "./networks.ts";
import { profileNamed } from "./profile.ts";
import { secondaryProfileNamed } from "./profile-secondary.ts";

const ROWS = readNetworkScenarios();
const ASKED = ROWS.flatMap((row) =>
  [...new Set(row.flows.flatMap(({ expected }) => Object.keys(expected)))].flatMap((letter) =>
    (NETWORK_STANDING[letter] ?? []).map((profile) => ({
      row,
      letter,
      profile,
      id: `${row.rule}, ${letter}`,
    })),
  ),
);

test.each(ASKED)("$id: $row.name ($profile)", ({ row, letter, profile }) => {
  const { world, evaluator } = asked(row, profile);
  for (const { flow, expected } of row.flows) {
    const text = expected[letter];
    if (text === undefined) continue;
    const expectation = readExpectation(text);
    expect([flow, comparable(answer(world, evaluator, flow), expectation)]).toEqual([flow, expectation]);
  }
});

test.each(ASKED.filter(({ row }) => row.network !== undefined))(
  "$id: the naive reference says so, too: $row.name ($profile)",
  ({ row, letter, profile }) => {
    for (const { flow, expected } of row.flows) {
      const text = expected[letter];
      const { from, to, port } = readFlow(flow);
      if (text === undefined || port === "ICMP") continue;
      const said = naiveOnNetwork(row.manifests, row.network ?? "", profile, { from, to, ...readPort(port) });
      expect([flow, said]).toEqual([flow, readExpectation(text).verdict]);
    }
  },
);

function asked({ manifests, network }: NetworkScenario, profile: string) {
  const whole = worldOfManifests(manifests);
  if (network !== undefined) {
    const { world, engine } = viewOf(networkOf(network, whole), whole, secondaryProfileNamed(profile));
    return { world, evaluator: engine };
  }
  const { namespaces, pods, policies } = whole;
  const named = profileNamed(profile);
  const input = { namespaces, pods: pods.values(), policies: policies.values() };
  return {
    world: whole,
    evaluator: compileCluster(named === undefined ? input : { ...input, profile: named }),
  };
}

function answer(world: World, evaluator: Evaluator, flow: string): Answer {
  const { from, to, port } = readFlow(flow);
  const ends = [endOf(world, from), endOf(world, to)] as const;
  if (port === "ICMP") return icmpVerdict(evaluator, ...ends);
  const { protocol, number } = readPort(port);
  return check(evaluator, ...ends, { protocol, port: number });
}

function endOf({ pods }: World, text: string): Endpoint {
  const pod = [...pods.values()].find((each) => podText(each) === text);
  if (pod !== undefined) return { kind: "pod", pod };
  const address = parseRange(text);
  if (address === undefined) throw new Error(`${text} is not on the network`);
  return { kind: "address", address };
}

function readFlow(flow: string) {
  const [from = "", to = "", port = ""] = flow.split(/ > | /);
  return { from, to, port };
}
