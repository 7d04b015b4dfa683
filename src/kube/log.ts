type Write = (fields: Readonly<Record<string, unknown>>, message: string) => void;

/** The part of a pino logger that is used: fields first, then what happened. */
export interface Log {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}
