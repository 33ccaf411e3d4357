/** A bare socket on the agent's address, for frames that no real agent would send. */
import { AGENT_SUBPROTOCOL } from "@headgate/shared/protocol/version.ts";
import { WebSocket } from "ws";

export interface RawEnd {
  /** Status of the refused upgrade, or null when the socket opened. */
  readonly status: number | null;
  readonly body: string;
  /** Frames received. */
  readonly frames: readonly Readonly<Record<string, unknown>>[];
  readonly code: number;
  readonly reason: string;
}

/** Sends the frames and waits for the control plane to end the connection. */
export async function rawAgent(
  url: string,
  token: string,
  frames: readonly (string | object)[],
  subprotocol = AGENT_SUBPROTOCOL,
): Promise<RawEnd> {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/agent/v1/connect`, subprotocol, {
    headers: { authorization: `Bearer ${token}` },
  });
  const received: Readonly<Record<string, unknown>>[] = [];
  let refused: { status: number; body: string } | null = null;
  socket.on("error", () => undefined);
  socket.on("unexpected-response", (_request, response) => {
    let body = "";
    response.on("data", (chunk: Buffer) => (body += chunk.toString()));
    response.on("end", () => {
      refused = { status: response.statusCode ?? 0, body };
      socket.terminate();
    });
  });
  socket.on("message", (data: Buffer) => {
    if (data.toString() !== "P") received.push(JSON.parse(data.toString()) as Record<string, unknown>);
  });
  socket.on("open", () => {
    for (const frame of frames) socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  });
  const { code, reason } = await new Promise<{ code: number; reason: Buffer }>((done) =>
    socket.once("close", (closed, why) => done({ code: closed, reason: why })),
  );
  const { status, body } = refused ?? { status: null, body: "" };
  return { status, body, frames: received, code, reason: reason.toString() };
}

export function hello(over: Readonly<Record<string, unknown>> = {}): object {
  const identity = { agentVersion: "9.9.9", instance: crypto.randomUUID(), hostname: "raw", slots: 0 };
  return { t: "hello", protocol: { min: 1, max: 1 }, ...identity, running: [], unacknowledged: [], ...over };
}
