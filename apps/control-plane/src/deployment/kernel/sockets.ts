/**
 * The hibernating sockets of agents and dashboards: accepting, identifying (in attachments and tags), sending, closing and parsing.
 * Nothing here throws, because a closed socket is normal.
 */
import { CLOSE, type CloseCode } from "@headgate/shared/protocol/close-codes.ts";
import { type AttemptRef, attemptRefSchema } from "@headgate/shared/protocol/attempt.ts";
import { MAX_FRAME_BYTES, PING, PONG } from "@headgate/shared/protocol/constants.ts";
import { AGENT_SUBPROTOCOL } from "@headgate/shared/protocol/version.ts";
import { SOCKET_HEADERS } from "./socket-headers.ts";

export interface AgentAttachment {
  readonly kind: "agent";
  /** The id of this connection, also used as its tag. */
  readonly socket: string;
  readonly token: string;
  readonly tokenName: string;
  /** Null until the agent's hello. */
  readonly instance: string | null;
  /** The attempt that the pod was made for; null for agents that take work from the queue. Left out by an older release. */
  readonly attempt?: AttemptRef | null;
}

export interface LiveAttachment {
  readonly kind: "live";
  readonly socket: string;
  readonly token: string;
  /** False until the hello; until then the socket gets nothing. */
  readonly greeted: boolean;
  readonly watch: readonly { readonly run: string; readonly after: number }[];
  readonly tail: { readonly run: string; readonly step: string } | null;
}

export type Attachment = AgentAttachment | LiveAttachment;

export class Sockets {
  readonly #state: DurableObjectState;

  constructor(state: DurableObjectState) {
    this.#state = state;
    state.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
  }

  /** The Worker has authenticated the request and set the headers. */
  accept(request: Request, socket: string): Response {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return new Response("expected a WebSocket upgrade", { status: 426 });
    const kind = request.headers.get(SOCKET_HEADERS.kind);
    const token = request.headers.get(SOCKET_HEADERS.token) ?? "";
    if (kind !== "agent" && kind !== "live") return new Response("unknown kind of socket", { status: 400 });
    const { 0: client, 1: server } = new WebSocketPair();
    const attachment: Attachment =
      kind === "agent"
        ? {
            kind,
            socket,
            token,
            tokenName: decode(request.headers.get(SOCKET_HEADERS.tokenName)),
            instance: null,
            attempt: attemptOf(request),
          }
        : { kind, socket, token, greeted: false, watch: [], tail: null };
    this.#state.acceptWebSocket(server, [kind, `socket:${socket}`, `token:${token}`.slice(0, 256)]);
    attach(server, attachment);
    return new Response(null, {
      status: 101,
      webSocket: client,
      ...(kind === "agent" && { headers: { "sec-websocket-protocol": AGENT_SUBPROTOCOL } }),
    });
  }

  find(socket: string): WebSocket | null {
    return this.#state.getWebSockets(`socket:${socket}`).find(isOpen) ?? null;
  }

  agents(): WebSocket[] {
    return this.#state.getWebSockets("agent").filter(isOpen);
  }

  live(): WebSocket[] {
    return this.#state.getWebSockets("live").filter(isOpen);
  }

  ofToken(token: string): WebSocket[] {
    return this.#state.getWebSockets(`token:${token}`.slice(0, 256));
  }

  lastPing(socket: string): number | null {
    const found = this.find(socket);
    return found ? (this.#state.getWebSocketAutoResponseTimestamp(found)?.getTime() ?? null) : null;
  }

  send(socket: string, frame: unknown): void {
    const found = this.find(socket);
    if (found) sendFrame(found, frame);
  }

  close(socket: string, code: CloseCode, reason: string): void {
    const found = this.find(socket);
    if (found) closeQuietly(found, code, reason);
  }
}

export function attachmentOf(socket: WebSocket): Attachment | null {
  return socket.deserializeAttachment() as Attachment | null;
}

/** The socket was opened with an attempt token. */
export function isPod(attachment: Attachment | null): boolean {
  return attachment?.kind === "agent" && (attachment.attempt ?? null) !== null;
}

/** Frames of one caller take turns. Each pod is its own: hundreds of them share a token. */
export function callerOf(attachment: AgentAttachment): string {
  return isPod(attachment) ? `${attachment.token} ${attachment.socket}` : attachment.token;
}

export function attach(socket: WebSocket, attachment: Attachment): void {
  socket.serializeAttachment(attachment);
}

function isOpen(socket: WebSocket): boolean {
  return socket.readyState === WebSocket.OPEN;
}

export function sendFrame(socket: WebSocket, frame: unknown): void {
  try {
    socket.send(JSON.stringify(frame));
  } catch {
    // The socket closed meanwhile; its close event follows.
  }
}

export function closeQuietly(socket: WebSocket, code: CloseCode, reason: string): void {
  try {
    // A reason may have at most 123 bytes.
    socket.close(code, reason.slice(0, 120));
  } catch {
    // Closed already.
  }
}

function attemptOf(request: Request): AttemptRef | null {
  const text = request.headers.get(SOCKET_HEADERS.attempt);
  return text === null ? null : attemptRefSchema.parse(JSON.parse(decode(text)));
}

function decode(text: string | null): string {
  try {
    return decodeURIComponent(text ?? "");
  } catch {
    return text ?? "";
  }
}

/** A hibernating socket must answer the peer's close itself, otherwise the peer waits. The codes 1005 and 1006 must not be sent. */
export function answerClose(socket: WebSocket, code: number): void {
  try {
    socket.close(code === 1000 || (code >= 3000 && code < 5000) ? code : CLOSE.normal);
  } catch {
    // Answered already.
  }
}

interface FrameSchema<T> {
  safeParse(value: unknown):
    | { readonly success: true; readonly data: T }
    | {
        readonly success: false;
        readonly error: { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] };
      };
}

export type ParsedFrame<T> =
  | { readonly type: "frame"; readonly frame: T }
  /** A frame of an unknown kind, e.g. from a newer peer. */
  | { readonly type: "unknown" }
  | { readonly type: "bad"; readonly code: CloseCode; readonly message: string };

export function parseFrame<T>(
  message: string | ArrayBuffer,
  input: { readonly schema: FrameSchema<T>; readonly known: ReadonlySet<string> },
): ParsedFrame<T> {
  const size = typeof message === "string" ? message.length : message.byteLength;
  if (size > MAX_FRAME_BYTES)
    return {
      type: "bad",
      code: CLOSE.tooLarge,
      message: `A frame has ${size} bytes; at most ${MAX_FRAME_BYTES} are allowed. Send smaller batches.`,
    };
  if (typeof message !== "string") return { type: "bad", code: CLOSE.badFrame, message: "Frames are text, not binary." };
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    return { type: "bad", code: CLOSE.badFrame, message: "A frame is not JSON." };
  }
  const kind = typeof value === "object" && value !== null && "t" in value ? value.t : undefined;
  if (typeof kind === "string" && !input.known.has(kind)) return { type: "unknown" };
  const parsed = input.schema.safeParse(value);
  if (parsed.success) return { type: "frame", frame: parsed.data };
  const [issue] = parsed.error.issues;
  return {
    type: "bad",
    code: CLOSE.badFrame,
    message: `A '${String(kind)}' frame is malformed at ${issue?.path.map(String).join(".") || "its top"}: ${issue?.message ?? "unreadable"}.`,
  };
}
