/**
 * The go.mod that builds Kubernetes from outside its own tree. Kubernetes replaces its staging modules by folders of
 * its repository, and Go ignores the replacements of a dependency; so each is replaced by its published version here.
 */
export function kubernetesModule(version: string, upstreamGoMod: string): string {
  const go = upstreamGoMod.match(/^go \S+$/m)?.[0];
  const staging = [...upstreamGoMod.matchAll(/(k8s\.io\/[a-z-]+) => \.\/staging\//g)].map(
    ([, module]) => module,
  );
  if (go === undefined || staging.length === 0) {
    throw new Error(`the go.mod of Kubernetes ${version} names no staging modules`);
  }
  const published = `v0.${version.replace(/^1\./, "")}`;
  return [
    "module serviceaccess.dev/control-plane/kubernetes",
    "",
    go,
    "",
    `require k8s.io/kubernetes v${version}`,
    "",
    "replace (",
    ...[...new Set(staging)].map((module) => `\t${module} => ${module} ${published}`),
    ")",
    "",
  ].join("\n");
}
