import { request } from "undici";
import { ApiError, failureOf, messageOf } from "./api-error.ts";
import type { Transport } from "./transport.ts";

/** One request to the API server. */
export interface Call {
  /** What is done, to what, in words that fit after "cannot": `list pods`, `apply NetworkPolicy shop/web-rights`. */
  readonly doing: string;
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
  /** Milliseconds for the whole call, or, of a stream, until its answer begins. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/**
 * Raw JSON both ways. The client library's typed API is not used for objects: its models call the field `from`
 * of a NetworkPolicy `_from` and drop it on the way out, and the policy would then admit everyone.
 */
export interface ApiClient {
  /** The answer's body; throws an ApiError for anything but success, and the signal's reason when it aborts. */
  readonly json: (call: Call) => Promise<unknown>;
  /** The bytes of an answer that goes on for long, such as a watch. */
  readonly stream: (call: Call) => Promise<AsyncIterable<Uint8Array>>;
  readonly close: () => Promise<void>;
}

const REQUEST_TIMEOUT = 30_000;

export function createClient(transport: Transport): ApiClient {
  return {
    json: async (call) => {
      const limit = AbortSignal.timeout(call.timeout ?? REQUEST_TIMEOUT);
      const signal = call.signal === undefined ? limit : AbortSignal.any([limit, call.signal]);
      return explained(call, async () => (await send(transport, call, signal)).body.json());
    },
    stream: (call) => explained(call, async () => (await send(transport, call, call.signal)).body),
    close: () => transport.close(),
  };
}

type Answer = Awaited<ReturnType<typeof request>>;

async function send(transport: Transport, call: Call, signal?: AbortSignal): Promise<Answer> {
  const { headers, dispatcher } = await credentials(transport, call);
  const query = new URLSearchParams(call.query).toString();
  const answer = await request(`${transport.server}${call.path}${query && `?${query}`}`, {
    method: call.method,
    dispatcher,
    headers: { ...headers, accept: "application/json", ...contentType(call) },
    body: call.body === undefined ? null : JSON.stringify(call.body),
    headersTimeout: call.timeout ?? REQUEST_TIMEOUT,
    // A watch may be silent for long; whoever reads it has a watchdog of its own.
    bodyTimeout: 0,
    signal: signal ?? null,
  });
  if (answer.statusCode >= 400) throw await refusal(call, answer);
  return answer;
}

async function credentials(transport: Transport, call: Call) {
  try {
    return await transport.authorize();
  } catch (error) {
    const message = `no credentials: ${messageOf(error)}`;
    throw new ApiError(call.doing, { status: 0, reason: "Credentials", message }, { cause: error });
  }
}

function contentType(call: Call): Record<string, string> {
  return call.body === undefined ? {} : { "content-type": call.contentType ?? "application/json" };
}

async function refusal(call: Call, answer: Answer): Promise<ApiError> {
  const text = await answer.body.text();
  const retryAfter = answer.headers["retry-after"];
  const header = Array.isArray(retryAfter) ? retryAfter[0] : retryAfter;
  return new ApiError(call.doing, failureOf(answer.statusCode, parsed(text), header));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Every failure leaves as an ApiError, except the caller's own wish to stop. */
async function explained<T>(call: Call, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof ApiError) throw error;
    call.signal?.throwIfAborted();
    const timedOut = error instanceof Error && error.name === "TimeoutError";
    const message = timedOut ? "no answer in time" : messageOf(error);
    const reason = timedOut ? "Timeout" : "Unreachable";
    throw new ApiError(call.doing, { status: 0, reason, message }, { cause: error });
  }
}
