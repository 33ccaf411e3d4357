/** Requests to Airbyte's API: an access token that is renewed, retries of what may be repeated, errors with a code. */
import { setTimeout as sleep } from "node:timers/promises";
import { backoffMs } from "@headgate/shared/net/backoff.ts";
import { retryAfterMs } from "@headgate/shared/net/retry-after.ts";
import { z } from "zod";
import { AirbyteError, codeOfStatus } from "./errors.ts";

export interface AirbyteConnectionOptions {
  /** With the path to the API: `https://api.airbyte.com/v1`, `http://airbyte:8001/api/public/v1`. */
  readonly base: string;
  readonly credentials: { readonly token: string } | { readonly clientId: string; readonly clientSecret: string };
  readonly retries: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface AirbyteRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below the base, e.g. `/jobs`. */
  readonly path: string;
  /** A list is sent as one parameter for each entry. */
  readonly query?: Readonly<Record<string, string | readonly string[]>> | undefined;
  readonly body?: unknown;
  /** Ends this call. The end of the step ends all of its calls. */
  readonly signal?: AbortSignal | undefined;
}

/** Sends a request and returns the parsed JSON. */
export type AirbyteSend = (request: AirbyteRequest) => Promise<unknown>;

const RETRY_WAIT = { firstMs: 250, maxMs: 15_000 };
/** A server that says when to come back is believed up to here. */
const LONGEST_RETRY_AFTER_MS = 120_000;
/** How long before its end a token is renewed, but never in the first half of its life. */
const RENEW_BEFORE_MS = 30_000;

const tokenSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().positive().optional() });

interface Token {
  readonly text: string;
  readonly renewAt: number;
}

export function connectAirbyte(options: AirbyteConnectionOptions): AirbyteSend {
  const { credentials } = options;
  let token: Promise<Token> | undefined;

  const fetchToken = async (): Promise<Token> => {
    if ("token" in credentials) return { text: credentials.token, renewAt: Number.POSITIVE_INFINITY };
    const body = { client_id: credentials.clientId, client_secret: credentials.clientSecret, "grant-type": "client_credentials" };
    const answer = await attempt(options, { method: "POST", path: "/applications/token", body }, { token: null, repeatable: true });
    const read = tokenSchema.safeParse(answer);
    if (!read.success) throw new AirbyteError("unexpected", `${options.base} answered the request for an access token without one.`);
    const lifetimeMs = (read.data.expires_in ?? Number.POSITIVE_INFINITY) * 1000;
    return { text: read.data.access_token, renewAt: Date.now() + Math.max(lifetimeMs / 2, lifetimeMs - RENEW_BEFORE_MS) };
  };
  const currentToken = async (): Promise<Token> => {
    token ??= fetchToken();
    const mine = token;
    try {
      const current = await mine;
      if (Date.now() < current.renewAt) return current;
    } catch (error) {
      if (token === mine) token = undefined;
      throw error;
    }
    // Several requests may notice at once: one of them renews.
    if (token === mine) token = undefined;
    return await currentToken();
  };

  return async (request) => {
    const used = await currentToken();
    const repeatable = request.method !== "POST";
    try {
      return await attempt(options, request, { token: used.text, repeatable });
    } catch (error) {
      if (!(error instanceof AirbyteError) || error.status !== 401 || "token" in credentials) throw error;
      // The server forgot it early, e.g. after a restart.
      if ((await token) === used) token = undefined;
      return await attempt(options, request, { token: (await currentToken()).text, repeatable });
    }
  };
}

/** One request, with retries. A POST that may have had its effect is not repeated, except when the server says that it did nothing. */
async function attempt(
  options: AirbyteConnectionOptions,
  request: AirbyteRequest,
  { token, repeatable }: { readonly token: string | null; readonly repeatable: boolean },
): Promise<unknown> {
  const signals = [options.signal, request.signal].filter((signal) => signal !== undefined);
  for (let count = 0; ; count++) {
    for (const signal of signals) signal.throwIfAborted();
    try {
      return await once(options, request, { token, signals });
    } catch (error) {
      for (const signal of signals) signal.throwIfAborted();
      if (!(error instanceof Refused)) throw error;
      const again = error.untouched || (repeatable && (error.error.code === "unavailable" || error.error.code === "timeout"));
      if (!again || count >= options.retries) throw error.error;
      const wait = Math.max(backoffMs(count, Math.random(), RETRY_WAIT), Math.min(error.retryAfterMs, LONGEST_RETRY_AFTER_MS));
      await sleep(wait, undefined, { signal: AbortSignal.any(signals) });
    }
  }
}

class Refused extends Error {
  readonly error: AirbyteError;
  /** The server did not begin to work on it. */
  readonly untouched: boolean;
  readonly retryAfterMs: number;
  constructor(error: AirbyteError, untouched: boolean, retryAfterMs = 0) {
    super(error.message);
    this.error = error;
    this.untouched = untouched;
    this.retryAfterMs = retryAfterMs;
  }
}

async function once(
  { base, timeoutMs }: AirbyteConnectionOptions,
  { method, path, query, body }: AirbyteRequest,
  { token, signals }: { readonly token: string | null; readonly signals: readonly AbortSignal[] },
): Promise<unknown> {
  const url = new URL(base + path);
  for (const [name, value] of Object.entries(query ?? {})) for (const each of [value].flat()) url.searchParams.append(name, each);
  const what = `${method} ${url.origin}${url.pathname}`;
  const timeout = AbortSignal.timeout(timeoutMs);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      headers: {
        accept: "application/json",
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      // Another host must get neither the token nor the client secret.
      redirect: "manual",
      signal: AbortSignal.any([...signals, timeout]),
    });
    text = await response.text();
  } catch (error) {
    const late = timeout.aborted;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = late ? `no answer within ${timeoutMs / 1000} s` : cause instanceof Error ? cause.message : String(cause);
    const refused = cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED";
    throw new Refused(
      new AirbyteError(late ? "timeout" : "unavailable", `Airbyte cannot be reached (${what}): ${reason}`, { cause: error }),
      refused,
    );
  }
  if (response.ok) return parseAnswer(text, what);
  if (response.status >= 300 && response.status < 400) {
    const to = response.headers.get("location") ?? "another address";
    throw new AirbyteError("rejected", `Airbyte sends ${what} on to ${to}. Give the URL of the API itself.`, { status: response.status });
  }
  const code = codeOfStatus(response.status);
  const said = reasonOf(text);
  const advice = code === "denied" ? " Check the client id and secret (or the token) and its rights." : "";
  const error = new AirbyteError(code, `Airbyte refuses ${what}: HTTP ${response.status}${said === "" ? "" : ` ${said}`}.${advice}`, {
    status: response.status,
  });
  throw new Refused(error, response.status === 429, retryAfterMs(response.headers.get("retry-after"), Date.now()) ?? 0);
}

function parseAnswer(text: string, what: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new AirbyteError("unexpected", `Airbyte answered ${what} with something that is not JSON. Is the URL the one of its API?`, {
      cause: error,
    });
  }
}

/** Airbyte's problem documents say why in `data.message`, or in general in `detail`; older ones in `message`. */
function reasonOf(text: string): string {
  try {
    const document = JSON.parse(text) as {
      data?: { message?: unknown } | null;
      detail?: unknown;
      message?: unknown;
      title?: unknown;
    } | null;
    const said = [document?.data?.message, document?.detail, document?.message, document?.title].find(
      (part) => typeof part === "string" && part !== "",
    );
    return typeof said === "string" ? said.slice(0, 500).replace(/\.$/, "") : "";
  } catch {
    return text.startsWith("<") ? "" : text.slice(0, 200).trim();
  }
}
