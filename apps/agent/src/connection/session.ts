/** One socket from its opening to its end: upgrade, hello, welcome, frames, heartbeat. It never throws; it ends with an `Ending`. */
import { globalAgent } from "node:https";
import { PONG } from "@headgate/shared/protocol/constants.ts";
import { downFrameSchema, type DownFrame } from "@headgate/shared/protocol/down.ts";
import type { Hello } from "@headgate/shared/protocol/up.ts";
import { AGENT_SUBPROTOCOL } from "@headgate/shared/protocol/version.ts";
import { WebSocket } from "ws";
import type { AgentLog } from "../agent-log.ts";
import type { AgentTiming } from "../timing.ts";
import type { Ending } from "./after-close.ts";
import { Heartbeat } from "./heartbeat.ts";
import { networkProblem } from "./network-problem.ts";
import { WAKE, type Wake } from "./wake.ts";

/** The answer to `hello`. */
export type Welcome = Extract<DownFrame, { t: "welcome" }>;

export interface SessionOptions {
  readonly url: string;
  readonly token: string;
  readonly hello: () => Hello;
  readonly log: AgentLog;
  readonly timing: Pick<AgentTiming, "handshakeTimeoutMs" | "pingIntervalMs" | "pongTimeoutMs">;
  readonly now: () => number;
  readonly onWelcome: (welcome: Welcome) => void;
  readonly onFrame: (frame: Exclude<DownFrame, Welcome>) => void;
}

const MAX_DOWN_BYTES = 32 * 1024 * 1024;

/** One WebSocket from its opening to its end. It never reconnects. */
export class Session {
  readonly #options: SessionOptions;
  readonly #socket: WebSocket;
  readonly #handshake: NodeJS.Timeout;
  #heartbeat: Heartbeat | null = null;
  #welcomed = false;
  #ending: Ending | null = null;
  #ignored = 0;
  #heardAt: number;
  /** Resolves once, when the socket is gone. */
  readonly ended: Promise<Ending>;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#heardAt = options.now();
    this.#socket = new WebSocket(`${options.url.replace(/^http/, "ws")}/agent/v1/connect`, AGENT_SUBPROTOCOL, {
      headers: { authorization: `Bearer ${options.token}` },
      // Only this agent obeys HTTPS_PROXY and NO_PROXY when NODE_USE_ENV_PROXY is set. Without an agent the socket would go past the proxy.
      ...(options.url.startsWith("https:") && { agent: globalAgent }),
      perMessageDeflate: false,
      maxPayload: MAX_DOWN_BYTES,
      handshakeTimeout: options.timing.handshakeTimeoutMs,
    });
    this.#handshake = setTimeout(() => this.abandon(WAKE.handshakeTimeout), options.timing.handshakeTimeoutMs);
    this.ended = new Promise((resolve) => {
      this.#socket.on("close", (code, reason) => {
        this.#cleanUp();
        resolve(this.#ending ?? { kind: "close", code, reason: reason.toString() });
      });
    });
    this.#socket.on("unexpected-response", (request, response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        if (body.length < 1000) body += text;
      });
      response.on("end", () => {
        this.#ending ??= { kind: "http", status: response.statusCode ?? 0, body: body.slice(0, 1000) };
        request.destroy();
        // Without an open socket `terminate` only emits `close`.
        this.#socket.terminate();
      });
    });
    this.#socket.on("error", (error) => {
      this.#ending ??= { kind: "network", message: networkProblem(error) };
    });
    this.#socket.on("open", () => this.#socket.send(JSON.stringify(options.hello())));
    this.#socket.on("message", (data, isBinary) => {
      this.#heardAt = options.now();
      this.#heartbeat?.heard();
      if (isBinary) this.#ignore("binary frame");
      else this.#receive(rawText(data));
    });
  }

  get welcomed(): boolean {
    return this.#welcomed;
  }

  /** When the last message came; the moment of opening before the first. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Bytes accepted but not yet on the wire. */
  get backlog(): number {
    return this.#socket.bufferedAmount;
  }

  send(text: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** Closes the socket without waiting for the other side. */
  abandon(why: Wake): void {
    this.#ending ??= { kind: "network", message: why.replaceAll("_", " ") };
    this.#socket.terminate();
  }

  #receive(text: string): void {
    if (text === PONG) return;
    const frame = parseFrame(text);
    if (typeof frame === "string") return this.#ignore(frame);
    if (frame.t === "welcome") {
      if (this.#welcomed) return this.#ignore("second welcome");
      this.#welcomed = true;
      clearTimeout(this.#handshake);
      const { timing, now } = this.#options;
      this.#heartbeat = new Heartbeat({
        intervalMs: timing.pingIntervalMs,
        timeoutMs: timing.pongTimeoutMs,
        now,
        send: (ping) => this.send(ping),
        onSilence: () => this.abandon(WAKE.pongTimeout),
      });
      return this.#options.onWelcome(frame);
    }
    if (frame.t !== "error" && !this.#welcomed) return this.#ignore(`'${frame.t}' before welcome`);
    this.#options.onFrame(frame);
  }

  /** A newer control plane may send frames that this agent does not know. They never end the connection. */
  #ignore(what: string): void {
    this.#ignored++;
    if (this.#ignored <= 10) this.#options.log.warn("ignored a frame of the control plane", { what, ignored: this.#ignored });
  }

  #cleanUp(): void {
    clearTimeout(this.#handshake);
    this.#heartbeat?.stop();
  }
}

function parseFrame(text: string): DownFrame | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return `not JSON: ${text.slice(0, 80)}`;
  }
  const parsed = downFrameSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return `malformed: ${issue === undefined ? "unknown" : `${issue.path.join(".")} ${issue.message}`}`;
}

function rawText(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString("utf8");
  return data instanceof ArrayBuffer ? Buffer.from(data).toString("utf8") : data.toString("utf8");
}
