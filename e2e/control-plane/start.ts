import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Binaries } from "../../hack/control-plane/programs.ts";
import { type Access, access, type Details } from "./access.ts";
import { auditFlags } from "./audit.ts";
import { bindPods } from "./binder.ts";
import { eventually } from "./eventually.ts";
import * as flags from "./flags.ts";
import { freePorts } from "./free-ports.ts";
import { addNodes } from "./nodes.ts";
import { type Processes, processes } from "./processes.ts";

export interface Options {
  readonly binaries: Binaries;
  /** How many nodes there are from the start; without kwok they never become ready, and there are none. */
  readonly nodes?: number;
  /**
   * Files or folders with custom resource definitions. The garbage collector looks for new kinds every 30 seconds; what
   * is applied here is there before it starts, so it collects at once.
   */
  readonly definitions?: readonly string[];
  readonly apiServerFlags?: readonly string[];
  /** Whether the API server writes down what ServiceAccounts ask, see `audit.ts`. */
  readonly isAudited?: boolean;
}

export interface ControlPlane extends Access {
  readonly details: Details;
  stop(): Promise<void>;
}

/** A real control plane of its own on loopback, ready for use; nothing of it is left after `stop`. */
export async function startControlPlane(options: Options): Promise<ControlPlane> {
  const [serverPort = 0, etcdPort = 0, etcdPeerPort = 0] = await freePorts(3);
  const folder = await mkdtemp(join(tmpdir(), "serviceaccess-"));
  const layout = { folder, serverPort, etcdPort, etcdPeerPort };
  const running = processes(folder);
  const stopping = new AbortController();
  const stop = async () => {
    stopping.abort();
    await running.stop();
  };
  try {
    const details = await startServer(layout, running, options);
    const plane = access(details);
    await define(plane, options.definitions ?? []);
    await startControllers(plane, layout, running);
    if (details.binaries.kwok !== undefined) {
      void bindPods(plane, stopping.signal);
      await addNodes(plane, options.nodes ?? 2);
    }
    return { ...plane, details, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startServer(layout: flags.Layout, running: Processes, options: Options): Promise<Details> {
  const { binaries } = options;
  const token = randomBytes(24).toString("hex");
  writeSecret(flags.tokenFile(layout), `${token},admin,admin,"system:masters"\n`);
  writeSecret(flags.signingKeyFile(layout), signingKey());

  running.start("etcd", binaries.etcd, flags.etcdFlags(layout));
  const serverFlags = [
    ...flags.apiServerFlags(layout),
    ...(options.isAudited === true ? auditFlags(layout.folder) : []),
    ...(options.apiServerFlags ?? []),
  ];
  running.start("kube-apiserver", binaries["kube-apiserver"], serverFlags);

  const details = {
    server: flags.serverUrl(layout),
    kubeconfig: flags.kubeconfigFile(layout),
    token,
    certificate: flags.certificateFile(layout),
    binaries,
    folder: layout.folder,
  };
  await ready(details, running);
  writeSecret(details.kubeconfig, kubeconfig(details));
  return details;
}

/** Ready means that the built-in roles and namespaces are there as well, not only that the port answers. */
async function ready(details: Details, running: Processes): Promise<void> {
  await eventually(
    async () => {
      running.check();
      return (await access(details).api("GET", "/readyz")).status === 200;
    },
    { what: "the API server to be ready", timeoutMs: 60_000 },
  );
}

async function define(plane: Access, definitions: readonly string[]): Promise<void> {
  if (definitions.length === 0) return;
  const files = definitions.flatMap((definition) => ["-f", definition]);
  await succeeding(plane, ["apply", "--server-side", ...files]);
  // A definition that was stored this very moment has no conditions yet, and for kubectl that is an error.
  await eventually(
    () => succeeding(plane, ["wait", "--for=condition=Established", "--timeout=20s", ...files]),
    { what: "the definitions to be established", timeoutMs: 30_000 },
  );
}

async function succeeding(plane: Access, args: readonly string[]): Promise<true> {
  const { code, stderr } = await plane.kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  return true;
}

async function startControllers(plane: Access, layout: flags.Layout, running: Processes): Promise<void> {
  const { "kube-controller-manager": manager, kwok } = plane.binaries;
  if (manager !== undefined) {
    running.start("kube-controller-manager", manager, flags.controllerManagerFlags(layout));
  }
  if (kwok !== undefined) running.start("kwok", kwok, flags.kwokFlags(layout));
}

function signingKey(): string {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  }).privateKey;
}

/** JSON is YAML, and needs no quoting of ours. */
function kubeconfig({ server, token, certificate }: Details): string {
  const authority = readFileSync(certificate).toString("base64");
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server, "certificate-authority-data": authority } }],
    users: [{ name: "admin", user: { token } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "admin" } }],
    "current-context": "test",
  });
}

function writeSecret(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 });
}
