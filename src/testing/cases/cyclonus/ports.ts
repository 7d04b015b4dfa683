import type { PolicyPort } from "../../../model/network-policy.ts";
import { baseStep, type GeneratedCase, NONE, type Reach, reach } from "./case.ts";

/** Each list of ports, for the sources and for the destinations of the base policy. */
export function portCases(): readonly GeneratedCase[] {
  return [...ZERO, ...SINGLE, ...PATHOLOGICAL, ...PAIRS].flatMap(([name, list, ports]): GeneratedCase[] => [
    {
      group: "ports",
      name: `in: ${name}`,
      steps: [baseStep({ ingressPorts: list }, { in: reached(ports, "x/b x/c y/b y/c") })],
    },
    {
      group: "ports",
      name: `out: ${name}`,
      steps: [baseStep({ egressPorts: list }, { out: reached(ports, "y/a y/b z/a z/b") })],
    },
  ]);
}

/** A name, the port list, and which of the six ports are then open. */
type PortCase = readonly [string, readonly PolicyPort[], string];

const ZERO: readonly PortCase[] = [["no ports", [], "*"]];

const SINGLE: readonly PortCase[] = [
  ["{}", [{}], "TCP/80 TCP/81"],
  ["80", [{ port: 80 }], "TCP/80"],
  ["81", [{ port: 81 }], "TCP/81"],
  ["TCP", [{ protocol: "TCP" }], "TCP/80 TCP/81"],
  ["TCP 80", [{ protocol: "TCP", port: 80 }], "TCP/80"],
  ["TCP 81", [{ protocol: "TCP", port: 81 }], "TCP/81"],
  ["UDP", [{ protocol: "UDP" }], "UDP/80 UDP/81"],
  ["UDP 80", [{ protocol: "UDP", port: 80 }], "UDP/80"],
  ["UDP 81", [{ protocol: "UDP", port: 81 }], "UDP/81"],
  ["SCTP", [{ protocol: "SCTP" }], "SCTP/80 SCTP/81"],
  ["SCTP 80", [{ protocol: "SCTP", port: 80 }], "SCTP/80"],
  ["SCTP 81", [{ protocol: "SCTP", port: 81 }], "SCTP/81"],
  ["TCP serve-80-tcp", [{ protocol: "TCP", port: "serve-80-tcp" }], "TCP/80"],
  ["TCP serve-81-tcp", [{ protocol: "TCP", port: "serve-81-tcp" }], "TCP/81"],
  ["UDP serve-80-udp", [{ protocol: "UDP", port: "serve-80-udp" }], "UDP/80"],
  ["UDP serve-81-udp", [{ protocol: "UDP", port: "serve-81-udp" }], "UDP/81"],
  ["SCTP serve-80-sctp", [{ protocol: "SCTP", port: "serve-80-sctp" }], "SCTP/80"],
  ["SCTP serve-81-sctp", [{ protocol: "SCTP", port: "serve-81-sctp" }], "SCTP/81"],
  ["TCP 53-80", [{ protocol: "TCP", port: 53, endPort: 80 }], "TCP/80"],
  ["TCP 53-84", [{ protocol: "TCP", port: 53, endPort: 84 }], "TCP/80 TCP/81"],
  ["UDP 53-80", [{ protocol: "UDP", port: 53, endPort: 80 }], "UDP/80"],
  ["UDP 53-84", [{ protocol: "UDP", port: 53, endPort: 84 }], "UDP/80 UDP/81"],
  ["SCTP 53-80", [{ protocol: "SCTP", port: 53, endPort: 80 }], "SCTP/80"],
  ["SCTP 53-84", [{ protocol: "SCTP", port: 53, endPort: 84 }], "SCTP/80 SCTP/81"],
];

const PATHOLOGICAL: readonly PortCase[] = [
  ["a name of another protocol", [{ protocol: "TCP", port: "serve-81-udp" }], ""],
  ["a name that nothing has", [{ protocol: "TCP", port: "serve-nothing" }], ""],
  ["a number that nothing serves", [{ protocol: "TCP", port: 7981 }], ""],
];

const PAIRS: readonly PortCase[] = [
  ["{}, 80", [{}, { port: 80 }], "TCP/80 TCP/81"],
  ["{}, serve-80-tcp", [{}, { port: "serve-80-tcp" }], "TCP/80 TCP/81"],
  ["{}, UDP", [{}, { protocol: "UDP" }], "TCP/80 TCP/81 UDP/80 UDP/81"],
  ["80, 81", [{ port: 80 }, { port: 81 }], "TCP/80 TCP/81"],
  ["80, serve-81-tcp", [{ port: 80 }, { port: "serve-81-tcp" }], "TCP/80 TCP/81"],
  ["80, UDP serve-81-udp", [{ port: 80 }, { protocol: "UDP", port: "serve-81-udp" }], "TCP/80 UDP/81"],
  [
    "UDP 80, UDP serve-81-udp",
    [
      { protocol: "UDP", port: 80 },
      { protocol: "UDP", port: "serve-81-udp" },
    ],
    "UDP/80 UDP/81",
  ],
];

function reached(ports: string, pods: string): Reach {
  return ports === "" ? NONE : reach(ports, pods);
}
