/** One signed request to an S3 server, repeated while that can help. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { backoffMs } from "@headgate/shared/net/backoff.ts";
import { retryAfterMs } from "@headgate/shared/net/retry-after.ts";
import { AwsV4Signer } from "aws4fetch";
import { errorOfAnswer, placeOf, S3Error, type S3Target } from "./errors.ts";
import { parseErrorDocument } from "./xml.ts";

export interface S3Connection {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly addressing: "path" | "virtual";
  /** How often a request is repeated after the first time. */
  readonly retries: number;
  /** Milliseconds without a byte after which a request is given up. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly fetch: typeof fetch;
}

export interface S3Request {
  readonly method: "GET" | "HEAD" | "PUT" | "DELETE";
  readonly bucket: string;
  readonly key?: string | undefined;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** A stream can be sent once only, so it is never repeated. */
  readonly body?: Uint8Array | { readonly stream: ReadableStream<Uint8Array>; readonly size: number } | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called before the request is sent once more. */
  readonly onRepeat?: (() => void) | undefined;
}

export interface S3Answer {
  readonly response: Response;
  readonly target: S3Target;
  /** Aborted by the caller or by the time-out of the body. */
  readonly controller: AbortController;
  /** Ends the bond to the caller's signals; call it when the body is done with. */
  release(): void;
}

const RETRY_WAIT = { firstMs: 100, maxMs: 10_000 };

/** The answer's head; a success, or an `S3Error` is thrown. */
export async function sendRequest(connection: S3Connection, request: S3Request): Promise<S3Answer> {
  const target: S3Target = {
    bucket: request.bucket,
    key: request.key,
    method: request.method,
    endpoint: connection.endpoint,
    region: connection.region,
  };
  const url = urlOf(connection, request);
  const signals = signalsOf(connection, request);
  for (let attempt = 0; ; attempt++) {
    for (const signal of signals) signal.throwIfAborted();
    try {
      return await sendOnce({ connection, request, url, target, signals });
    } catch (error) {
      const again = error instanceof Failed && error.again && !isStream(request.body) && attempt < connection.retries;
      if (!again) throw error instanceof Failed ? error.error : error;
      await pause(attempt, error.retryAfterMs, signals);
      request.onRepeat?.();
    }
  }
}

/** Any of them ends the request. */
export function signalsOf(connection: S3Connection, request: S3Request): AbortSignal[] {
  return [connection.signal, request.signal].filter((signal) => signal !== undefined);
}

/** An attempt that failed, and whether another one may succeed. */
class Failed extends Error {
  readonly error: S3Error;
  readonly again: boolean;
  readonly retryAfterMs: number;
  constructor(error: S3Error, again: boolean, retryAfterMs = 0) {
    super(error.message);
    this.error = error;
    this.again = again;
    this.retryAfterMs = retryAfterMs;
  }
}

interface Attempt {
  readonly connection: S3Connection;
  readonly request: S3Request;
  readonly url: URL;
  readonly target: S3Target;
  readonly signals: readonly AbortSignal[];
}

async function sendOnce({ connection, request, url, target, signals }: Attempt): Promise<S3Answer> {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signals.find(({ aborted }) => aborted)?.reason);
  for (const signal of signals) signal.addEventListener("abort", onAbort, { once: true });
  const release = (): void => {
    for (const signal of signals) signal.removeEventListener("abort", onAbort);
  };
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    controller.abort();
  }, connection.timeoutMs);
  try {
    const response = await connection.fetch(url, {
      ...(await signed(connection, request, url)),
      signal: controller.signal,
      redirect: "manual",
    });
    if (response.status >= 200 && response.status < 300 && !isWebPage(response)) return { response, target, controller, release };
    if (response.ok) throw new Failed(webPage(target, response.status), true);
    const error = errorOfAnswer(target, response, request.method === "HEAD" ? null : parseErrorDocument(await response.text()));
    release();
    throw new Failed(error, error.code === "unavailable", retryAfterMs(response.headers.get("retry-after"), Date.now()) ?? 0);
  } catch (error) {
    release();
    if (error instanceof Failed) throw error;
    for (const signal of signals) signal.throwIfAborted();
    throw connectionFailed(error, timedOut, { target, timeoutMs: connection.timeoutMs });
  } finally {
    clearTimeout(timer);
  }
}

/** S3 gives each object an ETag, a page as well; a proxy or a login page in between has none. */
function isWebPage({ headers }: Response): boolean {
  return /^text\/html\b/i.test(headers.get("content-type") ?? "") && !headers.has("etag");
}

function webPage(target: S3Target, status: number): S3Error {
  return new S3Error(
    "unavailable",
    `${target.endpoint} answered ${target.method} of ${placeOf(target)} with a web page instead of S3's answer (HTTP ${status}). Is a proxy or a login page in between?`,
    { status },
  );
}

function connectionFailed(error: unknown, timedOut: boolean, { target, timeoutMs }: { target: S3Target; timeoutMs: number }): Failed {
  if (timedOut)
    return new Failed(
      new S3Error("timeout", `${target.endpoint} did not answer ${target.method} of ${placeOf(target)} within ${timeoutMs / 1000} s.`, {
        cause: error,
      }),
      true,
    );
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (code === "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH")
    return new Failed(
      new S3Error("rejected", `The stream for ${placeOf(target)} does not have the size that was declared.`, { cause: error }),
      false,
    );
  const reason = cause instanceof Error ? cause.message || code : String(cause);
  return new Failed(
    new S3Error("unavailable", `No connection to ${target.endpoint} for ${target.method} of ${placeOf(target)}: ${reason}`, {
      cause: error,
    }),
    true,
  );
}

/** Waits before the next attempt, at least as long as the server asks. */
export async function pause(attempt: number, atLeastMs: number, signals: readonly AbortSignal[]): Promise<void> {
  const wait = Math.min(Math.max(backoffMs(attempt, Math.random(), RETRY_WAIT), atLeastMs), RETRY_WAIT.maxMs);
  try {
    await sleep(wait, undefined, { signal: AbortSignal.any([...signals]) });
  } catch (error) {
    for (const signal of signals) signal.throwIfAborted();
    throw error;
  }
}

async function signed(connection: S3Connection, request: S3Request, url: URL): Promise<RequestInit & { duplex?: "half" }> {
  const { body } = request;
  const headers = new Headers(request.headers);
  const payload = isStream(body)
    ? "UNSIGNED-PAYLOAD"
    : createHash("sha256")
        .update(body ?? "")
        .digest("hex");
  headers.set("x-amz-content-sha256", payload);
  const { headers: all } = await new AwsV4Signer({
    method: request.method,
    url: url.href,
    headers,
    accessKeyId: connection.accessKeyId,
    secretAccessKey: connection.secretAccessKey,
    ...(connection.sessionToken !== undefined && { sessionToken: connection.sessionToken }),
    service: "s3",
    region: connection.region,
  }).sign();
  if (isStream(body)) {
    // Chunked transfer is not part of S3: without the length the server refuses.
    all.set("content-length", String(body.size));
    return { method: request.method, headers: all, body: body.stream, duplex: "half" };
  }
  return { method: request.method, headers: all, ...(body !== undefined && { body: body as Uint8Array<ArrayBuffer> }) };
}

function isStream(body: S3Request["body"]): body is { readonly stream: ReadableStream<Uint8Array>; readonly size: number } {
  return body !== undefined && !(body instanceof Uint8Array);
}

function urlOf({ endpoint, addressing }: S3Connection, { bucket, key, query, method }: S3Request): URL {
  const path = key === undefined ? "" : pathOf(bucket, key, method);
  const url = new URL(endpoint);
  const base = url.pathname.replace(/\/$/, "");
  if (addressing === "virtual") url.hostname = `${bucket}.${url.hostname}`;
  url.pathname =
    addressing === "virtual" ? `${base}/${path}` : `${base}/${encodeURIComponent(bucket)}${key === undefined ? "" : `/${path}`}`;
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
  return url;
}

function pathOf(bucket: string, key: string, method: string): string {
  // A URL cannot say these: '.' and '..' are resolved before anything is sent.
  if (key === "" || key.split("/").some((segment) => segment === "." || segment === ".."))
    throw new S3Error("rejected", `${method} of s3://${bucket}/${key}: a key must not be empty nor have '.' or '..' between its slashes.`);
  return key.split("/").map(encodeSegment).join("/");
}

function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
