import { join } from "node:path";

/** Where the parts of a control plane find each other: everything on loopback, everything below one folder. */
export interface Layout {
  readonly folder: string;
  readonly serverPort: number;
  readonly etcdPort: number;
  readonly etcdPeerPort: number;
}

export const serverUrl = ({ serverPort }: Layout): string => `https://127.0.0.1:${serverPort}`;
export const kubeconfigFile = ({ folder }: Layout): string => join(folder, "kubeconfig");
export const tokenFile = ({ folder }: Layout): string => join(folder, "tokens.csv");
export const signingKeyFile = ({ folder }: Layout): string => join(folder, "service-account.key");
/** The API server writes its certificate and that of its own authority into this file. */
export const certificateFile = ({ folder }: Layout): string => join(folder, "certificates", "apiserver.crt");

/** Pods get addresses from here, and nodes from 10.9.0.0/24. */
const podCidr = "10.244.0.0/16";

export function etcdFlags(layout: Layout): readonly string[] {
  const url = `http://127.0.0.1:${layout.etcdPort}`;
  const peerUrl = `http://127.0.0.1:${layout.etcdPeerPort}`;
  return [
    `--data-dir=${join(layout.folder, "etcd")}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=default=${peerUrl}`,
    "--log-level=error",
    // The data lives as long as the test run.
    "--unsafe-no-fsync",
  ];
}

export function apiServerFlags(layout: Layout): readonly string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${layout.etcdPort}`,
    `--cert-dir=${join(layout.folder, "certificates")}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${layout.serverPort}`,
    // The address the `kubernetes` Service leads to. A loopback address may not stand in an Endpoints object.
    "--advertise-address=10.9.0.254",
    "--service-cluster-ip-range=10.96.0.0/16",
    "--allow-privileged=true",
    "--authorization-mode=RBAC",
    `--token-auth-file=${tokenFile(layout)}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${signingKeyFile(layout)}`,
    `--service-account-signing-key-file=${signingKeyFile(layout)}`,
    // ServiceAccount would refuse pods until a new namespace has its account; TaintNodesByCondition taints new nodes,
    // and the controller that takes the taint away is not part of this control plane.
    "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition",
  ];
}

export function controllerManagerFlags(layout: Layout): readonly string[] {
  return [
    `--kubeconfig=${kubeconfigFile(layout)}`,
    `--service-account-private-key-file=${signingKeyFile(layout)}`,
    `--controllers=${controllers.map((name) => `${name}-controller`).join(",")}`,
    "--leader-elect=false",
    "--secure-port=0",
    "--kube-api-qps=1000",
    "--kube-api-burst=2000",
  ];
}

const controllers = [
  "garbage-collector",
  "namespace",
  "serviceaccount",
  "clusterrole-aggregation",
  "endpointslice",
  "deployment",
  "replicaset",
  "statefulset",
  "daemonset",
  "job",
  "cronjob",
];

export function kwokFlags(layout: Layout): readonly string[] {
  return [
    `--kubeconfig=${kubeconfigFile(layout)}`,
    `--config=${join(import.meta.dirname, "stages.yaml")}`,
    "--manage-all-nodes=true",
    `--cidr=${podCidr}`,
    "--node-ip=10.9.0.253",
    // Nothing here watches leases or heartbeats, and a cluster at rest shall not write.
    "--node-lease-duration-seconds=0",
  ];
}
