/** What the user has to change before there can be an answer: exit code 2, one line a problem. */
export class BadInput extends Error {
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super(lines.join("\n"));
    this.name = "BadInput";
    this.lines = lines;
  }
}
