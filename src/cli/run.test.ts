import { expect, test } from "vitest";
import { DB_ACCESS, SHOP } from "../testing/shop.ts";
import { serviceaccess, transcript } from "../testing/transcript.ts";

const COMMANDS = ["render", "check", "matrix", "test", "simulate"];

test.each(COMMANDS)("%s --help explains itself with examples", async (command) => {
  const { stdout, stderr, code } = await serviceaccess(`${command} --help`);
  expect([stderr, code]).toEqual(["", 0]);
  expect(stdout).toContain("Examples:\n  ");
  expect(stdout).toContain("-f, --filename");
});

test("--help lists every command, and --version is one word", async () => {
  const help = await serviceaccess("--help");
  expect(help.code).toBe(0);
  for (const command of COMMANDS) expect(help.stdout).toContain(`\n  ${command} `);
  expect(await transcript("--version")).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test.each([
  ["", "Usage: serviceaccess"],
  ["rendre", "error: unknown command 'rendre'\n(Did you mean render?)"],
  ["matrix --bogus", "error: unknown option '--bogus'"],
  [
    "matrix -o yaml",
    "error: option '-o, --output <format>' argument 'yaml' is invalid. Allowed choices are text, wide, json, csv, md.",
  ],
  ["check a", "error: missing required argument 'to'"],
  ["check a b c", "error: too many arguments for 'check'"],
  ["test", "error: missing required argument 'file'"],
  ["matrix -f nowhere.yaml", "error: nowhere.yaml: no such file or directory"],
  ["matrix -f a.yaml -n x -A", "error: give either -n or -A"],
  ["matrix -f a.yaml --port x", 'error: "x" is no port'],
])("the command line %j ends with 2 and says why on stderr", async (line, message) => {
  const { stdout, stderr, code } = await serviceaccess(line, { files: { "a.yaml": SHOP } });
  expect([stdout, code]).toEqual(["", 2]);
  expect(stderr).toContain(message);
});

test("a directory stands for its manifests, sorted, and for nothing else", async () => {
  const files = { "d/b/2.yml": DB_ACCESS, "d/1.yaml": SHOP, "d/notes.txt": "%%", "d/3.json": "[]" };
  expect(await transcript("render -f d", { files })).toBe(
    "! error: d/3.json: document 1, line 1: is not a Kubernetes object: it must be a map with apiVersion and kind\nexit 2\n",
  );
  const { "d/3.json": _, ...others } = files;
  expect((await serviceaccess("render -f d", { files: others })).code).toBe(0);
  expect(await transcript("render -f d", { files: { "d/notes.txt": "" } })).toBe(
    "! error: d: no manifests (*.yaml, *.yml, *.json) in this directory\nexit 2\n",
  );
});

test("a file that is named twice counts once; an object that is written twice is refused", async () => {
  const linked = { files: { "d/1.yaml": SHOP }, links: { "d/link.yaml": "d/1.yaml" } };
  expect(await serviceaccess("matrix -f d/1.yaml -f d", linked)).toMatchObject({ code: 0, stderr: "" });
  const stranger = "{apiVersion: v1, kind: Pod, metadata: {name: stranger, namespace: shop}}";
  expect(
    await transcript("matrix -f 1.yaml -f 2.yaml", { files: { "1.yaml": SHOP, "2.yaml": stranger } }),
  ).toBe(
    "! error: 2.yaml: document 1, line 1: metadata.name: Pod shop/stranger is given twice; it is already in 1.yaml, document 4\nexit 2\n",
  );
});

test("all that is wrong with all files is said at once", async () => {
  const files = {
    "1.yaml": "kind: Pod\n kind: Pod\n",
    "2.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels: {on: off}\n",
  };
  expect(await transcript("matrix -f 1.yaml -f 2.yaml", { files })).toBe(
    `! error: 1.yaml: document 1, line 2: is not valid YAML: bad indentation of a mapping entry
! error: 2.yaml: document 1, line 5: Pod a: metadata.labels["true"]: must be a string, not false; write "false", in quotes
exit 2
`,
  );
});

const OTHERS = `apiVersion: v1
kind: Secret
metadata: {name: s}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: c}
`;

test("a policy of a kind that is not evaluated is told unasked, other kinds under -v only", async () => {
  const files = { "a.yaml": OTHERS };
  const warning =
    "warning: a.yaml: document 2: cilium.io/v2 CiliumNetworkPolicy is not evaluated; the answers are those without it\n";
  expect((await serviceaccess("matrix -f a.yaml -o json", { files })).stderr).toContain(warning);
  const quiet = (await serviceaccess("matrix -f a.yaml -o json", { files })).stderr;
  expect(quiet).not.toContain("Secret");
  expect((await serviceaccess("matrix -v -f a.yaml -o json", { files })).stderr).toContain(
    "note: a.yaml: document 1: v1 Secret is ignored\n",
  );
});

test("an error of ours is no verdict", async () => {
  const { stderr, code } = await serviceaccess("matrix -f a.yaml", {
    files: { "a.yaml": SHOP },
    isTTY: true,
  });
  expect([stderr, code]).toEqual(["", 0]);
  const { run } = await import("./run.ts");
  const broken = { isTTY: false, write: () => Promise.reject(new Error("disk full")) };
  const said: string[] = [];
  const stderrSink = { isTTY: false, write: (text: string) => Promise.resolve(void said.push(text)) };
  const io = {
    stdout: broken,
    stderr: stderrSink,
    env: {},
    readStdin: () => Promise.resolve(SHOP),
    files: {
      kind: () => Promise.reject(new Error("unused")),
      list: () => Promise.resolve([]),
      read: () => Promise.resolve(""),
      real: (path: string) => Promise.resolve(path),
    },
  };
  expect(await run(["matrix", "-f", "-"], io)).toBe(2);
  expect(said.join("")).toBe("error: internal error: disk full (set DEBUG=1 for the stack)\n");
});
