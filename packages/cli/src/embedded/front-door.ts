/**
 * The only address of the embedded server that others reach. The runtime behind it is made for development: it answers addresses of its
 * own and trusts headers of its own, so this lets nothing through but our addresses, without those headers.
 */
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { ErrorBody } from "@headgate/shared/domain/errors.ts";

export interface FrontDoor {
  /** From now on requests go to the runtime on this port; until then they are answered with 503. */
  open(innerPort: number): void;
  close(): Promise<void>;
}

const INNER_HOST = "127.0.0.1";
/** A connection is not used again after this time without requests: the runtime closes idle ones after five seconds. */
const IDLE_MS = 2_000;
/** Addresses of the Worker and of the dashboard's files. */
const OURS = /^\/(?:(?:api|agent|login|hooks|_app)(?:\/|$)|healthz$|favicon[a-z-]*\.svg$|index\.html$|$)/;
/** A page of the dashboard begins with the name of an organization, or of another of its pages. */
const PAGE = /^\/[a-z0-9][a-z0-9-]{0,62}(?:\/|$)/;
/** Names that the runtime and its platform have for themselves. */
const FOREIGN_PAGE = /^\/(?:cdn-cgi|cloudflare|__)/i;
const FOREIGN_HEADER = /^(?:mf-|cf-|x-cf-|x-mf-|x-miniflare)/i;
/** These belong to one connection and are made anew for the next. */
const OF_CONNECTION = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
]);

export function listenInFront(host: string, port: number): Promise<FrontDoor> {
  let innerPort: number | null = null;
  const agent = new Agent({ keepAlive: true, timeout: IDLE_MS });
  const sockets = new Set<Duplex>();
  const server = createServer((incoming, answer) => passOn(incoming, answer, { agent, innerPort }));
  server.on("upgrade", (incoming, socket, head) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    passUpgrade(incoming, { socket, head, innerPort });
  });
  return new Promise((opened, failed) => {
    server.once("error", failed);
    server.listen({ host, port, exclusive: true }, () => {
      server.removeListener("error", failed);
      opened({
        open: (inner) => {
          innerPort = inner;
        },
        close: async () => {
          const closed = new Promise<void>((done) => server.close(() => done()));
          for (const socket of sockets) socket.destroy();
          server.closeAllConnections();
          agent.destroy();
          await closed;
        },
      });
    });
  });
}

/** The address as it is sent on, or null if it is not ours. */
export function ourAddress(target: string | undefined): string | null {
  try {
    // Also when a client sends a whole URL; dots and backslashes are resolved.
    const { pathname, search } = new URL(target?.startsWith("/") === true ? `http://front${target}` : (target ?? ""));
    // The runtime compares addresses that it has decoded.
    const decoded = new URL(`http://front${decodeURIComponent(pathname)}`).pathname;
    const isOurs = (path: string): boolean => !FOREIGN_PAGE.test(path) && (OURS.test(path) || PAGE.test(path));
    return isOurs(pathname) && isOurs(decoded) ? `${pathname}${search}` : null;
  } catch {
    return null;
  }
}

/** Names and values in turn, as Node gives and takes them. */
export function ourHeaders(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name = "", value = ""] = [raw[at], raw[at + 1]];
    if (!FOREIGN_HEADER.test(name) && !OF_CONNECTION.has(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}

function passOn(incoming: IncomingMessage, answer: ServerResponse, to: { readonly agent: Agent; readonly innerPort: number | null }): void {
  const path = ourAddress(incoming.url);
  if (path === null) return refuse(answer, 404, { code: "not_found", message: "there is nothing at this address" });
  if (to.innerPort === null) return refuse(answer, 503, starting);
  const outgoing = request({
    host: INNER_HOST,
    port: to.innerPort,
    agent: to.agent,
    method: incoming.method,
    path,
    headers: ourHeaders(incoming.rawHeaders),
  });
  outgoing.on("response", (inner) => {
    answer.writeHead(inner.statusCode ?? 502, inner.statusMessage, ourHeaders(inner.rawHeaders));
    inner.on("error", () => answer.destroy());
    inner.pipe(answer);
  });
  outgoing.on("error", () => {
    if (answer.headersSent) answer.destroy();
    else refuse(answer, 503, restarting);
  });
  // A client that is gone waits for nothing.
  answer.on("close", () => outgoing.destroy());
  incoming.on("error", () => outgoing.destroy());
  incoming.pipe(outgoing);
}

function passUpgrade(
  incoming: IncomingMessage,
  { socket, head, innerPort }: { readonly socket: Duplex; readonly head: Buffer; readonly innerPort: number | null },
): void {
  socket.on("error", () => socket.destroy());
  const path = ourAddress(incoming.url);
  if (path === null || innerPort === null || incoming.headers.upgrade?.toLowerCase() !== "websocket") {
    socket.end(`HTTP/1.1 ${path === null ? "404 Not Found" : "503 Service Unavailable"}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    return;
  }
  const headers = [...ourHeaders(incoming.rawHeaders), "connection", "Upgrade", "upgrade", "websocket"];
  const outgoing = request({ host: INNER_HOST, port: innerPort, agent: false, method: "GET", path, headers });
  outgoing.on("upgrade", (inner, innerSocket, innerHead) => {
    socket.write(headText(inner));
    if (innerHead.length > 0) socket.write(innerHead);
    if (head.length > 0) innerSocket.write(head);
    innerSocket.on("error", () => socket.destroy());
    innerSocket.on("close", () => socket.destroy());
    socket.on("close", () => innerSocket.destroy());
    innerSocket.pipe(socket).pipe(innerSocket);
  });
  outgoing.on("response", (inner) => {
    socket.write(headText(inner));
    inner.on("error", () => socket.destroy());
    inner.pipe(socket);
  });
  outgoing.on("error", () => socket.destroy());
  socket.once("close", () => outgoing.destroy());
  outgoing.end();
}

/** The first lines of an answer. An answer that refuses the upgrade ends with its connection. */
function headText(inner: IncomingMessage): string {
  const isUpgrade = inner.statusCode === 101;
  const headers = isUpgrade ? inner.rawHeaders : [...ourHeaders(inner.rawHeaders), "connection", "close"];
  const lines = [`HTTP/1.1 ${inner.statusCode} ${inner.statusMessage}`];
  for (let at = 0; at + 1 < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

const starting: ErrorBody = { code: "unavailable", message: "the control plane is starting; try again in a moment" };
const restarting: ErrorBody = {
  code: "unavailable",
  message: "the control plane does not answer; it may be restarting, try again in a moment",
};

function refuse(answer: ServerResponse, status: number, error: ErrorBody): void {
  answer.writeHead(status, { "content-type": "application/json", "cache-control": "no-store", connection: "close" });
  answer.end(JSON.stringify({ error }));
}
