import type { NetworkPolicy } from "../model/network-policy.ts";
import { multiPolicy } from "./multi-policy.ts";
import { OVN_NETWORK_ANNOTATION, POLICY_FOR_ANNOTATION } from "./names.ts";
import type { NetworkReference, SecondaryReference } from "./network.ts";
import type { Unresolved } from "./peers.ts";
import type { Generated } from "./policies.ts";

/**
 * The policies of an object for the network that it is about. What one of the enforcers would pass over, and with it the
 * whole policy, is refused whole: the policies in the cluster stay as they are, and none is left open.
 */
export function onNetwork(generated: Generated, network: NetworkReference): Generated {
  switch (network.kind) {
    case "pod network":
      return network.isNamed ? scoped(generated, POD_NETWORK) : generated;
    case "missing":
      return refused(network.why);
    case "secondary":
      return generated.undecided === undefined ? onSecondary(generated, network) : generated;
  }
}

function onSecondary(generated: Generated, network: SecondaryReference): Generated {
  const { definition } = network;
  if (network.backend === "KubeOVN") {
    return scoped(generated, definition);
  }
  const problems: Unresolved[] = [];
  const policies = generated.policies.map((policy) =>
    annotated(multiPolicy(policy, network, problems), POLICY_FOR_ANNOTATION, definition),
  );
  const [problem] = problems;
  return problem === undefined ? { ...generated, policies } : refused(problem);
}

/** As Kube-OVN calls it. */
const POD_NETWORK = "ovn";

function scoped(generated: Generated, network: string): Generated {
  const policies = generated.policies.map((policy) => annotated(policy, OVN_NETWORK_ANNOTATION, network));
  return { ...generated, policies };
}

function refused(why: Unresolved): Generated {
  return { policies: [], undecided: why, dropped: [] };
}

function annotated(policy: NetworkPolicy, annotation: string, value: string): NetworkPolicy {
  const { metadata } = policy;
  return {
    ...policy,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [annotation]: value } },
  };
}
