/**
 * The other end for the tests: a real HTTP and WebSocket server that speaks the shared protocol and keeps its rules (numbers
 * without gaps, cumulative acknowledgements, leases compared at hello), with handles to break things on purpose.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { packBlobs } from "@headgate/shared/contract/http/blob-batch.ts";
import type { Manifest } from "@headgate/shared/manifest/schema.ts";
import { PING, PONG } from "@headgate/shared/protocol/constants.ts";
import type { DownFrame, JobFrame } from "@headgate/shared/protocol/down.ts";
import { upFrameSchema, type Hello, type UpFrame, type UpItem } from "@headgate/shared/protocol/up.ts";
import { AGENT_SUBPROTOCOL } from "@headgate/shared/protocol/version.ts";
import { WebSocketServer, type WebSocket } from "ws";
import type { TestVersion } from "./test-location.ts";

export interface StoredItem {
  readonly instance: string;
  readonly item: UpItem;
}
interface StoredLog {
  readonly path: string;
  readonly offset: number;
  readonly final: boolean;
  readonly text: string;
}

export class FakeControlPlane {
  /** The only token that is accepted; a test may change it. */
  token: string;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #versions = new Map<string, TestVersion>();
  readonly #leases = new Map<string, JobFrame>();
  readonly #waiters = new Set<() => void>();
  /** Highest number stored, by instance. */
  readonly received = new Map<string, number>();
  readonly items: StoredItem[] = [];
  readonly hellos: Hello[] = [];
  readonly frames: UpFrame[] = [];
  readonly logs: StoredLog[] = [];
  readonly problems: string[] = [];
  readonly blobRequests: string[] = [];
  /** Number of blobs in each request for many. */
  readonly blobBatches: number[] = [];
  readonly closes: { readonly code: number; readonly reason: string }[] = [];
  socket: WebSocket | null = null;
  locations: { location: string; version: string }[] = [];
  /** Answers a connect attempt before the upgrade, when set. */
  refuseUpgrade: number | null = null;
  refuseLogs = false;
  /** Answers requests beside the socket with a redirect to this address. */
  redirectTo: string | null = null;
  corruptBlobs = false;
  /** Numbered batches are stored only while true. */
  listening = true;
  answersPings = true;
  connectAttempts = 0;

  private constructor(token: string) {
    this.token = token;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, handleProtocols: () => AGENT_SUBPROTOCOL });
    this.#server.on("upgrade", (request, socket, head) => {
      this.connectAttempts++;
      this.#notify();
      const authorized = request.headers.authorization === `Bearer ${this.token}`;
      const status = this.refuseUpgrade ?? (authorized ? null : 401);
      if (status !== null) {
        socket.end(`HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-length: 7\r\n\r\nrefused`);
        return;
      }
      if (request.url !== "/agent/v1/connect" || request.headers["sec-websocket-protocol"] !== AGENT_SUBPROTOCOL)
        this.problems.push("bad connect request");
      this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#onSocket(opened));
    });
  }

  static async start(token = "test-agent-token-1"): Promise<FakeControlPlane> {
    const plane = new FakeControlPlane(token);
    await new Promise<void>((resolve) => plane.#server.listen(0, "127.0.0.1", resolve));
    return plane;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const client of this.#sockets.clients) client.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  addVersion(version: TestVersion, { active = true } = {}): void {
    this.#versions.set(`${version.manifest.location}/${version.version}`, version);
    if (active)
      this.locations = [
        ...this.locations.filter((entry) => entry.location !== version.manifest.location),
        { location: version.manifest.location, version: version.version },
      ];
  }

  send(frame: DownFrame): void {
    this.socket?.send(JSON.stringify(frame));
  }

  sendText(text: string): void {
    this.socket?.send(text);
  }

  /** Leases the step to the agent; sent again at hello while it is neither running nor done there. */
  lease(job: JobFrame): void {
    this.#leases.set(`${job.run}\n${job.step}`, job);
    this.send(job);
  }

  cut(): void {
    this.socket?.terminate();
  }

  itemsOf(step: string): UpItem[] {
    return this.items.flatMap(({ item }) => ("step" in item && item.step === step ? [item] : []));
  }

  eventsOf(step: string): Extract<UpItem, { k: "event" }>["event"][] {
    return this.itemsOf(step).flatMap((item) => (item.k === "event" ? [item.event] : []));
  }

  donesOf(step: string): Extract<UpItem, { k: "done" }>["result"][] {
    return this.itemsOf(step).flatMap((item) => (item.k === "done" ? [item.result] : []));
  }

  /** Resolves when the condition holds; it is looked at after everything that arrives. */
  async until<T>(what: string, condition: () => T | undefined | null | false, timeoutMs = 20_000): Promise<T> {
    const first = condition();
    if (first !== undefined && first !== null && first !== false) return first;
    return await new Promise<T>((resolve, reject) => {
      const check = (): void => {
        const value = condition();
        if (value === undefined || value === null || value === false) return;
        this.#waiters.delete(check);
        clearTimeout(timer);
        clearInterval(poll);
        resolve(value);
      };
      // Some conditions look at the agent, which does not tell us when it changes.
      const poll = setInterval(check, 20);
      const timer = setTimeout(() => {
        this.#waiters.delete(check);
        clearInterval(poll);
        reject(new Error(`timed out while waiting until ${what}; problems: ${this.problems.join("; ")}`));
      }, timeoutMs);
      this.#waiters.add(check);
    });
  }

  async doneOf(step: string, timeoutMs?: number): Promise<Extract<UpItem, { k: "done" }>["result"]> {
    return await this.until(`step ${step} is done`, () => this.donesOf(step)[0], timeoutMs);
  }

  #onSocket(socket: WebSocket): void {
    this.socket = socket;
    let hello: Hello | null = null;
    socket.on("error", () => {});
    socket.on("close", (code, reason) => {
      this.closes.push({ code, reason: reason.toString() });
      if (this.socket === socket) this.socket = null;
      this.#notify();
    });
    socket.on("message", (data: Buffer) => {
      const text = data.toString("utf8");
      if (text === PING) {
        if (this.answersPings) socket.send(PONG);
        return;
      }
      if (data.length > 1_000_000) this.problems.push(`frame of ${data.length} bytes`);
      const parsed = upFrameSchema.safeParse(JSON.parse(text));
      if (!parsed.success) {
        this.problems.push(`malformed frame: ${parsed.error.message} ${text.slice(0, 300)}`);
        socket.close(4002, "bad frame");
        return;
      }
      const frame = parsed.data;
      this.frames.push(frame);
      if (frame.t === "hello") {
        hello = frame;
        this.#onHello(frame);
      } else if (frame.t === "batch") {
        if (hello === null) this.problems.push("batch before hello");
        else if (this.listening) this.#store(hello.instance, frame.items);
      }
      this.#notify();
    });
  }

  #onHello(hello: Hello): void {
    this.hellos.push(hello);
    const key = (ref: { run: string; step: string }): string => `${ref.run}\n${ref.step}`;
    const drop = hello.running
      .filter((ref) => this.#leases.get(key(ref))?.epoch !== ref.epoch)
      .map(({ run, step, epoch }) => ({ run, step, epoch }));
    this.send({
      t: "welcome",
      protocol: 1,
      serverTime: Date.now(),
      agent: "agent-1",
      deployment: { org: "test", name: "main" },
      received: this.received.get(hello.instance) ?? 0,
      drop,
      locations: this.locations,
    });
    const has = new Set([...hello.running, ...hello.unacknowledged].map((ref) => `${key(ref)}\n${ref.epoch}`));
    for (const job of this.#leases.values()) if (!has.has(`${key(job)}\n${job.epoch}`)) this.send(job);
  }

  #store(instance: string, items: readonly UpItem[]): void {
    let high = this.received.get(instance) ?? 0;
    for (const item of items) {
      if (item.s <= high) continue;
      if (item.s !== high + 1) {
        this.problems.push(`gap: ${item.s} after ${high}`);
        return;
      }
      high = item.s;
      this.items.push({ instance, item });
      if (item.k === "done") this.#leases.delete(`${item.run}\n${item.step}`);
    }
    this.received.set(instance, high);
    this.send({ t: "ack", s: high });
  }

  #blob(sha256: string): Buffer | undefined {
    const blob = [...this.#versions.values()].map((version) => version.blobs.get(sha256)).find((found) => found !== undefined);
    return blob && this.corruptBlobs ? Buffer.from(blob.toString("latin1").replace(/.$/s, "!"), "latin1") : blob;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? "/", this.url);
    const answer = (status: number, body: string | Buffer = ""): void => {
      response.writeHead(status).end(body);
      this.#notify();
    };
    if (request.headers.authorization !== `Bearer ${this.token}`) return answer(401, "wrong token");
    if (this.redirectTo !== null) {
      response.writeHead(302, { location: this.redirectTo }).end();
      return;
    }
    const parts = url.pathname.split("/").slice(3).map(decodeURIComponent);
    if (parts[0] === "versions") {
      const manifest: Manifest | undefined = this.#versions.get(`${parts[1]}/${parts[2]}`)?.manifest;
      return manifest === undefined ? answer(404, "no such version") : answer(200, JSON.stringify(manifest));
    }
    if (parts[0] === "blobs" && request.method === "POST") {
      const { blobs } = JSON.parse(Buffer.concat(chunks).toString("utf8")) as { readonly blobs: readonly string[] };
      this.blobBatches.push(blobs.length);
      const found = blobs.map((sha256) => ({ sha256, bytes: new Uint8Array(this.#blob(sha256) ?? []) }));
      return answer(200, Buffer.from(packBlobs(found)));
    }
    if (parts[0] === "blobs") {
      const sha256 = parts[1] ?? "";
      this.blobRequests.push(sha256);
      const blob = this.#blob(sha256);
      return blob === undefined ? answer(404, "no such blob") : answer(200, blob);
    }
    if (parts[0] === "logs" && request.method === "PUT") {
      if (this.refuseLogs) return answer(413, "too large");
      const { searchParams } = url;
      this.logs.push({
        path: parts.slice(1).join("|"),
        offset: Number(searchParams.get("offset")),
        final: searchParams.get("final") === "1",
        text: gunzipSync(Buffer.concat(chunks)).toString("utf8"),
      });
      return answer(204);
    }
    return answer(404, "no such route");
  }

  #notify(): void {
    for (const check of this.#waiters) check();
  }
}
