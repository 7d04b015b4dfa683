import { expect, test } from "vitest";

import { kubernetesModule } from "./kubernetes-module.ts";

const upstream = `module k8s.io/kubernetes

go 1.25.0

require (
	k8s.io/api v0.0.0
)

replace (
	k8s.io/api => ./staging/src/k8s.io/api
	k8s.io/cluster-bootstrap => ./staging/src/k8s.io/cluster-bootstrap
)
`;

test("each staging module is replaced by the version published with that Kubernetes", () => {
  expect(kubernetesModule("1.36.4", upstream)).toBe(`module serviceaccess.dev/control-plane/kubernetes

go 1.25.0

require k8s.io/kubernetes v1.36.4

replace (
	k8s.io/api => k8s.io/api v0.36.4
	k8s.io/cluster-bootstrap => k8s.io/cluster-bootstrap v0.36.4
)
`);
});

test("a go.mod without staging modules is refused instead of building something else", () => {
  expect(() => kubernetesModule("1.36.4", "module k8s.io/kubernetes\n\ngo 1.25.0\n")).toThrow(
    "no staging modules",
  );
});
