/**
 * The command line's entry. Whatever goes wrong before a command runs must not look like a verdict: Node itself would end
 * with 1, which means denied.
 */
try {
  const { processIo } = await import("./io.ts");
  const { run } = await import("./run.ts");
  process.exitCode = await run(process.argv.slice(2), processIo());
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 2;
}
