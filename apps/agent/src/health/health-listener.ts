/** Serves the health of an agent to the probes of a cluster and to Prometheus. It only answers; `health.ts` judges. */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { AgentSnapshot } from "../agent-handle.ts";
import { errorText } from "../agent-log.ts";
import { liveness, readiness, type Verdict } from "./health.ts";
import { METRICS_CONTENT_TYPE, metricsText } from "./metrics.ts";

export interface HealthListenerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Null while the agent starts. */
  readonly snapshot: () => AgentSnapshot | null;
  readonly now: () => number;
}

/** A slow or silent caller must not hold a socket. */
const REQUEST_MS = 5_000;
const MAX_CONNECTIONS = 32;

/** It answers in the same process, so that a blocked agent does not answer and its probe times out. */
export class HealthListener {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Rejects with a sentence that names the port when it cannot listen. */
  static async open(options: HealthListenerOptions): Promise<HealthListener> {
    const { host, port } = options;
    const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, keepAliveTimeout: 1 }, (request, response) => {
      request.resume();
      if (request.method !== "GET" && request.method !== "HEAD") return answer(response, 405, "Only GET is answered here.");
      serve(request.url ?? "/", response, options);
    });
    server.maxConnections = MAX_CONNECTIONS;
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error: NodeJS.ErrnoException) => reject(new AppError("unavailable", cannotListen({ host, port }, error))));
      server.listen(port, host, resolve);
    });
    return new HealthListener(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function serve(url: string, response: ServerResponse, { snapshot, now }: HealthListenerOptions): void {
  const state = snapshot();
  switch (url.split("?")[0]) {
    case "/livez":
      return judged(response, liveness(state, now()));
    case "/readyz":
      return judged(response, readiness(state));
    case "/metrics":
      if (state === null) return answer(response, 503, "The agent is starting.");
      response.writeHead(200, { "content-type": METRICS_CONTENT_TYPE }).end(metricsText(state));
      return;
    default:
      return answer(response, 404, "Only /livez, /readyz and /metrics are here.");
  }
}

function judged(response: ServerResponse, { healthy, reason }: Verdict): void {
  answer(response, healthy ? 200 : 503, reason);
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}

function cannotListen({ host, port }: { readonly host: string; readonly port: number }, error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case "EADDRINUSE":
      return `The health port ${port} on ${host} is in use. Give another one with --health-port or HEADGATE_HEALTH_PORT.`;
    case "EACCES":
      return `The agent may not listen on the health port ${port}. Give one above 1023 with --health-port or HEADGATE_HEALTH_PORT.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `The agent cannot listen on ${host}:${port}, because this machine does not have that address. Correct HEADGATE_HEALTH_HOST.`;
    default:
      return `The agent cannot listen on the health port ${port} of ${host}: ${errorText(error)}. Give another one with --health-port or HEADGATE_HEALTH_PORT.`;
  }
}
