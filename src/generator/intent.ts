import { isNonEmpty, type NonEmpty } from "../model/nonempty.ts";
import type {
  AccessEgressRule,
  AccessIngressRule,
  Permits,
  Port,
  Rights,
  ServiceAccess,
} from "../model/service-access.ts";
import type { LabelSelector, PolicyType } from "../model/network-policy.ts";
import { CLIENT_LABEL_PREFIX } from "./names.ts";
import { chosenNamespaces, type Unresolved } from "./peers.ts";

/** What a ServiceAccess asks for, with every default decided; no default is decided anywhere else. */
export interface Intent {
  readonly hasTarget: boolean;
  readonly clientLabel: { readonly key: string; readonly value: string };
  readonly policyTypes: readonly PolicyType[];
  /** Undefined: the object names none, and its target may know some. */
  readonly ports: NonEmpty<Port> | undefined;
  readonly ingress: readonly AccessIngressRule[];
  readonly egress: readonly AccessEgressRule[];
  readonly permits: {
    readonly generate: boolean;
    readonly dns: boolean;
    readonly egress: readonly AccessEgressRule[];
    /** Where else holders are clients; undefined: nowhere. */
    readonly elsewhere: LabelSelector | Unresolved | undefined;
  };
}

export function intentOf({ metadata, spec }: ServiceAccess): Intent {
  const { rights, permits } = spec;
  return {
    hasTarget: spec.target !== undefined,
    clientLabel: {
      key: `${CLIENT_LABEL_PREFIX}${metadata.name}`,
      value: "true",
      ...permits?.label,
    },
    policyTypes: typesOf(rights ?? {}),
    ports: spec.ports !== undefined && isNonEmpty(spec.ports) ? spec.ports : undefined,
    ingress: rights?.ingress ?? [],
    egress: rights?.egress ?? [],
    permits: permitsOf(permits ?? {}, spec.network === undefined),
  };
}

/** The cluster DNS is asked over the pod network, which permits of another one do not isolate. */
function permitsOf({ policy, dns, egress, namespaces }: Permits, isPodNetwork: boolean): Intent["permits"] {
  return {
    generate: policy !== "None",
    dns: isPodNetwork && (dns ?? true),
    egress: egress ?? [],
    elsewhere: namespaces === undefined ? undefined : chosenNamespaces(namespaces),
  };
}

/** Egress, even empty, is isolated when the object speaks of it, and never otherwise. */
function typesOf({ policyTypes, egress }: Rights): readonly PolicyType[] {
  if (policyTypes !== undefined && policyTypes.length > 0) return policyTypes;
  return egress === undefined ? ["Ingress"] : ["Ingress", "Egress"];
}
