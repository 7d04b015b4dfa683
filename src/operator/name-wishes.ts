import { fqdnsOf } from "../generator/fqdns.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import { enter, type KeysByWord, leave } from "../reconciler/keys-by-word.ts";

/** Which DNS names the objects ask for, each once, and how many of them a namespace gets answered. */
export interface NameWishes {
  /** Of the object as it is now; undefined: it is gone. Answers with the names for which something may be different. */
  change(key: string, access: ServiceAccess | undefined): ReadonlySet<string>;
  /** Wanted: it is to be asked for. Too many: the namespaces that want it have others before it. */
  standing(name: string): "wanted" | "too many" | "unwanted";
  /** The objects that name it, as `namespace/name`. */
  wishing(name: string): readonly string[];
}

export function createNameWishes(mostOfNamespace: number): NameWishes {
  const byKey = new Map<string, readonly string[]>();
  const byName: KeysByWord = new Map();
  // In the order in which they came: whoever asks for more later takes nothing from what is there.
  const ofNamespace = new Map<string, Map<string, number>>();

  const add = (key: string, name: string) => {
    enter(byName, name, key);
    const names = namesIn(ofNamespace, key);
    names.set(name, (names.get(name) ?? 0) + 1);
  };
  const remove = (key: string, name: string) => {
    leave(byName, name, key);
    const names = namesIn(ofNamespace, key);
    const left = (names.get(name) ?? 1) - 1;
    if (left > 0) names.set(name, left);
    else names.delete(name);
    if (names.size === 0) ofNamespace.delete(namespaceOf(key));
  };
  const isAmongFirst = (key: string, name: string) => {
    const names = ofNamespace.get(namespaceOf(key)) ?? new Map<string, number>();
    return names
      .keys()
      .take(mostOfNamespace)
      .some((each) => each === name);
  };
  return {
    change(key, access) {
      const after = access === undefined ? [] : fqdnsOf(access).asked;
      const [was, is] = [new Set(byKey.get(key)), new Set(after)];
      if (after.length === 0) byKey.delete(key);
      else byKey.set(key, after);
      if (was.symmetricDifference(is).size === 0) return NOTHING;
      for (const name of is.difference(was)) add(key, name);
      for (const name of was.difference(is)) remove(key, name);
      // Where one goes, another may come in that was one too many.
      return new Set([...was, ...is, ...(ofNamespace.get(namespaceOf(key))?.keys() ?? [])]);
    },
    standing(name) {
      const keys = byName.get(name);
      if (keys === undefined) return "unwanted";
      return [...keys].some((key) => isAmongFirst(key, name)) ? "wanted" : "too many";
    },
    wishing: (name) => [...(byName.get(name) ?? [])],
  };
}

const NOTHING: ReadonlySet<string> = new Set();

function namesIn(all: Map<string, Map<string, number>>, key: string): Map<string, number> {
  const namespace = namespaceOf(key);
  const names = all.get(namespace) ?? new Map<string, number>();
  all.set(namespace, names);
  return names;
}

function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf("/"));
}
