import { instanceKey } from "../model/launcher.ts";
import { keyText } from "../model/key.ts";
import type { World } from "../model/world.ts";
import { inNamespace } from "./located.ts";
import type { Change } from "./store.ts";

/** The objects that name the machine of a launcher which changes: its labels decide by which of them it is selected. */
export function thoseNamingMachine({ before, after }: Change, { accesses }: World): ReadonlySet<string> {
  const machines = new Set(
    [before, after].flatMap((item) => (item?.kind === "Pod" ? (instanceKey(item.object) ?? []) : [])),
  );
  const naming = [...machines].flatMap((machine) => {
    const [namespace = "", name] = machine.split("/");
    return inNamespace(accesses, namespace).filter(({ spec }) => spec.target?.virtualMachine?.name === name);
  });
  return new Set(naming.map(({ metadata }) => keyText(metadata)));
}
