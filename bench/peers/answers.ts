import { readFileSync } from "node:fs";
import { ALL_PORTS, NO_PORTS, type PortSet, portSet, portTexts, union } from "../../src/core/ports.ts";
import { PROTOCOLS } from "../../src/model/world.ts";

/** A complete answer: per ordered pair of pods, `x/a > x/b`, the ports in our own words; other pairs are denied. */
export type Answers = ReadonlyMap<string, string>;

/** `matrix -o csv`. */
export function readOurs(file: string): Answers {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n").slice(1);
  return new Map(
    lines.map((line) => {
      const [from = "", to = "", , ports = ""] = line.split(",");
      return [`${from} > ${to}`, ports];
    }),
  );
}

/** `netpolicy list -o csv`; addresses outside the cluster are left aside. */
export function readNetpol(file: string): Answers {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n").slice(1);
  const pairs = lines.flatMap((line): readonly (readonly [string, string])[] => {
    const [, from, to, ports] = /^(\S+)\[Pod\],(\S+)\[Pod\],"?([^"]+)"?$/.exec(line) ?? [];
    if (from === undefined || to === undefined || ports === undefined) return [];
    return [[`${from} > ${to}`, portTexts(readConnection(ports)).join(" ")]];
  });
  return new Map(pairs);
}

/** `All Connections`, `TCP 80,443-445,UDP 1-65535`: commas stand between ports and between protocols. */
export function readConnection(text: string): PortSet {
  if (text === "All Connections") return ALL_PORTS;
  return PROTOCOLS.flatMap((protocol) => {
    const [, ranges = ""] = new RegExp(`${protocol} ([\\d,-]+)`).exec(text) ?? [];
    return ranges
      .split(",")
      .filter((range) => range !== "")
      .map((range) => {
        const [from = 0, to = from] = range.split("-").map(Number);
        return portSet(protocol, from, to);
      });
  }).reduce(union, NO_PORTS);
}

/** Pairs about which the two do not say the same, each with both answers. */
export function differences(a: Answers, b: Answers): readonly string[] {
  const pairs = new Set([...a.keys(), ...b.keys()]);
  return [...pairs]
    .filter((pair) => a.get(pair) !== b.get(pair))
    .map((pair) => `${pair}: ${a.get(pair) ?? "nothing"}, but ${b.get(pair) ?? "nothing"}`);
}
