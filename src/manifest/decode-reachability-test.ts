import type { Verdict } from "../core/answer.ts";
import type { Protocol } from "../model/world.ts";
import {
  type Decoded,
  type Decoder,
  defaulted,
  integer,
  isRecord,
  list,
  map,
  object,
  oneOf,
  optional,
  problem,
  text,
} from "./decode-json.ts";
import { nearest, suggestion } from "./nearest.ts";

/** One line of a ReachabilityTest: a flow, and what is expected of it; a plain query expects nothing. */
export interface TestCase {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly expect: Verdict | undefined;
  /** A secondary network, by a definition that leads to it; the pod network where none is named. */
  readonly network: string | undefined;
}

export function decodeReachabilityTest(raw: unknown): Decoded<readonly TestCase[]> {
  return map(reachabilityTest, ({ spec }) => spec.cases)(raw);
}

const FIELDS = ["name", "from", "to", "port", "protocol", "expect", "network"];

const fields: Decoder<TestCase> = object({
  name: defaulted(text, ""),
  from: text,
  to: text,
  port: integer(1, 65535),
  protocol: defaulted(oneOf<Protocol>("TCP", "UDP", "SCTP"), "TCP" as const),
  expect: optional(oneOf<Verdict>("Allowed", "Denied", "Unknown")),
  network: optional(text),
});

/** A mistyped `expect` would be a case that can never fail. */
const testCase: Decoder<TestCase> = (raw) => {
  const strange = isRecord(raw) ? Object.keys(raw).find((key) => !FIELDS.includes(key)) : undefined;
  if (strange === undefined) return fields(raw);
  const hint = suggestion(nearest(strange, FIELDS, 1)) || `; the fields are ${FIELDS.join(", ")}`;
  return problem(`is not a field of a case${hint}`, strange);
};

const reachabilityTest = object({ spec: object({ cases: list(testCase) }) });
