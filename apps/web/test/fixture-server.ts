/**
 * Serves the built dashboard and, behind it, a deployment in memory that speaks the real contracts: the control plane's own tRPC router
 * over `FixtureDeployment`, the definitions document and the live socket. The dashboard's browser tests talk to it.
 *
 *   node test/fixture-server.ts --port 7480 [--assets 5000] [--broken] [--empty] [--no-agent]
 */
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join, normalize } from "node:path";
import { parseArgs } from "node:util";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { WebSocketServer, type WebSocket } from "ws";
import { appRouter } from "@headgate/control-plane/router-type";
import { checkAnswer } from "@headgate/shared/contract/check-answer.ts";
import type { Actor } from "@headgate/shared/contract/access/actor.ts";
import { liveUpSchema, type Change, type LiveDown } from "@headgate/shared/contract/live/messages.ts";
import type { EventRow } from "@headgate/shared/contract/runs/run-views.ts";
import type { SessionView } from "@headgate/shared/contract/access/session.ts";
import { PING, PONG } from "@headgate/shared/protocol/constants.ts";
import { FixtureDeployment } from "./fixture-deployment.ts";
import { fixtureTokens } from "./fixture-tokens.ts";

/** Serves another build, e.g. while the default one is in use. */
const BUILD = process.env["HEADGATE_WEB_BUILD"] ?? join(import.meta.dirname, "../build");
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".json": "application/json",
};

export interface FixtureServer {
  readonly url: string;
  readonly deployment: FixtureDeployment;
  /** Requests of the API so far, for checks that an idle page makes none. */
  readonly requests: string[];
  publish(changes: readonly Change[]): void;
  dropSockets(): void;
  close(): Promise<void>;
}

export async function startFixtureServer(options: {
  port: number;
  assets?: number | undefined;
  broken?: boolean;
  empty?: boolean;
  noAgent?: boolean;
  signedOut?: boolean;
}): Promise<FixtureServer> {
  const sockets = new Set<{ socket: WebSocket; runs: Map<string, number> }>();
  let seq = 0;
  const send = (socket: WebSocket, message: LiveDown) => socket.send(JSON.stringify(message));
  const publish = (changes: readonly Change[]) => {
    seq++;
    for (const { socket } of sockets) send(socket, { t: "changes", seq, changes });
  };
  const publishEvents = (run: string, events: readonly EventRow[]) => {
    for (const entry of sockets) if (entry.runs.has(run)) send(entry.socket, { t: "events", run, events });
  };
  const deployment = new FixtureDeployment(
    { assets: options.assets ?? null, broken: options.broken ?? false, empty: options.empty ?? false },
    publish,
    publishEvents,
  );
  if (options.noAgent) deployment.agentViews = [];
  const tokens = fixtureTokens();
  const actor: Actor = { kind: "user", name: "ada", role: "owner" };
  const auditRow = () => "";
  const requests: string[] = [];
  const session: SessionView = {
    user: { name: "Ada Lovelace", email: "ada@example.com" },
    organization: { slug: "acme", name: "Acme Analytics" },
    deployments: [{ name: "prod", role: "owner" }],
  };

  async function api(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://fixture");
    requests.push(`${request.method} ${url.pathname}`);
    if (options.signedOut) return json(response, 401, { error: { code: "unauthenticated", message: "Nobody is signed in." } });
    if (url.pathname === "/api/v1/session") return json(response, 200, session);
    const definitions = /^\/api\/acme\/prod\/definitions\/(.+)$/.exec(url.pathname);
    if (definitions) {
      if (definitions[1] !== deployment.definitions.hash)
        return json(response, 404, { error: { code: "not_found", message: "No such definitions." } });
      response.writeHead(200, { "content-type": "application/json", "cache-control": "private, max-age=31536000, immutable" });
      response.end(JSON.stringify(deployment.definitions));
      return;
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of request as AsyncIterable<Uint8Array>) chunks.push(chunk);
    const body = request.method === "POST" ? { body: Buffer.concat(chunks) } : {};
    const answer = await fetchRequestHandler({
      endpoint: "/api/acme/prod/trpc",
      req: new Request(url, { method: request.method ?? "GET", headers: { "content-type": "application/json" }, ...body }),
      router: appRouter,
      allowMethodOverride: true,
      createContext: () => ({
        actor,
        deployment,
        directory: tokens,
        auditRow,
        check: checkAnswer,
      }),
    });
    response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
  }

  const server = createServer((request, response) => {
    if (request.url?.startsWith("/api/"))
      void api(request, response).catch((error: unknown) => json(response, 500, { error: { code: "internal", message: String(error) } }));
    else file(request, response);
  });
  const live = new WebSocketServer({ server });
  live.on("connection", (socket) => {
    const entry = { socket, runs: new Map<string, number>() };
    socket.on("message", (data: Buffer) => {
      const text = data.toString();
      if (text === PING) return socket.send(PONG);
      const message = liveUpSchema.parse(JSON.parse(text));
      if (message.t === "hello") {
        sockets.add(entry);
        send(socket, {
          t: "welcome",
          version: 1,
          stream: "fixture",
          seq,
          serverTime: Date.now(),
          refetch: message.since !== null && message.since.seq !== seq,
          definitions: deployment.definitions.hash,
        });
      } else if (message.t === "watch") {
        entry.runs = new Map(message.runs.map(({ run, after }) => [run, after]));
        for (const [run, after] of entry.runs)
          send(socket, { t: "events", run, events: (deployment.events.get(run) ?? []).filter((event) => event.seq > after) });
      }
    });
    socket.on("close", () => sockets.delete(entry));
  });
  await new Promise<void>((resolve) => server.listen(options.port, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : options.port;
  return {
    url: `http://127.0.0.1:${port}`,
    deployment,
    requests,
    publish,
    dropSockets: () => {
      for (const { socket } of sockets) socket.terminate();
    },
    close: () =>
      new Promise<void>((resolve) => {
        for (const { socket } of sockets) socket.terminate();
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" }).end(JSON.stringify(body));
}

function file(request: IncomingMessage, response: ServerResponse): void {
  const path = normalize(new URL(request.url ?? "/", "http://fixture").pathname);
  const found = join(BUILD, path);
  const target = path !== "/" && existsSync(found) && statSync(found).isFile() ? found : join(BUILD, "index.html");
  response.writeHead(200, {
    "content-type": TYPES[extname(target)] ?? "application/octet-stream",
    "cache-control": path.includes("/immutable/") ? "public, max-age=31536000, immutable" : "no-cache",
  });
  createReadStream(target).pipe(response);
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "7480" },
      assets: { type: "string" },
      broken: { type: "boolean" },
      empty: { type: "boolean" },
      "no-agent": { type: "boolean" },
    },
  });
  const server = await startFixtureServer({
    port: Number(values.port),
    assets: values.assets === undefined ? undefined : Number(values.assets),
    broken: values.broken ?? false,
    empty: values.empty ?? false,
    noAgent: values["no-agent"] ?? false,
  });
  console.log(`${server.url}/acme/prod`);
}
