import type { CloudInitDevice } from "../model/virtual-machine.ts";
import { isRecord } from "./decode-json.ts";
import { parseYaml } from "./read-yaml.ts";

/**
 * The devices and fixed addresses of cloud-init's network data, in its order: version 1 is a list of devices with subnets,
 * version 2 a map of them (netplan). What cannot be read says nothing.
 */
export function cloudInitDevices(text: string): readonly CloudInitDevice[] {
  const parsed = text.trim() === "" ? undefined : parseYaml(text);
  if (parsed?.kind !== "parsed" || !isRecord(parsed.value)) return [];
  const data = isRecord(parsed.value["network"]) ? parsed.value["network"] : parsed.value;
  const listed = Array.isArray(data["config"]) ? data["config"].filter(isRecord) : [];
  const named = isRecord(data["ethernets"]) ? Object.entries(data["ethernets"]) : [];
  return [...listed.filter(({ type }) => type === "physical").map(deviceOfList), ...named.map(deviceOfMap)];
}

type Json = Readonly<Record<string, unknown>>;

function deviceOfList({ name, mac_address: mac, subnets }: Json): CloudInitDevice {
  const addresses = (Array.isArray(subnets) ? subnets : []).filter(isRecord).map(({ address }) => address);
  return device(name, mac, addresses);
}

function deviceOfMap([name, raw]: [string, unknown]): CloudInitDevice {
  const { match, addresses } = isRecord(raw) ? raw : {};
  return device(name, isRecord(match) ? match["macaddress"] : "", Array.isArray(addresses) ? addresses : []);
}

function device(name: unknown, mac: unknown, addresses: readonly unknown[]): CloudInitDevice {
  return {
    name: typeof name === "string" ? name : "",
    mac: typeof mac === "string" ? mac.toLowerCase() : "",
    addresses: addresses.flatMap((each) => (typeof each === "string" ? [each.split("/")[0] ?? ""] : [])),
  };
}
