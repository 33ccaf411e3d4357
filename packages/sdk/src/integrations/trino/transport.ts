/** How requests get to Trino: over kept-alive connections, with credentials and certificates, and again after failures that pass. */
import http, { type IncomingHttpHeaders } from "node:http";
import https from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { backoffMs } from "@headgate/shared/net/backoff.ts";
import { retryAfterMs } from "@headgate/shared/net/retry-after.ts";
import type { Logger } from "../../values/log.ts";
import { connectionError, type TrinoError } from "./trino-error.ts";

export interface TlsOptions {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly passphrase?: string | undefined;
}

export interface Endpoint {
  /** Origin and, behind a gateway, a path prefix; without a slash at the end. */
  readonly url: string;
  /** Sent with every request: user, credentials. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsOptions;
}

export interface TransportOptions {
  readonly endpoint: Endpoint;
  readonly log: Logger;
  /** How long failures that may pass are waited out. */
  readonly patienceMs: number;
  /** A connection without a byte for so long counts as broken. */
  readonly idleMs: number;
}

export interface TrinoRequest {
  readonly method: "POST" | "GET" | "HEAD" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

export interface TrinoResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** The first retry waits 25 to 50 ms, later ones at most 5 s, and never less than half of the longest wait. */
const RETRY_WAIT = { firstMs: 50, maxMs: 5_000, leastShare: 0.5 };
/** The user is told at the retry after these. */
const SILENT_RETRIES = 3;
const TRANSIENT: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export class TrinoTransport {
  readonly #options: TransportOptions;
  readonly #agent: http.Agent | https.Agent;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#agent = options.endpoint.url.startsWith("https:")
      ? new https.Agent({ keepAlive: true, ...options.endpoint.tls })
      : new http.Agent({ keepAlive: true });
  }

  get endpoint(): Endpoint {
    return this.#options.endpoint;
  }

  /** When to give up what began at `startedAt`. */
  patientUntil(startedAt: number): number {
    return startedAt + this.#options.patienceMs;
  }

  /**
   * Sends until there is an answer that is not a passing failure, or patience ends. Safe for a POST of a statement too: Trino begins to
   * work on a statement at the first GET of its answer's `nextUri`, so one whose answer was lost never runs.
   */
  async sendPatiently(request: TrinoRequest, patienceMs = this.#options.patienceMs): Promise<TrinoResponse> {
    const giveUpAt = performance.now() + patienceMs;
    let announced = false;
    for (let retries = 0; ; retries++) {
      const outcome = await this.#attempt(request);
      if (outcome.end === "answered") return outcome.response;
      if (!outcome.mayPass) throw outcome.error;
      const pause = outcome.waitMs ?? backoffMs(retries, Math.random(), RETRY_WAIT);
      if (performance.now() + pause >= giveUpAt) throw outcome.error;
      if (!announced && retries >= SILENT_RETRIES) {
        announced = true;
        this.#options.log.warn(`${outcome.error.message} Trying again for up to ${Math.round(patienceMs / 1000)} seconds.`);
      }
      await sleep(pause, undefined, request.signal && { signal: request.signal }).catch(() => request.signal?.throwIfAborted());
    }
  }

  async #attempt(request: TrinoRequest): Promise<Attempt> {
    const { url } = this.endpoint;
    let response: TrinoResponse;
    try {
      response = await this.send(request);
    } catch (error) {
      request.signal?.throwIfAborted();
      return classify(error, url);
    }
    const { status } = response;
    if (TRANSIENT.has(status)) {
      const error = connectionError("SERVER_UNAVAILABLE", `Trino at ${url} answers with HTTP status ${status}${said(response)}.`);
      return { end: "failed", error, mayPass: true, waitMs: retryAfterMs(response.headers["retry-after"], Date.now()) || undefined };
    }
    if (status === 401 || status === 403) {
      const error =
        status === 401
          ? connectionError(
              "UNAUTHENTICATED",
              `Trino at ${url} refused the credentials${said(response)}. Check user, password, token or certificate.`,
            )
          : connectionError("FORBIDDEN", `Trino at ${url} knows this user but does not let it in${said(response)}.`);
      return { end: "failed", error, mayPass: false };
    }
    return { end: "answered", response };
  }

  /** One request, whatever its status. */
  send({ method, url, headers, body, signal }: TrinoRequest): Promise<TrinoResponse> {
    const options = {
      method,
      agent: this.#agent,
      headers: { ...this.endpoint.headers, ...headers, ...(body !== undefined && { "Content-Length": String(Buffer.byteLength(body)) }) },
      ...(signal && { signal }),
    };
    return new Promise((resolve, reject) => {
      const request = url.startsWith("https:") ? https.request(url, options) : http.request(url, options);
      request.setTimeout(this.#options.idleMs, () => request.destroy(new NoAnswer(this.#options.idleMs)));
      request.on("error", reject);
      request.on("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString("utf8") }),
        );
      });
      request.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

type Attempt =
  | { readonly end: "answered"; readonly response: TrinoResponse }
  | { readonly end: "failed"; readonly error: TrinoError; readonly mayPass: boolean; readonly waitMs?: number | undefined };

class NoAnswer extends Error {
  readonly code = "NO_ANSWER";

  constructor(idleMs: number) {
    super(`no answer for ${idleMs / 1000} seconds`);
  }
}

function classify(error: unknown, url: string): Attempt {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const reason = error instanceof Error && error.message !== "" ? error.message : code;
  if (code === "ENOTFOUND")
    return failed(
      connectionError("SERVER_UNREACHABLE", `The host of ${url} is not known: correct the address of Trino.`, { cause: error }),
      false,
    );
  if (/CERT|SSL|TLS|EPROTO|UNABLE_TO|SIGNATURE/.test(code)) {
    const advice = "Set `ca` to the certificate authority's file, or correct host and port.";
    return failed(
      connectionError("CERTIFICATE_REJECTED", `No secure connection to Trino at ${url}: ${reason}. ${advice}`, { cause: error }),
      false,
    );
  }
  if (code.startsWith("HPE_"))
    return failed(
      connectionError("PROTOCOL_ERROR", `${url} does not speak HTTP: ${reason}. Is it Trino's port, and https?`, { cause: error }),
      false,
    );
  if (code.startsWith("ERR_"))
    return failed(connectionError("PROTOCOL_ERROR", `The request to Trino at ${url} cannot be made: ${reason}`, { cause: error }), false);
  return failed(
    connectionError("SERVER_UNREACHABLE", `Trino at ${url} cannot be reached (${reason}). Does it run, and are host and port right?`, {
      cause: error,
    }),
    true,
  );
}

function failed(error: TrinoError, mayPass: boolean): Attempt {
  return { end: "failed", error, mayPass };
}

/** What an error page says, in short. */
function said({ body }: TrinoResponse): string {
  const text = body
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
  return text === "" ? "" : `: ${text.slice(0, 200)}`;
}
