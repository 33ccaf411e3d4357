/**
 * Calls the Kubernetes API over HTTPS. It is ours because the agent needs nine calls, and the official client costs 65 MB of memory and stops
 * watching for ever when the API server was away once (decision 0029).
 */
import https from "node:https";
import type { IncomingMessage } from "node:http";
import { errorText } from "../../../agent-log.ts";
import type { KubeAccess } from "./kube-access.ts";
import type { KubeStatus } from "./objects.ts";

const REQUEST_MS = 30_000;
const TOKEN_MS = 60_000;
const MAX_ERROR_CHARACTERS = 2_000;

/** A request that the API server refused, or that did not reach it (`code` 0). */
export class KubeError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly retryAfterMs: number | null;

  constructor(
    message: string,
    { code, reason, retryAfterMs = null }: { readonly code: number; readonly reason: string; readonly retryAfterMs?: number | null },
  ) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }

  /**
   * The same request may succeed later. A 401 may come from a token cache that is behind. An API server that has just started does not know
   * all roles yet, and refuses with the names of those that it does not find.
   */
  get mayPass(): boolean {
    if (this.code === 403) return /RBAC: .*\bnot found\b/s.test(this.message);
    return this.code === 0 || this.code === 401 || this.code === 429 || this.code >= 500;
  }
}

export interface KubeClientOptions {
  readonly access: KubeAccess;
  readonly now: () => number;
  /** Called with each distinct `Warning` header, for instance "would violate PodSecurity". */
  readonly onWarning: (text: string) => void;
}

interface Sent {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

export class KubeClient {
  readonly #options: KubeClientOptions;
  readonly #server: URL;
  readonly #agent: https.Agent;
  #token: { readonly value: string; readonly readAt: number } | null = null;

  constructor(options: KubeClientOptions) {
    this.#options = options;
    this.#server = new URL(options.access.server);
    this.#agent = new https.Agent({ ca: options.access.ca, keepAlive: true });
  }

  async get<T>(path: string): Promise<T> {
    return await this.#call<T>({ method: "GET", path });
  }

  async create<T>(path: string, body: unknown): Promise<T> {
    return await this.#call<T>({ method: "POST", path, body });
  }

  /** With its pods. Without a policy the API keeps the pods of a Job running. Null when it does not exist. */
  async remove(path: string): Promise<void> {
    const body = { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: "Background" };
    try {
      await this.#call<unknown>({ method: "DELETE", path, body });
    } catch (error) {
      if (!(error instanceof KubeError && error.code === 404)) throw error;
    }
  }

  /** The lines of a watch as they come. It ends when the server ends it, and throws when the connection breaks. */
  async *lines(path: string, signal: AbortSignal): AsyncGenerator<string> {
    const response = await this.#send({ method: "GET", path, signal });
    if (response.statusCode !== 200) throw await refused(response, `GET ${path}`);
    let rest = "";
    for await (const part of response.setEncoding("utf8") as AsyncIterable<string>) {
      const lines = (rest + part).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  async #call<T>(sent: Sent): Promise<T> {
    const signal = AbortSignal.timeout(REQUEST_MS);
    const response = await this.#send({ ...sent, signal });
    if ((response.statusCode ?? 0) >= 300) {
      // The next call reads the token again.
      if (response.statusCode === 401) this.#token = null;
      throw await refused(response, `${sent.method} ${sent.path}`);
    }
    this.#warn(response);
    return JSON.parse(await text(response)) as T;
  }

  async #send({ method, path, body, signal }: Sent): Promise<IncomingMessage> {
    const content = body === undefined ? undefined : JSON.stringify(body);
    return await new Promise((resolve, reject) => {
      const request = https.request(
        {
          host: this.#server.hostname.replace(/^\[|\]$/g, ""),
          port: this.#server.port,
          method,
          path,
          agent: this.#agent,
          signal,
          headers: {
            accept: "application/json",
            authorization: `Bearer ${this.#currentToken()}`,
            // Node sends no length for a DELETE with a body: the server would read the body as the next request.
            ...(content !== undefined && { "content-type": "application/json", "content-length": Buffer.byteLength(content) }),
          },
        },
        resolve,
      );
      request.on("error", (error) =>
        reject(
          new KubeError(`The Kubernetes API at ${this.#server.origin} does not answer: ${errorText(error)}`, {
            code: 0,
            reason: "Unreachable",
          }),
        ),
      );
      request.end(content);
    });
  }

  #currentToken(): string {
    const { now, access } = this.#options;
    if (this.#token === null || now() - this.#token.readAt > TOKEN_MS) this.#token = { value: access.token(), readAt: now() };
    return this.#token.value;
  }

  #warn(response: IncomingMessage): void {
    const { warning } = response.headers;
    for (const entry of typeof warning === "string" ? [warning] : (warning ?? [])) {
      const [, said] = /"((?:[^"\\]|\\.)*)"/.exec(entry) ?? [];
      this.#options.onWarning((said ?? entry).replaceAll(/\\(.)/g, "$1"));
    }
  }
}

async function text(response: IncomingMessage): Promise<string> {
  let whole = "";
  for await (const part of response.setEncoding("utf8") as AsyncIterable<string>) whole += part;
  return whole;
}

async function refused(response: IncomingMessage, what: string): Promise<KubeError> {
  const said = await text(response).catch(() => "");
  const status = parseStatus(said);
  const code = response.statusCode ?? 0;
  const seconds = Number(response.headers["retry-after"]);
  return new KubeError(status?.message ?? `${what} answered HTTP ${code}: ${said.slice(0, MAX_ERROR_CHARACTERS)}`, {
    code,
    reason: status?.reason ?? `HTTP ${code}`,
    retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : null,
  });
}

function parseStatus(said: string): KubeStatus | null {
  try {
    const value = JSON.parse(said) as Partial<KubeStatus> | null;
    return value?.kind === "Status" ? (value as KubeStatus) : null;
  } catch {
    return null;
  }
}
