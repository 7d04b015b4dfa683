import type { Labels } from "../model/labels.ts";
import type { PodAttachment } from "../model/network-attachment.ts";
import type { Problem } from "../model/problem.ts";
import { records, textOf, withoutLength } from "./decode-guest.ts";
import { objectName } from "./decode-metadata.ts";

export const NETWORKS_ANNOTATION = "k8s.v1.cni.cncf.io/networks";
const STATUS = "k8s.v1.cni.cncf.io/network-status";
const OLD_STATUS = "k8s.v1.cni.cncf.io/networks-status";

/**
 * The interfaces of a pod on secondary networks: those it asks for, and what became of them. Whoever broke an annotation
 * gets no addresses from it: what is not known stays unknown.
 */
export function attachmentsOf(annotations: Labels, namespace: string): readonly PodAttachment[] {
  const request = annotations[NETWORKS_ANNOTATION];
  const status = annotations[STATUS] ?? annotations[OLD_STATUS];
  if (request === undefined && status === undefined) return NONE;
  const requested = readRequest(request ?? "", namespace);
  const reported = status === undefined ? undefined : readStatus(status, namespace);
  return joined(typeof requested === "string" ? [] : requested, reported ?? []);
}

const NONE: readonly PodAttachment[] = [];

/** What is wrong with a request: the pod would never start. */
export function requestProblem(annotations: Labels, namespace: string): Problem | undefined {
  const found = readRequest(annotations[NETWORKS_ANNOTATION] ?? "", namespace);
  return typeof found === "string"
    ? { field: `metadata.annotations[${JSON.stringify(NETWORKS_ANNOTATION)}]`, message: found }
    : undefined;
}

/** The definitions that a list such as `ns/name@iface, name` names, or why it is none. */
function readRequest(text: string, namespace: string): readonly PodAttachment[] | string {
  const trimmed = text.trim();
  if (trimmed === "") return [];
  return trimmed.startsWith("[") ? readObjects(trimmed, namespace) : readShort(trimmed, namespace);
}

function readShort(text: string, namespace: string): readonly PodAttachment[] | string {
  const found: PodAttachment[] = [];
  for (const part of text.split(",").map((each) => each.trim())) {
    const [name = "", device = "", ...rest] = part.split("@");
    const definition = definitionOf(name, namespace);
    if (definition === undefined || rest.length > 0)
      return `"${part}" is no network; write name, namespace/name or namespace/name@interface`;
    found.push({ ...UNSAID, definition, interface: device });
  }
  return found;
}

function readObjects(text: string, namespace: string): readonly PodAttachment[] | string {
  const list = parsed(text);
  if (!Array.isArray(list)) return "must be the JSON of a list of networks";
  const found: PodAttachment[] = [];
  for (const raw of list) {
    const [each] = records([raw]);
    const definition = definitionOf(textOf(each?.["name"]), textOf(each?.["namespace"]) || namespace);
    if (each === undefined || definition === undefined)
      return `${JSON.stringify(raw)} is no network: its name and namespace must be those of a definition`;
    found.push({
      definition,
      interface: textOf(each["interface"]),
      mac: textOf(each["mac"]).toLowerCase(),
      claim: textOf(each["ipam-claim-reference"]),
      requested: texts(each["ips"]).map(withoutLength),
      status: undefined,
    });
  }
  return found;
}

const UNSAID = { interface: "", mac: "", claim: "", requested: [], status: undefined };

/** The cluster's own network is marked; its addresses are the pod's. */
function readStatus(text: string, namespace: string): readonly PodAttachment[] | undefined {
  const list = parsed(text);
  if (!Array.isArray(list)) return undefined;
  return records(list)
    .filter((each) => each["default"] !== true)
    .flatMap((each): PodAttachment[] => {
      const definition = definitionOf(textOf(each["name"]), namespace);
      if (definition === undefined) return [];
      const status = texts(each["ips"]).map(withoutLength);
      const mac = textOf(each["mac"]).toLowerCase();
      return [{ ...UNSAID, definition, interface: textOf(each["interface"]), mac, status }];
    });
}

/** A request is answered by the first report for its definition that answers no other, by the interface where both name one. */
function joined(
  requested: readonly PodAttachment[],
  reported: readonly PodAttachment[],
): readonly PodAttachment[] {
  const left = [...reported];
  const answered = requested.map((request) => {
    const at = left.findIndex((report) => isFor(report, request));
    const [report] = at < 0 ? [] : left.splice(at, 1);
    if (report === undefined) return request;
    const { mac, status } = report;
    return { ...request, interface: report.interface || request.interface, mac: mac || request.mac, status };
  });
  return [...answered, ...left];
}

function isFor(report: PodAttachment, request: PodAttachment): boolean {
  if (report.definition !== request.definition) return false;
  return request.interface === "" || report.interface === "" || request.interface === report.interface;
}

/** `namespace/name` of a definition; a bare name lies in the pod's namespace. */
export function definitionOf(text: string, namespace: string): string | undefined {
  const parts = text.trim().split("/");
  const [first = "", second] = parts;
  const key = second === undefined ? [namespace, first] : [first, second];
  const isName = key.every((part) => objectName(part).kind === "decoded");
  return isName && parts.length <= 2 ? key.join("/") : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function texts(raw: unknown): readonly string[] {
  return Array.isArray(raw) ? raw.filter((each) => typeof each === "string") : [];
}
