import { platformOf } from "../generator/platform.ts";
import type { Platform } from "../model/platform.ts";
import type { World } from "../model/world.ts";
import {
  joined,
  type Manifests,
  type Origin,
  readManifests,
  type SourceDocument,
  type SourceProblem,
} from "../manifest/read.ts";
import { REACHABILITY_TEST } from "../manifest/items.ts";
import { worldOf, type WorldReading } from "../manifest/world.ts";
import { type Problem, problemsText } from "../model/problem.ts";
import { SERVICE_ACCESS_API } from "../model/service-access.ts";
import { DEFAULT_NAMESPACE } from "../manifest/decode.ts";
import { BadInput } from "./bad-input.ts";
import type { Io } from "./io.ts";
import { messageOf } from "./message-of.ts";
import { problemLine } from "./place.ts";
import { type DecodeServiceAccess, loadSchema } from "./schema.ts";
import { readSources, type Source } from "./sources.ts";

/** The options that every command takes. */
export interface InputOptions {
  readonly filename?: readonly string[];
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  readonly verbose?: boolean;
  readonly clusterDnsService?: string;
  readonly clusterDnsAddresses?: string;
  readonly cloudProvider?: string;
}

/** What a command works on. */
export interface Input {
  readonly world: World;
  /** True where the world was read from a running cluster: its policies are what they are, nothing is rendered. */
  readonly isLive: boolean;
  /** The ReachabilityTests among the documents, with their origins. */
  readonly tests: readonly SourceDocument[];
  /** Where an object was written, by `objectId`; empty for a live cluster. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** One line for people, with the problem's place in the files. */
  readonly describe: (problem: SourceProblem) => string;
}

/** From files, or from the cluster when no file is given. */
export async function loadInput(io: Io, options: InputOptions): Promise<Input> {
  if (options.namespace !== undefined && options.allNamespaces === true) {
    throw new BadInput(["give either -n or -A"]);
  }
  const names = options.filename ?? [];
  return names.length === 0 ? await loadLive(io, options) : await loadFiles(io, names, options);
}

async function loadFiles(io: Io, names: readonly string[], options: InputOptions): Promise<Input> {
  const sources = await readSources(io, names);
  const manifests = joined(sources.map(({ text, name }) => readManifests(text, name)));
  const reading = worldOf(manifests.documents, {
    defaultNamespace: options.namespace ?? DEFAULT_NAMESPACE,
    decodeServiceAccess: await schemaFor(io, manifests),
  });
  refuse([...manifests.problems, ...reading.problems], sources);
  await reportIgnored(io, reading, options.verbose === true);
  return {
    world: { ...reading.world, platform: told(options) },
    isLive: false,
    tests: reading.ignored.filter(isTest),
    origins: reading.origins,
    describe: (problem) => problemLine(problem, sources),
  };
}

/** What the input does not say of the cluster. */
function told({ clusterDnsService, clusterDnsAddresses, cloudProvider }: InputOptions): Platform {
  const said = { dnsService: clusterDnsService, dnsAddresses: clusterDnsAddresses, cloudProvider };
  const platform = platformOf(said);
  if (typeof platform === "string") throw new BadInput([platform]);
  return platform;
}

/** Loading the schema takes longer than most runs: only input with a ServiceAccess pays for it. */
async function schemaFor(io: Io, { documents }: Manifests): Promise<DecodeServiceAccess> {
  const isNeeded = documents.some(
    ({ apiVersion, kind }) =>
      kind === SERVICE_ACCESS_API.kind && apiVersion === SERVICE_ACCESS_API.apiVersion,
  );
  return isNeeded ? await loadSchema(io) : () => ({ kind: "problems", problems: [] });
}

const MAX_LINES = 100;

function refuse(problems: readonly SourceProblem[], sources: readonly Source[]): void {
  if (problems.length === 0) return;
  const lines = problems.slice(0, MAX_LINES).map((problem) => problemLine(problem, sources));
  const rest = problems.length - lines.length;
  throw new BadInput(rest > 0 ? [...lines, `and ${rest} more problems`] : lines);
}

/** A policy of a kind that we do not judge may change every verdict: that is said without being asked. */
async function reportIgnored(io: Io, { ignored }: WorldReading, isVerbose: boolean): Promise<void> {
  for (const { origin, apiVersion, kind } of ignored.filter((document) => !isTest(document))) {
    const isPolicy = kind.includes("NetworkPolicy");
    if (!isPolicy && !isVerbose) continue;
    const consequence = isPolicy ? "is not evaluated; the answers are those without it" : "is ignored";
    await io.stderr.write(
      `${isPolicy ? "warning" : "note"}: ${origin.source}: document ${origin.document}: ${apiVersion} ${kind} ${consequence}\n`,
    );
  }
}

function isTest({ kind }: SourceDocument): boolean {
  return kind === REACHABILITY_TEST;
}

/**
 * The policies of a ServiceAccess are in the cluster, so one that cannot be read changes no verdict. What depends on a policy,
 * a namespace or a network is Unknown then, and says so; of a pod there would be no answer at all, which looks like one.
 */
function isTolerable(object: string): boolean {
  const kind = object.slice(0, object.indexOf(" "));
  return TOLERABLE.includes(kind) || kind.endsWith("NetworkPolicy");
}

const TOLERABLE = [SERVICE_ACCESS_API.kind, "Namespace", "NetworkAttachmentDefinition", "IPAMClaim"];

/** The client library is large: it is loaded only for a cluster. */
export async function loadLive(io: Io, options: InputOptions): Promise<Input> {
  const { kubeconfig, context } = options;
  const platform = told(options);
  const { readLiveWorld } = await import("../kube/live.ts");
  const decodeServiceAccess = await loadSchema(io);
  const unreadable: string[] = [];
  const onUnreadable = (object: string, problems: readonly Problem[]): void => {
    unreadable.push(`${object}: ${problemsText(problems)}`);
  };
  try {
    const world = await readLiveWorld({ kubeconfig, context, platform, decodeServiceAccess, onUnreadable });
    const fatal = unreadable.filter((object) => !isTolerable(object));
    if (fatal.length > 0) throw new BadInput(fatal.map((object) => `cannot read ${object}`));
    for (const object of unreadable) await io.stderr.write(`warning: cannot read ${object}\n`);
    return { world, isLive: true, tests: [], origins: new Map(), describe: ({ message }) => message };
  } catch (error) {
    if (error instanceof BadInput) throw error;
    throw new BadInput([`${messageOf(error)}; to read manifests instead, give them with -f`]);
  }
}
