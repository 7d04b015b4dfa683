/** From where a cloud's load balancers ask pods whether they are healthy, where those are addresses of their own. */
export type HealthChecks = KnownChecks | { readonly unknown: string };

export interface KnownChecks {
  readonly blocks: readonly string[];
  /** What the load balancer of a Service asks: pods, or nodes, and pods only where it was set up to go straight to them. */
  readonly asks: "pods" | "nodes";
}

/** Undefined for a provider that nobody knows here. */
export function healthChecksOf(provider: string): HealthChecks | undefined {
  return Object.hasOwn(PROVIDERS, provider) ? PROVIDERS[provider] : undefined;
}

/**
 * As the providers' own pages on health checks say. Where the probes come from the load balancer's place in the network,
 * as its owner laid it out, nobody but the owner knows the addresses.
 */
const PROVIDERS: Readonly<Record<string, HealthChecks>> = {
  // Server Load Balancer asks from the shared address space of RFC 6598; with Terway pods are its backends.
  alibaba: { blocks: ["100.64.0.0/10"], asks: "pods" },
  aws: {
    unknown:
      "the load balancers of AWS ask from addresses in the subnets that they lie in: let those subnets in by ipBlock",
  },
  azure: { blocks: ["168.63.129.16/32"], asks: "nodes" },
  // The probes of Application Load Balancers and of container-native load balancing.
  google: { blocks: ["130.211.0.0/22", "35.191.0.0/16"], asks: "nodes" },
  openstack: {
    unknown:
      "the load balancers of OpenStack ask from addresses in the subnet that they lie in: let that subnet in by ipBlock",
  },
};

export const CLOUD_PROVIDERS: readonly string[] = Object.keys(PROVIDERS);
