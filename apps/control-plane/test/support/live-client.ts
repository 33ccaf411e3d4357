/** A dashboard's socket. */
import type { Change, LiveDown, LiveUp } from "@headgate/shared/contract/live/messages.ts";
import { SOCKET_HEADERS } from "../../src/deployment/kernel/socket-headers.ts";
import type { DeploymentObject } from "./deployment.ts";
import { person } from "./deployment.ts";

export class LiveClient {
  readonly frames: LiveDown[] = [];
  closed: number | null = null;
  #socket: WebSocket | null = null;

  async connect(
    stub: DeploymentObject,
    since: { stream: string; seq: number } | null = null,
  ): Promise<Extract<LiveDown, { t: "welcome" }>> {
    const response = await stub.fetch("http://deployment/live", {
      headers: {
        upgrade: "websocket",
        [SOCKET_HEADERS.kind]: "live",
        [SOCKET_HEADERS.token]: "session-1",
        [SOCKET_HEADERS.actor]: encodeURIComponent(JSON.stringify(person)),
      },
    });
    const socket = response.webSocket;
    if (!socket) throw new Error("no socket");
    this.#socket = socket;
    this.closed = null;
    socket.addEventListener("message", (event) => {
      this.frames.push(JSON.parse(String(event.data)) as LiveDown);
    });
    socket.addEventListener("close", (event) => {
      this.closed = event.code;
    });
    socket.accept();
    const from = this.frames.length;
    this.send({ t: "hello", version: 1, since });
    await this.until(() => this.frames.length > from);
    const welcome = this.frames[from];
    if (welcome?.t !== "welcome") throw new Error(`no welcome: ${JSON.stringify(welcome)}`);
    return welcome;
  }

  send(frame: LiveUp): void {
    this.sendText(JSON.stringify(frame));
  }

  sendText(text: string): void {
    this.#socket?.send(text);
  }

  close(): void {
    this.#socket?.close(1000);
  }

  changes(): Change[] {
    return this.frames.flatMap((frame) => (frame.t === "changes" ? frame.changes : []));
  }

  async until(condition: () => boolean): Promise<void> {
    const deadline = Date.now() + 10_000;
    while (!condition()) {
      if (Date.now() > deadline) throw new Error(`waited too long; got ${JSON.stringify(this.frames).slice(0, 2000)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
