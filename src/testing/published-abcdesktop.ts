import { join } from "node:path";
import { effectiveWorld } from "../cli/generated.ts";
import { loadInput } from "../cli/input.ts";
import { processIo } from "../cli/io.ts";
import type { Connections } from "../core/answer.ts";
import { parseRange } from "../core/addresses.ts";
import { connections } from "../core/check.ts";
import { type Endpoint, endpointText } from "../core/endpoint.ts";
import { compileCluster, type Evaluator } from "../core/evaluator.ts";
import { portTexts, subtract } from "../core/ports.ts";
import type { Profile } from "../core/profile.ts";
import { keyText } from "../model/key.ts";
import type { Labels } from "../model/labels.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { Pod, World } from "../model/world.ts";
import { readPublished } from "./decode-published.ts";

const io = processIo();

/** The same cluster twice: with the policies that abcdesktop publishes, and with those of our sample's objects. */
export interface Both {
  readonly published: World;
  readonly ours: World;
}

/**
 * The sample's pods, each with an address, so that blocks are no matter of opinion, and one pod more for each client label
 * there is: some labels no workload carries, and most workloads carry several.
 */
export async function bothWorlds(namespaceLabels: Readonly<Record<string, Labels>>): Promise<Both> {
  const folder = join(import.meta.dirname, "../../config/samples/abcdesktop");
  const { world, ...input } = await loadInput(io, { filename: [folder] });
  const published = readPublished();
  const pods = [...world.pods.values(), ...holders(published)].map(withAddress);
  const namespaces = [...world.namespaces.values()].map((namespace) => ({
    ...namespace,
    labels: { ...namespace.labels, ...namespaceLabels[namespace.name] },
  }));
  const cluster: World = {
    ...world,
    pods: new Map(pods.map((pod) => [keyText(pod), pod])),
    namespaces: new Map(namespaces.map((namespace) => [namespace.name, namespace])),
  };
  return {
    published: { ...cluster, policies: new Map(published.map((each) => [keyText(each.metadata), each])) },
    ours: await effectiveWorld(io, { ...input, world: cluster }),
  };
}

/** Pods that have one client label and nothing else. */
function holders(policies: readonly NetworkPolicy[]): readonly Pod[] {
  const labels = policies.flatMap(({ spec }) => Object.keys(spec.podSelector?.matchLabels ?? {}));
  return [...new Set(labels)]
    .filter((label) => label.startsWith("netpol/"))
    .map((label) => ({
      namespace: "abcdesktop",
      name: `holder-of-${label.slice("netpol/".length)}`,
      uid: label,
      labels: { [label]: "true" },
      owner: undefined,
      addresses: [],
      node: "",
      nodeAddresses: [],
      hostNetwork: false,
      phase: "Running",
      terminating: false,
      ports: [],
      replicas: 1,
      fromTemplate: false,
    }));
}

function withAddress(pod: Pod, index: number): Pod {
  return { ...pod, addresses: [`10.244.0.${index + 1}`, `2001:db8:244::${index + 1}`] };
}

/** Whom the pods may talk to besides each other: the world by both families, the Services' addresses, the office's. */
const OUTSIDE = ["203.0.113.7", "2001:db8::7", "10.96.0.1", "192.168.1.7", "169.254.20.10"];

/** For every flow that is not the same, the ports that ours open and close: `a > b: +TCP/80 -UDP/53`. */
export function differences({ published, ours }: Both, profile: Profile): readonly string[] {
  const [before, after] = [evaluatorOf(published, profile), evaluatorOf(ours, profile)];
  return flowsOf(published).flatMap(([from, to]) => {
    const text = changeText(connections(before, from, to), connections(after, from, to));
    return text === "" ? [] : [`${endpointText(from)} > ${endpointText(to)}: ${text}`];
  });
}

function evaluatorOf({ pods, namespaces, policies, services }: World, profile: Profile): Evaluator {
  return compileCluster({
    profile,
    pods: pods.values(),
    namespaces,
    policies: policies.values(),
    services: services.values(),
  });
}

/** Every pod with every other, and with what is outside. One of several replicas talks to the others, too. */
export function flowsOf({ pods }: World): readonly (readonly [from: Endpoint, to: Endpoint])[] {
  const inside = [...pods.values()].map((pod): Endpoint & { kind: "pod" } => ({ kind: "pod", pod }));
  const outside = OUTSIDE.flatMap((text): readonly Endpoint[] => {
    const address = parseRange(text);
    return address === undefined ? [] : [{ kind: "address", address }];
  });
  return inside.flatMap((one) => [
    ...inside.filter((other) => other !== one || one.pod.replicas > 1).map((other) => [one, other] as const),
    ...outside.flatMap((other) => [[one, other] as const, [other, one] as const]),
  ]);
}

function changeText(before: Connections, after: Connections): string {
  return [
    ...portTexts(subtract(after.allowed, before.allowed)).map((port) => `+${port}`),
    ...portTexts(subtract(before.allowed, after.allowed)).map((port) => `-${port}`),
    ...portTexts(subtract(after.unknown, before.unknown)).map((port) => `+?${port}`),
    ...portTexts(subtract(before.unknown, after.unknown)).map((port) => `-?${port}`),
  ].join(" ");
}
