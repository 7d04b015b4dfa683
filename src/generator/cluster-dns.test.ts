import { expect, test } from "vitest";
import { CLUSTER_DNS, smallWorld } from "../testing/small-world.ts";
import { dnsEndpoints } from "./cluster-dns.ts";

const UDP = { name: "dns", protocol: "UDP", port: 8053 } as const;
const METRICS = { name: "metrics", protocol: "TCP", port: 9153 } as const;

test("every ready endpoint of the cluster's DNS is asked, on the port of its pods and no other", () => {
  const slice = { namespace: "kube-system", service: "kube-dns", ports: [UDP, METRICS] };
  const world = smallWorld({
    ...CLUSTER_DNS,
    endpointSlices: [
      { ...slice, name: "a", endpoints: [{ addresses: ["10.0.0.1"], ready: true }] },
      { ...slice, name: "b", endpoints: [{ addresses: ["10.0.0.2"], ready: false }] },
      { ...slice, name: "c", endpoints: [{ addresses: ["fd00::1"], ready: true }] },
      { ...slice, name: "d", service: "other", endpoints: [{ addresses: ["10.0.0.3"], ready: true }] },
    ],
  });
  expect(dnsEndpoints(world)).toEqual([
    { address: "10.0.0.1", port: 8053, protocol: "UDP" },
    { address: "fd00::1", port: 8053, protocol: "UDP" },
  ]);
});

test("a cluster without a DNS has nobody to ask", () => {
  expect(dnsEndpoints(smallWorld({}))).toEqual([]);
});
