import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import type {
  LabelSelector,
  NetworkPolicy,
  NetworkPolicySpec,
  PolicyPeer,
  PolicyPort,
} from "../model/network-policy.ts";
import { policyOf } from "./small-world.ts";

/** The policies that abcdesktop publishes, from our own words for them. */
export function readPublished(): readonly NetworkPolicy[] {
  const file = new URL("cases/abcdesktop-published.yaml", import.meta.url);
  const told = load(readFileSync(file, "utf8")) as Readonly<Record<string, Told>>;
  return Object.entries(told).map(([name, each]) => policyOf(`abcdesktop/${name}`, specOf(each)));
}

interface Told {
  readonly of: string;
  readonly in?: readonly string[];
  readonly out?: readonly string[];
}

function specOf({ of, in: ingress, out: egress }: Told): NetworkPolicySpec {
  return {
    podSelector: of === "everyone" ? {} : labelled(of),
    policyTypes: [
      ...(ingress === undefined ? [] : (["Ingress"] as const)),
      ...(egress === undefined ? [] : (["Egress"] as const)),
    ],
    ...(ingress && { ingress: ingress.map((rule) => ruleOf(rule, "from")) }),
    ...(egress && { egress: egress.map((rule) => ruleOf(rule, "to")) }),
  };
}

/** `tcp 80 443 to run=web or namespace name=x with role=y`; "anyone" is a rule without a list. */
function ruleOf(text: string, list: "from" | "to") {
  const [ports = "", peers = ""] = text.split(` ${list} `);
  const named = peers === "anyone" ? {} : { [list]: peers.split(" or ").map(peerOf) };
  return { ports: portsOf(ports), ...named };
}

/** `tcp 53 udp 53`: a protocol is that of all numbers up to the next. */
function portsOf(text: string): readonly PolicyPort[] {
  const found: PolicyPort[] = [];
  let protocol: "TCP" | "UDP" | undefined;
  for (const word of text.split(" ")) {
    if (word === "tcp") protocol = "TCP";
    else if (word === "udp") protocol = "UDP";
    else if (protocol !== undefined && /^\d+$/.test(word)) found.push({ protocol, port: Number(word) });
    else throw new Error(`${text} is no list of ports such as tcp 53 udp 53`);
  }
  return found;
}

function peerOf(text: string): PolicyPeer {
  if (/^[\d.]+\/\d+$/.test(text)) return { ipBlock: { cidr: text } };
  const [, namespace, pods] = /^(?:namespace (\S+))?(?: with )?(\S+)?$/.exec(text) ?? [];
  if (namespace === undefined && pods === undefined) throw new Error(`${text} is no peer`);
  return {
    ...(namespace === undefined ? {} : { namespaceSelector: labelled(namespace) }),
    ...(pods === undefined ? {} : { podSelector: labelled(pods) }),
  };
}

function labelled(text: string): LabelSelector {
  const [key = "", value = "true"] = text.split("=");
  return { matchLabels: { [key]: value } };
}
