/** Stands between an agent and the control plane and writes down every frame of the agent's socket; the rest passes through. */
import { createServer, request, type IncomingMessage } from "node:http";
import { WebSocket, WebSocketServer } from "ws";

export interface RecordedFrame {
  readonly at: number;
  readonly from: "agent" | "control plane";
  readonly text: string;
}

export interface RecordingProxy {
  readonly url: string;
  readonly frames: readonly RecordedFrame[];
  close(): Promise<void>;
}

export async function recordingProxy(target: string): Promise<RecordingProxy> {
  const frames: RecordedFrame[] = [];
  const upstream = new URL(target);
  const http = createServer((incoming, outgoing) => {
    const forwarded = request(
      new URL(incoming.url ?? "/", target),
      { method: incoming.method, headers: { ...incoming.headers, host: upstream.host } },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    forwarded.on("error", () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  const sockets = new WebSocketServer({ server: http });
  sockets.on("connection", (agent: WebSocket, incoming: IncomingMessage) => {
    const address = `${target.replace(/^http/, "ws")}${incoming.url ?? ""}`;
    const server = new WebSocket(address, agent.protocol, { headers: { authorization: incoming.headers.authorization ?? "" } });
    const early: string[] = [];
    const relay = (from: RecordedFrame["from"], to: WebSocket) => (data: Buffer) => {
      const text = data.toString();
      frames.push({ at: Date.now(), from, text });
      if (to.readyState === WebSocket.OPEN) to.send(text);
      else early.push(text);
    };
    agent.on("message", relay("agent", server));
    server.on("message", relay("control plane", agent));
    server.on("open", () => {
      for (const text of early.splice(0)) server.send(text);
    });
    for (const [one, other] of [
      [agent, server],
      [server, agent],
    ] as const) {
      one.on("error", () => one.terminate());
      one.on("close", () => other.terminate());
    }
  });
  await new Promise<void>((ready) => http.listen(0, "127.0.0.1", ready));
  const address = http.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    frames,
    close: () =>
      new Promise((done) => {
        for (const socket of sockets.clients) socket.terminate();
        http.closeAllConnections();
        http.close(() => done());
      }),
  };
}
