import type { TierPort } from "../model/tier-policy.ts";
import { type Decoder, defaulted, integer, map, object, text } from "./decode-json.ts";
import { oneField, onlyFields } from "./decode-tier-field.ts";

const UNKNOWN: TierPort = { kind: "unknown" };

type MaybePort = Decoder<TierPort | undefined>;

function port(fields: Readonly<Record<string, MaybePort>>): Decoder<TierPort> {
  return map(oneField(fields), (known) => known ?? UNKNOWN);
}

/** Whether a number is one of a port is for `core/compile-tier.ts` to say. */
const int32 = integer(-(2 ** 31), 2 ** 31 - 1);

/** An empty name is no name. */
const named: MaybePort = map(text, (name) => (name === "" ? undefined : { kind: "named", name }));

const portNumber: MaybePort = map(
  onlyFields(["protocol", "port"], object({ protocol: defaulted(text, "TCP"), port: int32 })),
  (given) => given && { kind: "range", protocol: given.protocol, from: given.port, to: given.port },
);

const portRange: MaybePort = map(
  onlyFields(
    ["protocol", "start", "end"],
    object({ protocol: defaulted(text, "TCP"), start: int32, end: int32 }),
  ),
  (given) => given && { kind: "range", protocol: given.protocol, from: given.start, to: given.end },
);

/** An element of `ports` in v1alpha1. */
export const adminPort: Decoder<TierPort> = port({ portNumber, portRange, namedPort: named });

interface Numbers {
  readonly from: number;
  readonly to: number;
}

const destinationPort: Decoder<Numbers | undefined> = oneField<Numbers>({
  number: map(int32, (number) => ({ from: number, to: number })),
  range: map(
    onlyFields(["start", "end"], object({ start: int32, end: int32 })),
    (given) => given && { from: given.start, to: given.end },
  ),
});

/** A protocol without a port is every port of it, although the API server of today refuses to be told so. */
const EVERY_PORT: Numbers = { from: 1, to: 65535 };

function numbered(protocol: string): MaybePort {
  return map(
    onlyFields(["destinationPort"], object({ destinationPort: defaulted(destinationPort, EVERY_PORT) })),
    (given) => given?.destinationPort && { kind: "range", protocol, ...given.destinationPort },
  );
}

/** An element of `protocols` in v1alpha2. */
export const clusterPort: Decoder<TierPort> = port({
  tcp: numbered("TCP"),
  udp: numbered("UDP"),
  sctp: numbered("SCTP"),
  destinationNamedPort: named,
});
