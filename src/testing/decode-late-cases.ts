import type { Labels } from "../model/labels.ts";
import type { Service, ServicePort } from "../model/world.ts";
import { readList, withPolicies, type Written } from "./decode-cases.ts";
import type { TierCase } from "./decode-tier-cases.ts";

/** A clause of a rule about endpoints, Services or what network plugins decide. */
export interface LateCase extends Omit<TierCase, "expect" | "problems"> {
  readonly rule: string;
  /** The profiles under which it is so: the specification where none is named. */
  readonly profiles?: "all" | readonly string[];
  readonly services?: Readonly<Record<string, ServiceSketch>>;
  /** Per flow what is to be answered; flows go to a pod, to a Service (`x/a > Service x/s TCP/80`) or are ICMP. */
  readonly expect: Readonly<Record<string, string>>;
}

interface ServiceSketch {
  readonly type?: string;
  readonly headless?: boolean;
  readonly externalTrafficPolicy?: Service["externalTrafficPolicy"];
  readonly selector?: Labels;
  readonly ports: readonly (Pick<ServicePort, "port"> & Partial<ServicePort>)[];
}

const FIELDS = "rule name profiles expect pods namespaces policies tiers nodes services".split(" ");

export function readLateCases(): readonly LateCase[] {
  const cases = readList("late-rules.yaml", FIELDS) as readonly Written<LateCase>[];
  return cases.map((each) => withPolicies({ ...each, tiers: each.tiers ?? {} }));
}

export function servicesOf({ services = {} }: Pick<LateCase, "services">): ReadonlyMap<string, Service> {
  return new Map(Object.entries(services).map(([key, sketch]) => [key, serviceOf(key, sketch)]));
}

function serviceOf(key: string, sketch: ServiceSketch): Service {
  const { type = "ClusterIP", headless = false, externalTrafficPolicy = "Cluster", selector, ports } = sketch;
  const [namespace = "", name = ""] = key.split("/");
  return {
    namespace,
    name,
    uid: key,
    labels: {},
    type,
    headless,
    clusterAddresses: [],
    externalTrafficPolicy,
    selector,
    ports: ports.map((port) => ({ name: "", protocol: "TCP", targetPort: port.port, ...port })),
  };
}
