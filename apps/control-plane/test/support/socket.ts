/** A WebSocket client that keeps what arrives until the test asks for it. */
import { call, type Call } from "./client.ts";

export interface TestSocket {
  send(frame: unknown): void;
  /** The next frame of this kind, now or when it comes; frames before it are dropped. */
  next<T>(kind: string): Promise<T>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  close(): void;
}

export async function connect(request: Call): Promise<TestSocket> {
  const response = await call({ ...request, headers: { ...request.headers, upgrade: "websocket" } });
  const socket = response.webSocket;
  if (!socket) throw new Error(`the upgrade was answered with ${response.status} ${await response.text()}`);
  const frames: { readonly t: string }[] = [];
  let wake = (): void => undefined;
  socket.addEventListener("message", ({ data }) => {
    frames.push(JSON.parse(String(data)) as { t: string });
    wake();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason })),
  );
  socket.accept();
  return {
    send: (frame) => socket.send(JSON.stringify(frame)),
    async next<T>(kind: string): Promise<T> {
      for (;;) {
        const frame = frames.shift();
        if (frame?.t === kind) return frame as T;
        if (!frame) await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    closed,
    close: () => socket.close(1000),
  };
}
