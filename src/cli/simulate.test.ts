import { expect, test } from "vitest";
import { DB_ACCESS, SHOP } from "../testing/shop.ts";
import { serviceaccess } from "../testing/transcript.ts";

const files = { "shop/cluster.yaml": SHOP, "shop/access.yaml": DB_ACCESS };

/** The part of the text under a heading. */
function section(text: string, title: string): string {
  return (
    text
      .split(/^# /m)
      .find((part) => part.startsWith(`${title}\n`))
      ?.slice(title.length + 2)
      .trimEnd() ?? ""
  );
}

function documents(text: string): readonly string[] {
  return text.trimEnd().split("\n---\n").toSorted();
}

test("the operator's loop runs over the input, and everything it leaves is shown", async () => {
  const { stdout, stderr, code } = await serviceaccess("simulate -f shop", { files });
  expect([stderr, code]).toEqual(["", 0]);
  expect(stdout.match(/^# .*$/gm)).toEqual([
    "# POLICIES",
    "# CHANGES",
    "# STATUS",
    "# DETAILS",
    "# MATRIX",
    "# FINDINGS",
  ]);
  expect(section(stdout, "CHANGES")).toBe("apply shop/db-rights\napply shop/db-permits");
  expect(section(stdout, "STATUS")).toBe(
    `NAMESPACE   NAME   READY   TARGETS   CLIENTS   EFFECTIVE   EXCLUSIVE   FINDINGS
shop        db     True    1         2         True        True        0`,
  );
  expect(section(stdout, "DETAILS")).toContain("shop/db: 2 clients reach 1 of 1 pods on TCP/5432");
  expect(section(stdout, "DETAILS")).toContain("shop/Deployment/web (permit)");
  expect(section(stdout, "FINDINGS")).toBe("none");
});

const DRY_RUN = DB_ACCESS.replace("spec:\n", "spec:\n  mode: DryRun\n");

test("what is isolated and what deleting would open is said with the rest", async () => {
  const { stdout } = await serviceaccess("simulate -f shop", { files });
  const details = section(stdout, "DETAILS");
  expect(details).toMatch(
    /^ {2}isolates shop\/StatefulSet\/db \(1 pod\) for ingress: closed is everything but TCP\/5432 from /m,
  );
  expect(details).toMatch(
    /^ {2}deletion would expose: without the policies of this object 1 pod of StatefulSet\/db would /m,
  );
});

test("a dry run writes nothing, and what it would change is said before it happens", async () => {
  const { stdout, code } = await serviceaccess("simulate -f shop", {
    files: { ...files, "shop/access.yaml": DRY_RUN },
  });
  expect(code).toBe(0);
  expect([section(stdout, "POLICIES"), section(stdout, "CHANGES")]).toEqual(["", "none"]);
  const details = section(stdout, "DETAILS");
  const [, preview = ""] = details.split("  enforcing would change:\n");
  expect(preview).toMatch(
    /^ {4}create shop\/db-rights\n {4}create shop\/db-permits\n {4}newly isolate shop\/Deployment\/web /,
  );
  expect(preview).toMatch(/^ {4}\(everybody else\) +shop\/StatefulSet\/db +.* +Allowed +Denied$/m);
  const again = await serviceaccess("render -f shop", { files: { ...files, "shop/access.yaml": DRY_RUN } });
  expect(again).toMatchObject({
    stdout: "",
    stderr: "note: ServiceAccess shop/db is a dry run; nothing is rendered for it\n",
  });
});

test("findings name their gravity, their object and what to do", async () => {
  const labelled = SHOP.replace("metadata: {name: db,", 'metadata: {name: db, labels: {netpol/db: "true"},');
  const { stdout } = await serviceaccess("simulate -f shop", {
    files: { ...files, "shop/cluster.yaml": labelled },
  });
  expect(section(stdout, "FINDINGS")).toMatch(
    /^SEVERITY +TYPE +SERVICEACCESS +OBJECT +MESSAGE\nWarning +ClientLabelOnController +shop\/db +.*StatefulSet\/db +\S/,
  );
});

test("the policies and the matrix are those that render and matrix print", async () => {
  const { stdout } = await serviceaccess("simulate -f shop", { files });
  const rendered = await serviceaccess("render -f shop", { files });
  expect(documents(section(stdout, "POLICIES"))).toEqual(documents(rendered.stdout));
  expect(section(stdout, "MATRIX")).toBe((await serviceaccess("matrix -f shop", { files })).stdout.trimEnd());
});

interface Listed {
  readonly items: readonly {
    readonly kind: string;
    readonly metadata: object;
    readonly status?: { readonly conditions: readonly { readonly type: string; readonly status: string }[] };
  }[];
}

test("-o json is one List of the policies and of the objects with their status", async () => {
  const { stdout } = await serviceaccess("simulate -f shop -o json", { files });
  const { items } = JSON.parse(stdout) as Listed;
  expect(items.map(({ kind }) => kind)).toEqual(["NetworkPolicy", "NetworkPolicy", "ServiceAccess"]);
  expect(items[2]?.status?.conditions).toContainEqual(
    expect.objectContaining({ type: "Ready", status: "True" }),
  );
  expect(items[0]?.metadata).not.toHaveProperty("uid");
});

test("-o yaml can be read again and simulated to the same", async () => {
  const { stdout } = await serviceaccess("simulate -f shop -o yaml", { files });
  const again = await serviceaccess("simulate -f shop/cluster.yaml -f out.yaml -o yaml", {
    files: { ...files, "out.yaml": stdout },
  });
  expect(again).toEqual({ stdout, stderr: "", code: 0 });
});

test("a target that is missing is no error here: the status says what the operator waits for", async () => {
  const { stdout, code } = await serviceaccess("simulate -f shop/access.yaml", { files });
  expect(code).toBe(0);
  expect(section(stdout, "STATUS")).toContain("False");
  expect(section(stdout, "DETAILS")).toContain("there is no StatefulSet shop/db");
});
