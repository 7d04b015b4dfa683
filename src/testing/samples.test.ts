import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { processIo } from "../cli/io.ts";
import { run } from "../cli/run.ts";
import { documentTexts } from "../manifest/read.ts";
import { STANDING } from "./decode-scenarios.ts";
import { golden, isUpdating } from "./golden.ts";

const SAMPLES = join(import.meta.dirname, "../../config/samples");

/** The samples count on the cluster's DNS; who has a file of that name brings their own. */
const DNS = "00-cluster-dns";
const OWN_DNS = "kube-system.yaml";
const REFUSED = "15-refused";
const SUSPENDED = "14-suspend";

/** What people run, each a folder with its workloads and a README. */
const SYSTEMS = [
  "abcdesktop",
  "ack-scenario-1",
  "ack-scenario-2",
  "ack-scenario-3",
  "ack-scenario-4",
  "alauda-vm",
  "canal",
  "kubevirt-secondary-network",
];

const folders = readdirSync(SAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .toSorted();
const accepted = folders.filter((folder) => folder !== REFUSED);

const systems = folders.filter((folder) => !/^\d\d-/.test(folder));

test("the samples are numbered without a gap, and the systems come after them", () => {
  const numbered = folders.length - systems.length;
  const numbers = Array.from({ length: numbered }, (_, number) => String(number).padStart(2, "0"));
  expect(folders.slice(0, numbered).map((folder) => folder.slice(0, 2))).toEqual(numbers);
  expect(systems).toEqual(SYSTEMS);
});

test("the table of the samples names each of them", () => {
  const table = readFileSync(join(SAMPLES, "README.md"), "utf8");
  expect(folders.filter((folder) => !table.includes(`| [${folder}](${folder}/`))).toEqual([]);
});

test("the kustomization of abcdesktop applies every file that is not for the CLI or a bare cluster alone", () => {
  const folder = join(SAMPLES, "abcdesktop");
  const kustomization = readFileSync(join(folder, "kustomization.yaml"), "utf8");
  const applied = Array.from(kustomization.matchAll(/^- (.+)$/gm), ([, file = ""]) => file);
  const others = ["expectations.yaml", "kube-system.yaml", "kustomization.yaml"];
  const files = readdirSync(folder).filter((file) => file.endsWith(".yaml") && !others.includes(file));
  expect(applied.toSorted()).toEqual(files.toSorted());
});

test("golden files are not rewritten where nobody reads the difference", () => {
  expect(isUpdating({})).toBe(false);
  expect(isUpdating({ UPDATE_GOLDEN: "1" })).toBe(true);
  expect(() => isUpdating({ UPDATE_GOLDEN: "1", CI: "true" })).toThrow("UPDATE_GOLDEN is not for CI");
});

describe.each(accepted)("%s", (folder) => {
  test("does what its expectations say", async () => {
    const expectations = join(SAMPLES, folder, "expectations.yaml");
    const { code, stdout, stderr } = await serviceaccess(["test", expectations, ...inputOf(folder)]);
    expect(`${stdout}${stderr}`).not.toMatch(/FAILED|warning:/);
    expect(code).toBe(0);
  });

  test("renders the policies of its golden file", async () => {
    const { stdout } = await serviceaccess(["render", ...inputOf(folder)]);
    expect(stdout).toBe(golden(`${folder}.yaml`, stdout));
  });

  test("makes every object of it ready, unless it is suspended", async () => {
    const { stdout } = await serviceaccess(["simulate", "-o", "yaml", ...inputOf(folder)]);
    const statuses = [...stdout.matchAll(/type: Ready\n\s+status: "?(\w+)/g)].map(([, status]) => status);
    const objects = [...stdout.matchAll(/^kind: ServiceAccess$/gm)];
    expect(statuses).toEqual(objects.map(() => (folder === SUSPENDED ? "False" : "True")));
  });

  test("says in its first lines what it shows", () => {
    const first = systems.includes(folder) ? "README.md" : "sample.yaml";
    expect(readFileSync(join(SAMPLES, folder, first), "utf8")).toMatch(/^# \S/);
  });
});

test("every refused object is refused for the reason it names", async () => {
  const file = join(SAMPLES, REFUSED, "refused.yaml");
  const announced = documentTexts(readFileSync(file, "utf8")).map(({ content }) => ({
    name: /^metadata: \{name: ([\w-]+)/m.exec(content)?.[1] ?? "none",
    reason: /^# refused: (.+)$/m.exec(content)?.[1] ?? "none",
  }));
  const { code, stdout, stderr } = await serviceaccess(["render", "-f", file]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(announced.length).toBeGreaterThanOrEqual(10);
  const lines = stderr.trimEnd().split("\n");
  expect(lines.length).toBe(announced.length);
  for (const [i, { name, reason }] of announced.entries()) {
    expect(lines[i]).toContain(`ServiceAccess ${name}: `);
    expect(lines[i]).toContain(`: ${reason}`);
  }
});

/** Plugins of both kinds, for which an address block holds pods as well and for which it never does. */
const BOTH_KINDS = Object.values(STANDING).flatMap(([first]) => first ?? []);

describe.each(systems)("the system %s", (folder) => {
  test.each(BOTH_KINDS)("does what its expectations say under %s", async (profile) => {
    expect(await tested(folder, "expectations.yaml", profile)).toEqual({ code: 0, failed: [] });
  });

  test("does what it says of single plugins, and something else under others", async () => {
    for (const file of readdirSync(join(SAMPLES, folder))) {
      const [, profile] = /^expectations-(.+)\.yaml$/.exec(file) ?? [];
      if (profile === undefined) continue;
      expect([file, await tested(folder, file, profile)]).toEqual([file, { code: 0, failed: [] }]);
      const elsewhere = await Promise.all(BOTH_KINDS.map((other) => tested(folder, file, other)));
      expect([file, elsewhere.some(({ code }) => code === 1)]).toEqual([file, true]);
    }
  });
});

async function tested(folder: string, file: string, profile: string) {
  const words = ["test", join(SAMPLES, folder, file), "--profile", profile, ...inputOf(folder)];
  const { code, stdout, stderr } = await serviceaccess(words);
  const failed = `${stdout}${stderr}`.split("\n").filter((line) => /FAILED|warning:|error:/.test(line));
  return { code, failed };
}

/** What nothing in a cluster tells, and its operator is told. */
const TOLD: Readonly<Record<string, readonly string[]>> = {
  "20-load-balancer": ["--cloud-provider", "alibaba"],
};

function inputOf(folder: string): readonly string[] {
  const hasDns = folder === DNS || existsSync(join(SAMPLES, folder, OWN_DNS));
  const names = hasDns ? [folder] : [DNS, folder];
  return [...names.flatMap((name) => ["-f", join(SAMPLES, name)]), ...(TOLD[folder] ?? [])];
}

const machine = processIo();

/** One run of the CLI on the disk as it is, with what it said. */
async function serviceaccess(
  argv: readonly string[],
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const said = { stdout: "", stderr: "" };
  const keep = (stream: keyof typeof said): { isTTY: boolean; write(text: string): Promise<void> } => ({
    isTTY: false,
    write: async (text) => {
      said[stream] += text;
    },
  });
  const code = await run(argv, { ...machine, env: {}, stdout: keep("stdout"), stderr: keep("stderr") });
  return { code, ...said };
}
