import type { ObjectKey } from "../model/key.ts";
import type { Labels } from "../model/labels.ts";
import type {
  CloudInitDevice,
  Guest,
  GuestBinding,
  GuestInterface,
  GuestNetwork,
} from "../model/virtual-machine.ts";
import type { NamedPort } from "../model/world.ts";
import { cloudInitDevices } from "./decode-cloud-init.ts";
import { isRecord } from "./decode-json.ts";

/**
 * The part of a machine's spec that says how the guest is joined to networks. KubeVirt has checked it; what we do not
 * understand here we do not know, and it is no reason to know nothing of the machine.
 */
export function guest(spec: unknown, { namespace, name }: ObjectKey, annotations: Labels): Guest {
  const devices = at(spec, "domain", "devices");
  const given = records(at(devices, "interfaces"));
  const networks = new Map(records(at(spec, "networks")).map((each) => [textOf(each["name"]), each]));
  const isLeftToKubeVirt = given.length === 0 && networks.size === 0;
  const interfaces = given.map((each) => guestInterface(each, networks, namespace));
  return {
    hostname: hostnameOf(textOf(at(spec, "hostname")) || name),
    interfaces:
      isLeftToKubeVirt && at(devices, "autoattachPodInterface") !== false ? [BY_DEFAULT] : interfaces,
    migratesBridged: annotations[KEEPS_ADDRESS] !== undefined,
    cloudInit: records(at(spec, "volumes")).flatMap(devicesOf),
  };
}

const KEEPS_ADDRESS = "kubevirt.io/allow-pod-bridge-network-live-migration";

/** Without interfaces a guest gets one on the pod network; with which binding, the cluster's configuration says. */
const BY_DEFAULT: GuestInterface = {
  name: "default",
  binding: "other",
  mac: "",
  ports: [],
  network: { kind: "pod" },
};

/** The first part of a name with dots, cut to what fits into a label. */
function hostnameOf(name: string): string {
  return (name.split(".")[0] ?? "").slice(0, 63);
}

type Json = Readonly<Record<string, unknown>>;

function guestInterface(raw: Json, networks: ReadonlyMap<string, Json>, namespace: string): GuestInterface {
  const name = textOf(raw["name"]);
  return {
    name,
    binding: bindingOf(raw),
    mac: textOf(raw["macAddress"]).toLowerCase(),
    ports: records(raw["ports"]).flatMap(portOf),
    network: networkOf(networks.get(name), namespace),
  };
}

const BINDINGS: readonly GuestBinding[] = ["masquerade", "bridge", "passt", "sriov", "slirp"];

/** A field of the binding's name, or a plugin that is called so. */
function bindingOf(raw: Json): GuestBinding {
  const plugin = textOf(at(raw, "binding", "name"));
  return BINDINGS.find((each) => isRecord(raw[each]) || plugin === each) ?? "other";
}

function portOf({ name, protocol = "TCP", port }: Json): readonly NamedPort[] {
  const known = (["TCP", "UDP", "SCTP"] as const).find((each) => each === protocol);
  return known === undefined || typeof port !== "number"
    ? []
    : [{ name: textOf(name), protocol: known, number: port }];
}

function networkOf(raw: Json | undefined, namespace: string): GuestNetwork {
  if (isRecord(raw?.["pod"])) return { kind: "pod" };
  const name = textOf(at(raw, "multus", "networkName"));
  if (name === "") return { kind: "other" };
  const attachment = name.includes("/") ? name : `${namespace}/${name}`;
  return { kind: "multus", attachment, isDefault: at(raw, "multus", "default") === true };
}

function devicesOf(volume: Json): readonly CloudInitDevice[] {
  const source = volume["cloudInitNoCloud"] ?? volume["cloudInitConfigDrive"];
  const plain = textOf(at(source, "networkData"));
  const encoded = textOf(at(source, "networkDataBase64")).replaceAll(/\s/g, "");
  return cloudInitDevices(plain === "" && BASE64.test(encoded) ? fromBase64(encoded) : plain);
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function fromBase64(encoded: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(encoded), (byte) => byte.charCodeAt(0)));
}

/** Without the length of a prefix. */
export function withoutLength(address: string): string {
  return address.split("/")[0] ?? "";
}

function at(raw: unknown, ...path: readonly string[]): unknown {
  return path.reduce((value: unknown, field) => (isRecord(value) ? value[field] : undefined), raw);
}

export function records(raw: unknown): readonly Json[] {
  return Array.isArray(raw) ? raw.filter(isRecord) : [];
}

export function textOf(raw: unknown): string {
  return typeof raw === "string" ? raw : "";
}
