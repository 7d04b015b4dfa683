import { type Dispatcher, request } from "undici";
import { ApiError, failureOf, messageOf } from "./api-error.ts";
import type { Authorized, Transport } from "./transport.ts";

/** One request to the API server. */
export interface Call {
  /** What is done, to what, in words that fit after "cannot": `list pods`, `apply NetworkPolicy shop/web-rights`. */
  readonly doing: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
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

export interface ClientOptions {
  /** Who we say we are; the API server writes it into its audit log. */
  readonly userAgent?: string;
  /** Called when all is ready for a write, right before it leaves; it does not leave when this throws. */
  readonly beforeWrite?: (call: Call) => void;
  /** Called when an answer has begun, or, with status 0, when none came; after so many milliseconds. */
  readonly onAnswer?: (call: Call, status: number, took: number) => void;
}

/** What a call needs besides itself. */
interface Line extends ClientOptions {
  readonly transport: Transport;
}

const REQUEST_TIMEOUT = 30_000;

export function createClient(transport: Transport, options: ClientOptions = {}): ApiClient {
  const line = { transport, ...options };
  return {
    json: async (call) => {
      const limit = AbortSignal.timeout(call.timeout ?? REQUEST_TIMEOUT);
      const signal = call.signal === undefined ? limit : AbortSignal.any([limit, call.signal]);
      return explained(call, async () => (await send(line, call, signal)).body.json());
    },
    stream: (call) => explained(call, async () => (await send(line, call, call.signal)).body),
    close: () => transport.close(),
  };
}

type Answer = Awaited<ReturnType<typeof request>>;

async function send(line: Line, call: Call, signal?: AbortSignal): Promise<Answer> {
  const authorized = await credentials(line.transport, call);
  const begun = performance.now();
  const answered = (status: number) => line.onAnswer?.(call, status, performance.now() - begun);
  const answer = await ask(line, call, authorized, signal).catch((error: unknown) => {
    answered(0);
    throw error;
  });
  answered(answer.statusCode);
  if (answer.statusCode >= 400) throw await refusal(call, answer);
  return answer;
}

function ask(
  { transport, userAgent, beforeWrite }: Line,
  call: Call,
  { headers, dispatcher }: Authorized,
  signal?: AbortSignal,
): Promise<Answer> {
  const query = new URLSearchParams(call.query).toString();
  const agent = userAgent === undefined ? {} : { "user-agent": userAgent };
  return request(`${transport.server}${call.path}${query && `?${query}`}`, {
    method: call.method,
    dispatcher: call.method === "GET" ? dispatcher : guarded(dispatcher, () => beforeWrite?.(call)),
    headers: { ...headers, ...agent, accept: "application/json", ...contentType(call) },
    body: call.body === undefined ? null : JSON.stringify(call.body),
    headersTimeout: call.timeout ?? REQUEST_TIMEOUT,
    // A watch may be silent for long; whoever reads it has a watchdog of its own.
    bodyTimeout: 0,
    signal: signal ?? null,
  });
}

/**
 * Asks when the request has its connection and its first byte is about to leave: to make a connection takes time, and a
 * process may be stopped in between, for as long as somebody likes.
 */
function guarded(dispatcher: Dispatcher, check: () => void): Dispatcher {
  return dispatcher.compose(
    (dispatch) => (options, handler) =>
      dispatch(options, {
        onRequestStart: (...args) => {
          check();
          handler.onRequestStart?.(...args);
        },
        onResponseStart: (...args) => handler.onResponseStart?.(...args),
        onResponseData: (...args) => handler.onResponseData?.(...args),
        onResponseEnd: (...args) => handler.onResponseEnd?.(...args),
        onResponseError: (...args) => handler.onResponseError?.(...args),
      }),
  );
}

async function credentials(transport: Transport, call: Call): Promise<Authorized> {
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
