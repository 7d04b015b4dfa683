import type { NetworkPolicy, PolicyPeer, PolicyPort } from "../model/network-policy.ts";
import type { Direction } from "../core/answer.ts";
import { selectorText } from "./selector-text.ts";

/** What a policy leaves open in a direction, rule by rule: `TCP/8080 to app=web`, `TCP/80 from everyone`. */
export function ruleTexts({ spec }: NetworkPolicy, direction: Direction): readonly string[] {
  return direction === "egress"
    ? (spec.egress ?? []).map(({ to, ports }) => `${portsText(ports)} to ${peersText(to, "anywhere")}`)
    : (spec.ingress ?? []).map(
        ({ from, ports }) => `${portsText(ports)} from ${peersText(from, "everyone")}`,
      );
}

function portsText(ports: readonly PolicyPort[] | null | undefined): string {
  return (ports ?? []).length === 0 ? "every port" : (ports ?? []).map(portText).join(",");
}

function portText({ protocol, port, endPort }: PolicyPort): string {
  const number = port ?? "every port";
  return `${protocol ?? "TCP"}/${number}${typeof endPort === "number" ? `-${endPort}` : ""}`;
}

function peersText(peers: readonly PolicyPeer[] | null | undefined, everyone: string): string {
  return (peers ?? []).length === 0 ? everyone : (peers ?? []).map(peerText).join(" or ");
}

function peerText({ ipBlock, podSelector, namespaceSelector }: PolicyPeer): string {
  if (ipBlock !== undefined && ipBlock !== null) {
    const { cidr, except } = ipBlock;
    return (except ?? []).length === 0 ? cidr : `${cidr} except ${(except ?? []).join(",")}`;
  }
  const pods = podsText(podSelector);
  if (namespaceSelector === undefined || namespaceSelector === null) return pods;
  const namespaces = selectorText(namespaceSelector);
  return namespaces === "{}" ? `${pods} of any namespace` : `${pods} where ${namespaces}`;
}

function podsText(selector: PolicyPeer["podSelector"]): string {
  const text = selectorText(selector ?? {});
  return text === "{}" ? "every pod" : text;
}
