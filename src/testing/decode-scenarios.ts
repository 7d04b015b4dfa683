import { keyText } from "../model/key.ts";
import type { ServiceAccessSpec } from "../model/service-access.ts";
import { readList, withPolicies, type Written } from "./decode-cases.ts";
import type { LateCase } from "./decode-late-cases.ts";

/** One row of the table of scenarios, in one of the clusters that it is about. */
export interface Scenario extends Omit<LateCase, "expect" | "profiles"> {
  /** The row's id, `K2i`. */
  readonly rule: string;
  readonly flows: readonly ScenarioFlow[];
}

export interface ScenarioFlow {
  /** `x/a > x/b TCP/80` */
  readonly flow: string;
  /** What is to be answered under P, under E, and under single profiles by their name. */
  readonly expected: Readonly<Record<string, string>>;
}

const FILES = ["abcdesktop", "alauda", "ack", "canal"];
const FIELDS = ["scene", "pods", "namespaces", "policies", "services", "rows"];

/** The profiles that stand for the letters of the table; systems that run Terway or Cilium are asked as these. */
export const STANDING: Readonly<Record<string, readonly string[]>> = {
  /** An address block holds pods as well: Calico, which canal is made with, and Terway on iptables. */
  P: ["calico", "terway-iptables"],
  /** It never does: Cilium, and Terway on eBPF. */
  E: ["cilium", "terway-ebpf"],
};

export function readScenarios(): readonly Scenario[] {
  return FILES.flatMap((file) => {
    const scenes = readList(`scenarios-${file}.yaml`, FIELDS) as readonly Written<Scene>[];
    return scenes.flatMap((scene) => rowsOf(withPolicies<Scene>(scene)));
  });
}

/** A row with ServiceAccess objects in the place of the policies that it is told with. */
export interface ObjectScenario extends Scenario {
  readonly objects: Readonly<Record<string, ServiceAccessSpec>>;
  /** What DNS names have been resolved to, as the status of the objects keeps it. */
  readonly resolved: Readonly<Record<string, readonly string[]>>;
}

/** The same rows once more. The policies that decide have other names then, so only verdicts are expected. */
export function readObjectScenarios(): readonly ObjectScenario[] {
  const told = readList("scenarios-objects.yaml", OBJECT_FIELDS) as readonly ObjectScene[];
  const scenarios = readScenarios();
  return told.flatMap((scene) => {
    const rows = scenarios.filter(({ name }) => name === scene.scene);
    const others = Object.keys(scene.instead ?? {}).filter((id) => !rows.some(({ rule }) => rule === id));
    if (rows.length === 0 || others.length > 0) throw new Error(`${scene.scene} has no row ${others.join()}`);
    return rows.map((row) => withObjects(row, scene));
  });
}

const OBJECT_FIELDS = ["scene", "variant", "objects", "keeping", "services", "resolved", "instead"];

interface ObjectScene {
  readonly scene: string;
  /** Another way to say it with objects. */
  readonly variant?: string;
  readonly objects: ObjectScenario["objects"];
  readonly resolved?: ObjectScenario["resolved"];
  readonly keeping?: readonly string[];
  readonly services?: NonNullable<LateCase["services"]>;
  readonly instead?: Scene["rows"];
}

function withObjects(
  row: Scenario,
  { variant, objects, keeping = [], services, resolved = {}, instead = {} }: ObjectScene,
): ObjectScenario {
  const own = instead[row.rule];
  return {
    ...row,
    name: variant === undefined ? row.name : `${row.name}, ${variant}`,
    objects,
    resolved,
    policies: (row.policies ?? []).filter(({ metadata }) => keeping.includes(keyText(metadata))),
    services: { ...row.services, ...services },
    flows: own === undefined ? row.flows.map(verdictsOnly) : flowsOf(own),
  };
}

function verdictsOnly({ flow, expected }: ScenarioFlow): ScenarioFlow {
  const verdicts = Object.entries(expected).map(
    ([letter, text]) => [letter, text.replace(/, .*/, "")] as const,
  );
  return { flow, expected: Object.fromEntries(verdicts) };
}

/** The row as a case under one profile. */
export function underStanding({ flows, ...row }: Scenario, letter: string): LateCase {
  const said = flows.flatMap(({ flow, expected }) => {
    const text = expected[letter];
    return text === undefined ? [] : [[flow, text] as const];
  });
  return { ...row, expect: Object.fromEntries(said) };
}

/** The letters and the single profiles under which the row says something. */
export function lettersOf({ flows }: Scenario): readonly string[] {
  return [...new Set(flows.flatMap(({ expected }) => Object.keys(expected)))];
}

interface Scene extends Omit<LateCase, "rule" | "name" | "expect" | "profiles" | "tiers"> {
  readonly scene: string;
  readonly rows: Readonly<Record<string, Readonly<Record<string, string | ScenarioFlow["expected"]>>>>;
}

function rowsOf({ scene, rows, ...cluster }: Scene): readonly Scenario[] {
  return Object.entries(rows).map(([rule, asked]) => ({
    ...cluster,
    rule,
    name: scene,
    tiers: {},
    flows: flowsOf(asked),
  }));
}

function flowsOf(asked: Scene["rows"][string]): readonly ScenarioFlow[] {
  return Object.entries(asked).flatMap(([flows, answer]) => {
    const expected = typeof answer === "string" ? { P: answer, E: answer } : answer;
    return singly(flows).map((flow) => ({ flow, expected }));
  });
}

/** `x/a,x/b > x/c TCP/80,ICMP` is four flows; none leads from somebody to itself. */
export function singly(text: string): readonly string[] {
  const [, froms, tos, ports] = /^(\S+) > ((?:Service )?\S+) (\S+)$/.exec(text) ?? [];
  if (froms === undefined || tos === undefined || ports === undefined)
    throw new Error(`${text} is no flow such as x/a > x/b,x/c TCP/80`);
  return froms.split(",").flatMap((from) =>
    tos
      .split(",")
      .filter((to) => to !== from)
      .flatMap((to) => ports.split(",").map((port) => `${from} > ${to} ${port}`)),
  );
}
