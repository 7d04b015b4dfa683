import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What a control plane without machines consists of; kwok plays the kubelets. */
export const required = ["etcd", "kube-apiserver", "kubectl"] as const;
/** Without these nothing is garbage-collected and no pod runs; envtest does not ship them. */
export const optional = ["kube-controller-manager", "kwok"] as const;

export type Required = (typeof required)[number];
export type Optional = (typeof optional)[number];
export type Program = Required | Optional;

/** Where each program lies. */
export type Binaries = Readonly<Record<Required, string> & Partial<Record<Optional, string>>>;

/** A Go module of ours that only exists to pin the programs built from it. */
export interface Source {
  readonly name: "etcd" | "kubernetes" | "kwok";
  readonly version: string;
  readonly packages: Readonly<Partial<Record<Program, string>>>;
  /** Sets the version the program reports, which the upstream build does by the same means. */
  readonly stamp: readonly string[];
  /** The folder of go.mod and tools.go; it holds a go.sum only for the versions we commit. */
  readonly folder: string;
}

export const defaultKubernetes = pinnedVersion("kubernetes", "k8s.io/kubernetes");

/** The sources of a control plane of this Kubernetes version; etcd and kwok have one version each. */
export function sources(kubernetes: string): readonly Source[] {
  return [
    {
      name: "etcd",
      version: pinnedVersion("etcd", "go.etcd.io/etcd/server/v3"),
      packages: { etcd: "go.etcd.io/etcd/server/v3" },
      stamp: [],
      folder: folderOf("etcd"),
    },
    {
      name: "kubernetes",
      version: kubernetes,
      packages: {
        "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
        kubectl: "k8s.io/kubernetes/cmd/kubectl",
        "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
      },
      stamp: kubernetesStamp(kubernetes),
      folder: folderOf("kubernetes"),
    },
    {
      name: "kwok",
      version: pinnedVersion("kwok", "sigs.k8s.io/kwok"),
      packages: { kwok: "sigs.k8s.io/kwok/cmd/kwok" },
      stamp: [],
      folder: folderOf("kwok"),
    },
  ];
}

function kubernetesStamp(version: string): readonly string[] {
  const [major = "", minor = ""] = version.split(".");
  const variable = "k8s.io/component-base/version";
  return [
    `${variable}.gitVersion=v${version}`,
    `${variable}.gitMajor=${major}`,
    `${variable}.gitMinor=${minor}`,
  ];
}

function folderOf(name: string): string {
  return join(import.meta.dirname, name);
}

/** The version in our go.mod, so that it is written down in one place. */
function pinnedVersion(name: string, module: string): string {
  const goMod = readFileSync(join(folderOf(name), "go.mod"), "utf8");
  const version = goMod.match(new RegExp(`^require ${module} v(\\S+)$`, "m"))?.[1];
  if (version === undefined) throw new Error(`${join(folderOf(name), "go.mod")} does not require ${module}`);
  return version;
}
