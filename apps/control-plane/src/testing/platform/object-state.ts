/** The state of a Durable Object in Node: its storage, its sockets, and who hears of their frames. Outlives the instance. */
import { NodeStorage } from "./object-storage.ts";
import type { NodeWebSocket } from "./web-socket.ts";

/** The methods of an instance that the platform calls. */
interface Instance {
  alarm(): Promise<void>;
  webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void>;
  webSocketClose(socket: WebSocket, code: number, reason: string, wasClean: boolean): Promise<void>;
}

export class NodeObjectState {
  readonly storage: NodeStorage;
  /** Undone by every start of an instance. */
  ready: Promise<unknown> = Promise.resolve();
  readonly #sockets = new Map<NodeWebSocket, readonly string[]>();
  readonly #answered = new Map<NodeWebSocket, Date>();
  readonly #instance: () => Instance;
  readonly #now: () => number;
  #auto: { readonly request: string; readonly response: string } | null = null;

  /** `now` is the platform's clock, which stamps answered pings. `path`: a file for the database. */
  constructor(instance: () => Instance, options: { readonly now?: () => number; readonly path?: string } = {}) {
    this.#instance = instance;
    this.#now = options.now ?? (() => Date.now());
    this.storage = new NodeStorage(() => void this.ready.then(() => this.#instance().alarm()), options.path);
  }

  /** As the product takes it. */
  get asState(): DurableObjectState {
    return this as unknown as DurableObjectState;
  }

  async blockConcurrencyWhile<T>(work: () => Promise<T>): Promise<T> {
    const done = work();
    this.ready = done;
    return done;
  }

  setWebSocketAutoResponse(pair: { readonly request: string; readonly response: string }): void {
    this.#auto = pair;
  }

  getWebSocketAutoResponseTimestamp(socket: NodeWebSocket): Date | null {
    return this.#answered.get(socket) ?? null;
  }

  acceptWebSocket(socket: NodeWebSocket, tags: readonly string[]): void {
    this.#sockets.set(socket, tags);
    socket.events = {
      message: (server, data) => {
        if (data === this.#auto?.request) {
          this.#answered.set(server, new Date(this.#now()));
          server.send(this.#auto.response);
        } else void this.#instance().webSocketMessage(server as unknown as WebSocket, data);
      },
      closed: (server, { code, reason }) => void this.#instance().webSocketClose(server as unknown as WebSocket, code, reason, true),
      gone: (server) => void this.#sockets.delete(server),
    };
    socket.accept();
  }

  getWebSockets(tag: string): NodeWebSocket[] {
    return [...this.#sockets].filter(([, tags]) => tags.includes(tag)).map(([socket]) => socket);
  }
}
