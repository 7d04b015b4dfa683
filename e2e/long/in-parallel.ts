import type { Access, Method } from "../control-plane/access.ts";

export interface Call {
  readonly method: Method;
  readonly path: string;
  readonly body?: object;
  readonly contentType?: string;
  /** What is answered when all is well. */
  readonly status: number;
}

/** Many requests at a time, for each is mostly waiting. */
export async function inParallel(access: Access, calls: readonly Call[], atOnce = 32): Promise<void> {
  const left = calls.values();
  const work = async (): Promise<void> => {
    for (const { method, path, body, contentType, status } of left) {
      const answer = await access.api(method, path, body, contentType);
      if (answer.status !== status) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}
