import type { Access } from "../control-plane/access.ts";
import { operatorAccount } from "../operator/account.ts";
import { type LogLine, type OperatorProcess, startOperator } from "../operator/process.ts";

/** Several operators of one Lease, each started again when it ends, whyever it does: a Deployment, without a cluster. */
export interface Replicas {
  /** Everything any of them has logged. */
  lines(): readonly LogLine[];
  /** How often one was started, and how often that came to nothing. */
  starts(): { readonly all: number; readonly inVain: number };
  /** Ends one of them, whichever it is that leads or stands by. */
  end(which: number, how: "SIGTERM" | "SIGKILL"): Promise<void>;
  stop(): Promise<void>;
}

export async function replicas(access: Access, count: number, flags: readonly string[]): Promise<Replicas> {
  const account = await operatorAccount(access);
  const earlier: LogLine[] = [];
  const running = new Map<number, OperatorProcess>();
  const starts = { all: 0, inVain: 0 };
  const stopping = new AbortController();
  const live = async (which: number): Promise<void> => {
    starts.all += 1;
    const operator = await startOperator(account.kubeconfig, { flags }).catch(() => undefined);
    if (operator === undefined) return void (starts.inVain += 1);
    running.set(which, operator);
    if (stopping.signal.aborted) await operator.stop();
    await operator.ended;
    running.delete(which);
    earlier.push(...operator.lines());
  };
  const keep = async (which: number): Promise<void> => {
    while (!stopping.signal.aborted) await live(which);
  };
  const kept = Array.from({ length: count }, (_, which) => keep(which));
  return {
    lines: () => [...earlier, ...[...running.values()].flatMap((operator) => operator.lines())],
    starts: () => starts,
    end: async (which, how) => {
      const operator = running.get(which);
      await (how === "SIGTERM" ? operator?.stop() : operator?.kill());
    },
    stop: async () => {
      stopping.abort();
      await Promise.all([...running.values()].map((operator) => operator.stop()));
      await Promise.all(kept);
      await account.remove();
    },
  };
}
