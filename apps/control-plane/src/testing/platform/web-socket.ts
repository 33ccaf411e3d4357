/** Two connected ends of a WebSocket in Node. What one end sends is at the other before `send` returns. */
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

type Data = string | ArrayBuffer;

/** What the platform does for the end that an object accepted. */
interface SocketEvents {
  message(socket: NodeWebSocket, data: string | ArrayBuffer): void;
  closed(socket: NodeWebSocket, end: { readonly code: number; readonly reason: string }): void;
  /** Both ends are closed. */
  gone(socket: NodeWebSocket): void;
}

export class NodeWebSocket extends EventTarget {
  readyState = OPEN;
  /** Set for the end that a Durable Object accepted. */
  events: SocketEvents | null = null;
  #peer: NodeWebSocket | null = null;
  #attachment: unknown = null;
  #early: Event[] | null = [];
  /** This end called `close`. */
  #closing = false;

  static pair(): { 0: NodeWebSocket; 1: NodeWebSocket } {
    const client = new NodeWebSocket();
    const server = new NodeWebSocket();
    client.#peer = server;
    server.#peer = client;
    return { 0: client, 1: server };
  }

  /** Events that came before are delivered now. */
  accept(): void {
    const early = this.#early ?? [];
    this.#early = null;
    for (const event of early) this.#deliver(event);
  }

  send(data: Data): void {
    if (this.#closing) throw new TypeError("Can't call WebSocket send() after close().");
    // The other end said goodbye already and does not listen.
    if (this.readyState !== OPEN) return;
    const peer = this.#peer;
    if (peer?.events) peer.events.message(peer, data);
    else if (peer) peer.#deliver(new MessageEvent("message", { data }));
  }

  close(code = 1005, reason = ""): void {
    if (this.readyState === CLOSED || this.#closing) return;
    this.#closing = true;
    const answers = this.readyState === CLOSING;
    const peer = this.#peer;
    if (answers) return this.#closed(code, reason);
    this.readyState = CLOSING;
    if (!peer || peer.readyState === CLOSED) return;
    peer.readyState = CLOSING;
    if (peer.events) peer.events.closed(peer, { code, reason });
    // A client answers by itself, and a little later.
    else {
      peer.#deliver(Object.assign(new Event("close"), { code, reason }));
      setTimeout(() => this.events?.closed(this, { code, reason }));
    }
  }

  serializeAttachment(value: unknown): void {
    this.#attachment = structuredClone(value);
  }

  deserializeAttachment(): unknown {
    return structuredClone(this.#attachment);
  }

  #closed(code: number, reason: string): void {
    this.readyState = CLOSED;
    this.events?.gone(this);
    const peer = this.#peer;
    if (!peer || peer.readyState === CLOSED) return;
    peer.readyState = CLOSED;
    peer.#deliver(Object.assign(new Event("close"), { code, reason }));
  }

  #deliver(event: Event): void {
    if (this.#early) this.#early.push(event);
    else this.dispatchEvent(event);
  }
}
