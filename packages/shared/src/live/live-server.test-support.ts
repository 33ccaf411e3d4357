/** A server that speaks the live protocol over real sockets: hello, welcome, resume, watched runs, tail, pings. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";
import { LIVE_VERSION } from "../contract/live/version.ts";
import { liveUpSchema, type Change, type LiveDown, type LiveUp } from "../contract/live/messages.ts";
import type { EventRow } from "../contract/runs/run-views.ts";
import { PING, PONG } from "../protocol/constants.ts";

interface Client {
  readonly socket: WebSocket;
  welcomed: boolean;
  readonly sent: Map<string, number>;
  tail: Extract<LiveUp, { t: "tail" }>["target"];
}

export class LiveServer {
  readonly received: LiveUp[] = [];
  readonly authorizations: (string | undefined)[] = [];
  pings = 0;
  /** Connections since the start, refused ones included. */
  connections = 0;
  /** Answers the upgrade with this HTTP status instead of opening a socket. */
  refuseWith: number | null = null;
  answersPings = true;
  stream = "first";
  #seq = 0;
  #kept: { readonly seq: number; readonly changes: readonly Change[] }[] = [];
  readonly #events = new Map<string, EventRow[]>();
  readonly #clients = new Set<Client>();
  readonly #http = createServer();
  readonly #sockets = new WebSocketServer({ noServer: true });

  async listen(): Promise<string> {
    this.#http.on("upgrade", (request, socket, head) => {
      this.connections++;
      this.authorizations.push(request.headers.authorization);
      if (this.refuseWith !== null) return void socket.end(`HTTP/1.1 ${this.refuseWith} Refused\r\ncontent-length: 0\r\n\r\n`);
      this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#accept(opened));
    });
    await new Promise<void>((ready) => this.#http.listen(0, "127.0.0.1", ready));
    onTestFinished(() => this.close());
    return `127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((closed) => this.#http.close(closed));
  }

  /** Breaks all connections without a close frame, as a lost network does. */
  cut(): void {
    for (const { socket } of this.#clients) socket.terminate();
    this.#clients.clear();
  }

  change(...changes: readonly Change[]): void {
    const frame = { seq: ++this.#seq, changes };
    this.#kept.push(frame);
    this.#toAll({ t: "changes", ...frame });
  }

  /** As after a restart: earlier changes are no longer known. */
  forget(): void {
    this.#kept = [];
  }

  /** Stores events and sends them to the sockets that watch the run. */
  record(run: string, ...events: readonly EventRow[]): void {
    this.#events.set(run, [...(this.#events.get(run) ?? []), ...events]);
    for (const client of this.#clients) this.#sendEvents(client, run);
  }

  output(run: string, step: string, text: string): void {
    for (const client of this.#clients)
      if (client.tail?.run === run && client.tail.step === step) this.send(client.socket, { t: "tail", run, step, stream: "stdout", text });
  }

  toAll(message: LiveDown): void {
    this.#toAll(message);
  }

  welcome(refetch: boolean): LiveDown {
    return { t: "welcome", version: LIVE_VERSION, stream: this.stream, seq: this.#seq, serverTime: 0, refetch, definitions: "" };
  }

  send(socket: WebSocket, message: LiveDown): void {
    socket.send(JSON.stringify(message));
  }

  #toAll(message: LiveDown): void {
    for (const { socket, welcomed } of this.#clients) if (welcomed) this.send(socket, message);
  }

  #accept(socket: WebSocket): void {
    const client: Client = { socket, welcomed: false, sent: new Map(), tail: null };
    this.#clients.add(client);
    socket.on("close", () => this.#clients.delete(client));
    socket.on("message", (data: Buffer) => {
      const text = data.toString();
      if (text === PING) {
        this.pings++;
        if (this.answersPings) socket.send(PONG);
        return;
      }
      this.#handle(client, liveUpSchema.parse(JSON.parse(text)));
    });
  }

  #handle(client: Client, message: LiveUp): void {
    this.received.push(message);
    switch (message.t) {
      case "hello": {
        const { since } = message;
        const missed = since?.stream === this.stream ? this.#kept.filter(({ seq }) => seq > since.seq) : null;
        const complete = missed !== null && missed.length === this.#seq - (since?.seq ?? 0);
        client.welcomed = true;
        this.send(client.socket, this.welcome(!complete));
        for (const frame of complete ? missed : []) this.send(client.socket, { t: "changes", ...frame });
        break;
      }
      case "watch":
        client.sent.clear();
        for (const { run, after } of message.runs) {
          client.sent.set(run, after);
          this.#sendEvents(client, run);
        }
        break;
      case "tail":
        client.tail = message.target;
        break;
    }
  }

  #sendEvents({ socket, sent }: Client, run: string): void {
    const after = sent.get(run);
    if (after === undefined) return;
    const events = (this.#events.get(run) ?? []).filter((event) => event.seq > after);
    const last = events.at(-1);
    if (last === undefined) return;
    sent.set(run, last.seq);
    this.send(socket, { t: "events", run, events });
  }
}
