import { networksOfPod, networksOfPolicy } from "../core/networks.ts";
import { definitionOf } from "../manifest/decode-attachments.ts";
import { nearest, suggestion } from "../manifest/nearest.ts";
import type { World } from "../model/world.ts";
import { BadInput } from "./bad-input.ts";
import { type EndpointIndex, type Found, indexEndpoints } from "./endpoint-index.ts";
import { evaluate, evaluateOn, type Evaluation, type NetworkProfileOptions } from "./evaluation.ts";
import type { Input, InputOptions } from "./input.ts";
import type { Io } from "./io.ts";
import { DEFAULT_NAMESPACE } from "../manifest/decode.ts";

export interface NetworkOptions extends InputOptions, NetworkProfileOptions {
  /** Whose network is asked about: `namespace/name` of a definition, or its name alone. */
  readonly network?: string;
}

/** Everything that it takes to answer about one network. */
export interface Asking extends Evaluation {
  readonly index: EndpointIndex;
  /** `namespace/name`; undefined on the pod network. */
  readonly network: string | undefined;
}

/** The pod network, or the one that the options name. */
export async function askingOf(io: Io, input: Input, options: NetworkOptions): Promise<Asking> {
  const whole = await evaluate(io, input, options);
  const home = options.namespace ?? DEFAULT_NAMESPACE;
  const { network } = options;
  if (network === undefined) return { ...whole, index: indexEndpoints(whole.world, home), network };
  const found = await askingOn(io, input, whole.world, network, options);
  if (typeof found === "string") throw new BadInput([found]);
  return found;
}

/** The network that a text names, or why there is none. */
export async function askingOn(
  io: Io,
  input: Input,
  world: World,
  text: string,
  options: NetworkOptions,
): Promise<Asking | string> {
  const home = options.namespace ?? DEFAULT_NAMESPACE;
  const network = definitionOf(text, home);
  if (network === undefined)
    return `"${text}" is no network; write namespace/name of a NetworkAttachmentDefinition`;
  const known = knownNetworks(world);
  if (!known.has(network))
    return `there is no NetworkAttachmentDefinition ${network} in the input${suggestion(nearest(network, [...known]))}`;
  const evaluation = await evaluateOn(io, input, world, network, options);
  return {
    ...evaluation,
    index: attachedOnly(indexEndpoints(evaluation.world, home, `attached to ${network}`), network),
    network,
  };
}

/** One that pods or policies name is there, even where nobody described it. */
function knownNetworks(world: World): ReadonlySet<string> {
  return new Set([
    ...world.networkAttachments.keys(),
    ...[...world.pods.values()].flatMap((pod) => networksOfPod(pod, world)),
    ...[...world.multiPolicies.values()].flatMap((policy) => networksOfPolicy(policy, world)),
  ]);
}

/** Of a workload some pods may be attached; whoever is not is nowhere on the network. */
function attachedOnly(index: EndpointIndex, network: string): EndpointIndex {
  return {
    find(text): Found {
      const found = index.find(text);
      if (found.kind === "service")
        return { kind: "missing", message: `${text} is a Service, and those are on the pod network only` };
      const isApart =
        found.kind === "found" &&
        found.members.some((end) => end.kind === "pod" && end.pod.secondary === undefined);
      return isApart ? { kind: "missing", message: `${text} is not attached to ${network}` } : found;
    },
  };
}

/** What a line of output says of the network. */
export function onNetworkText(network: string | undefined): string {
  return network === undefined ? "" : ` on ${network}`;
}
