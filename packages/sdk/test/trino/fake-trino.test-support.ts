/** A small server that speaks Trino's documented statement protocol, and misbehaves where a test says so. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** `hang`: never answers; `reset`: drops the connection. */
type Misbehaviour = "hang" | "reset" | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };

export interface FakePage {
  readonly columns?: readonly (readonly [name: string, signature: unknown])[];
  /** JSON text, so that numbers arrive as written. */
  readonly data?: string;
  readonly headers?: Record<string, string>;
  readonly more?: Record<string, unknown>;
}

export interface FakeOptions {
  /** Answers to POST (the first) and the GETs, of every statement. The last one has no `nextUri`, unless `isEndless`. */
  readonly pages: readonly FakePage[];
  /** The last page comes again and again, as of a query that works. */
  readonly isEndless?: boolean;
  readonly tls?: ServerOptions;
  /** Called with the connection of every request. */
  onSocket?(socket: Socket): void;
  /** Undefined: behave. `count` is the number of requests of this method before this one. */
  misbehave?(request: SeenRequest, count: number): Misbehaviour | undefined;
  /** Address in `nextUri`, when it is not the server's own. */
  readonly claimedUrl?: string;
}

export interface FakeTrino {
  readonly url: string;
  readonly port: number;
  readonly seen: SeenRequest[];
  of(method: string): readonly SeenRequest[];
  stop(): Promise<void>;
}

export const STATS = {
  state: "RUNNING",
  progressPercentage: 50,
  completedSplits: 1,
  totalSplits: 2,
  processedRows: 10,
  processedBytes: 1000,
  peakMemoryBytes: 10,
  cpuTimeMillis: 1,
  queuedTimeMillis: 1,
  elapsedTimeMillis: 1500,
  rootStage: { state: "RUNNING", done: false, subStages: [{ state: "FINISHED", done: true, subStages: [] }] },
};

export const signature = (rawType: string, ...types: unknown[]): unknown => ({
  rawType,
  arguments: types.map((value) => ({ kind: "TYPE", value })),
});

export async function startFakeTrino(options: FakeOptions): Promise<FakeTrino> {
  const seen: SeenRequest[] = [];
  let url = "";
  let statements = 0;
  const respond = (request: SeenRequest, response: ServerResponse): void => {
    const wrong = options.misbehave?.(request, seen.filter(({ method }) => method === request.method).length - 1);
    if (wrong === "hang") return;
    if (wrong === "reset") return void response.destroy();
    if (wrong) return void response.writeHead(wrong.status, wrong.headers).end(wrong.body ?? "");
    if (request.method === "DELETE") return void response.writeHead(204).end();
    if (request.method === "HEAD") return void response.writeHead(200).end();
    const [, query = `q${++statements}`, token = "0"] = /\/v1\/statement\/\w+\/(\w+)\/(\d+)$/.exec(request.path) ?? [];
    const number = Number(token);
    const last = options.pages.length - 1;
    const page = options.pages[Math.min(number, last)] ?? {};
    const prefix = request.path.split("/v1/")[0] ?? "";
    const isOver = number >= last && options.isEndless !== true;
    const next = `${options.claimedUrl ?? url}${prefix}/v1/statement/${number === 0 ? "queued" : "executing"}/${query}/${number + 1}`;
    const { columns, data, headers, more } = page;
    const body = JSON.stringify({
      id: query,
      infoUri: `${url}/ui/query.html?${query}`,
      ...(!isOver && { nextUri: next }),
      ...(columns && {
        columns: columns.map(([name, type]) => ({ name, type: (type as { rawType: string }).rawType, typeSignature: type })),
      }),
      stats: STATS,
      ...more,
    });
    response.writeHead(200, { "Content-Type": "application/json", ...headers });
    response.end(data === undefined ? body : `${body.slice(0, -1)},"data":${data}}`);
  };
  const listener: RequestListener = (incoming: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    options.onSocket?.(incoming.socket);
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const { method = "", url: path = "", headers } = incoming;
      const request = { method, path, headers, body: Buffer.concat(chunks).toString("utf8") };
      seen.push(request);
      respond(request, response);
    });
  };
  const server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  url = `${options.tls ? "https" : "http"}://127.0.0.1:${port}`;
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  onTestFinished(stop);
  return { url, port, seen, of: (method) => seen.filter((request) => request.method === method), stop };
}
