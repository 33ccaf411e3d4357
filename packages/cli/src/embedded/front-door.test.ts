/** What the embedded server lets through, with a plain server in the place of the runtime. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { type FrontDoor, listenInFront, ourAddress, ourHeaders } from "./front-door.ts";

describe("addresses of the embedded server", () => {
  it.each([
    ["/", "/"],
    ["/local/dev/runs?status=failed", "/local/dev/runs?status=failed"],
    ["/api/local/dev/trpc/home.get,home.get?batch=1", "/api/local/dev/trpc/home.get,home.get?batch=1"],
    ["/api/local/dev/runs/r/logs/gold%2Fa/1/stdout", "/api/local/dev/runs/r/logs/gold%2Fa/1/stdout"],
    ["/agent/v1/connect", "/agent/v1/connect"],
    ["/hooks/hook_1/secret", "/hooks/hook_1/secret"],
    ["/_app/immutable/a.js", "/_app/immutable/a.js"],
    ["/healthz", "/healthz"],
    ["/favicon-failing.svg", "/favicon-failing.svg"],
    ["http://other.example/healthz", "/healthz"],
    ["/a/../healthz", "/healthz"],
  ])("%s is passed on as %s", (target, path) => expect(ourAddress(target)).toBe(path));

  it.each([
    "/cdn-cgi/local/x",
    "/CDN-CGI/local/x",
    "/a/../cdn-cgi/local/x",
    "/a/..%2fcdn-cgi/local/x",
    "/%63dn-cgi/local/x",
    "\\cdn-cgi\\local",
    "//cdn-cgi/local/x",
    "/__cf_local/x",
    "/%5f%5fcf_local/x",
    "/.git/config",
    "/%E0%A4%A",
    "*",
  ])("%s is not passed on", (target) => expect(ourAddress(target)).toBeNull());

  it("headers that the runtime has for itself are dropped", () => {
    const sent = ["Host", "h", "MF-Anything", "1", "cf-connecting-ip", "1.2.3.4", "X-GitHub-Event", "push", "Connection", "close"];
    expect(ourHeaders(sent)).toEqual(["Host", "h", "X-GitHub-Event", "push"]);
  });
});

describe("the listener in front of the embedded server", () => {
  let inner: Server;
  let sockets: WebSocketServer;
  let front: FrontDoor;
  let url: string;
  const seen: IncomingMessage[] = [];
  let ended = 0;

  beforeEach(async () => {
    seen.length = 0;
    ended = 0;
    inner = createServer((incoming, answer) => {
      seen.push(incoming);
      if (incoming.url === "/api/slow") {
        answer.on("close", () => ended++);
        answer.write("first");
        return;
      }
      answer.writeHead(201, { "x-answer": "yes" });
      incoming.pipe(answer);
    });
    sockets = new WebSocketServer({ noServer: true });
    inner.on("upgrade", (incoming, socket, head) => {
      if (incoming.url === "/api/refused") return void socket.end("HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\n\r\nno");
      sockets.handleUpgrade(incoming, socket, head, (opened) => opened.on("message", (data) => opened.send(data.toString())));
    });
    await new Promise<void>((resolve) => inner.listen(0, "127.0.0.1", resolve));
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    front = await listenInFront("127.0.0.1", port);
    url = `http://127.0.0.1:${port}`;
  });
  afterEach(async () => {
    await front.close();
    for (const client of sockets.clients) client.terminate();
    inner.closeAllConnections();
    await new Promise((resolve) => inner.close(resolve));
  });
  const open = () => front.open((inner.address() as AddressInfo).port);

  it("requests are told to wait until the runtime has started", async () => {
    expect((await fetch(`${url}/healthz`)).status).toBe(503);
    open();
    expect((await fetch(`${url}/healthz`)).status).toBe(201);
  });

  it("body, status and headers pass in both directions", async () => {
    open();
    const body = "x".repeat(300_000);
    const answer = await fetch(`${url}/api/echo`, { method: "POST", body, headers: { "x-own": "1", "mf-other": "2" } });
    expect([answer.status, answer.headers.get("x-answer"), (await answer.text()).length]).toEqual([201, "yes", body.length]);
    expect(seen[0]?.headers).toMatchObject({ "x-own": "1", host: new URL(url).host });
    expect(seen[0]?.headers).not.toHaveProperty("mf-other");
  });

  it("foreign addresses never reach the runtime", async () => {
    open();
    expect((await fetch(`${url}/cdn-cgi/local/x`)).status).toBe(404);
    expect(seen).toHaveLength(0);
  });

  it("an answer streams, and a client that leaves ends it", async () => {
    open();
    const client = new AbortController();
    const answer = await fetch(`${url}/api/slow`, { signal: client.signal });
    const first = await answer.body?.getReader().read();
    expect(new TextDecoder().decode(first?.value)).toBe("first");
    client.abort();
    await expect.poll(() => ended).toBe(1);
  });

  it("sockets pass, and end with the listener", async () => {
    open();
    const socket = new WebSocket(`${url.replace("http", "ws")}/api/live`);
    const echoed = new Promise<string>((heard) => socket.once("message", (data: Buffer) => heard(data.toString())));
    const gone = new Promise<void>((closed) => socket.once("close", () => closed()));
    await new Promise((opened) => socket.once("open", opened));
    socket.send("hello");
    expect(await echoed).toBe("hello");
    await front.close();
    await gone;
    front = await listenInFront("127.0.0.1", Number(new URL(url).port));
  });

  it("a refused socket says the reason of the runtime", async () => {
    open();
    const socket = new WebSocket(`${url.replace("http", "ws")}/api/refused`);
    const status = await new Promise((refused) => {
      socket.once("unexpected-response", (_request, answer) => refused(answer.statusCode));
      socket.on("error", () => undefined);
    });
    expect(status).toBe(401);
    socket.terminate();
  });

  it("a runtime that does not answer is unavailable for a moment", async () => {
    front.open(9);
    const answer = await fetch(`${url}/healthz`);
    expect([answer.status, await answer.json()]).toMatchObject([503, { error: { code: "unavailable" } }]);
  });
});
