import type { Finding, NameStatus } from "../../model/service-access.ts";
import { list } from "../words.ts";
import type { Scene } from "./findings.ts";

/** What is to be known of the DNS names that an object lets its pods reach. */
export function nameFindings({ plan }: Scene): readonly Finding[] {
  const { names } = plan.references;
  const refused = names.filter((name) => name.refused.length > 0);
  return [
    ...refused.map(({ entry, refused: addresses }) => refusedAnswer(entry.name, addresses)),
    ...shared(names.map(({ entry }) => entry)),
  ];
}

function refusedAnswer(name: string, addresses: readonly string[]): Finding {
  const message = `answers ${list(addresses)}, where no name may lead: they are left out, because whoever answers for the name would choose who is reached; say allowPrivate if a private address is meant`;
  return { type: "NameAddressRefused", severity: "Warning", object: `DNS/${name}`, message };
}

/** To a policy an address is an address: whoever may reach one name of it may reach the other. */
function shared(entries: readonly NameStatus[]): readonly Finding[] {
  const byAddress = new Map<string, string[]>();
  for (const { name, answers } of entries)
    for (const { address } of answers) byAddress.set(address, [...(byAddress.get(address) ?? []), name]);
  const groups = new Map<string, readonly [string, ...string[]]>();
  for (const [address, [first, ...others]] of byAddress) {
    if (first === undefined || others.length === 0) continue;
    const names = [first, ...others] as const;
    if (!groups.has(names.join())) groups.set(names.join(), [address, ...names]);
  }
  return [...groups.values()].map(([address, first = "", ...others]) => ({
    type: "NamesShareAddress",
    severity: "Info",
    object: `DNS/${first}`,
    message: `has the address ${address} in common with ${list(others)}: what a policy lets through to one, or leaves out, is so for the other`,
  }));
}
