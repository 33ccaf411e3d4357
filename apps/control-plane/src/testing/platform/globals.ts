/** What the platform has and Node has not: pairs of sockets, answers that hand one over, and a comparison that takes the same time. */
import { timingSafeEqual } from "node:crypto";
import { NodeWebSocket } from "./web-socket.ts";

const SWITCHING_PROTOCOLS = 101;

/** Node's own refuses the status of an upgrade. */
class PlatformResponse extends Response {
  override readonly webSocket: WebSocket | null;
  readonly #upgrade: boolean;

  constructor(body?: BodyInit | null, init: ResponseInit & { webSocket?: WebSocket | null } = {}) {
    const upgrade = init.status === SWITCHING_PROTOCOLS;
    super(body, upgrade ? { ...init, status: 200 } : init);
    this.#upgrade = upgrade;
    this.webSocket = init.webSocket ?? null;
  }

  override get status(): number {
    return this.#upgrade ? SWITCHING_PROTOCOLS : super.status;
  }
}

/** Called with `new`, it returns the two ends. */
function WebSocketPair() {
  return NodeWebSocket.pair();
}

class WebSocketRequestResponsePair {
  readonly request: string;
  readonly response: string;

  constructor(request: string, response: string) {
    this.request = request;
    this.response = response;
  }
}

Object.assign(crypto.subtle, {
  timingSafeEqual: (a: ArrayBuffer, b: ArrayBuffer) => timingSafeEqual(new Uint8Array(a), new Uint8Array(b)),
});
Object.assign(globalThis, { Response: PlatformResponse, WebSocketPair, WebSocketRequestResponsePair });
