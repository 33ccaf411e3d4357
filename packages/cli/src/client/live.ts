/** The deployment's live socket: changes and run events as they are committed, resumed after a lost connection. */
import { WebSocket } from "ws";
import { LIVE_VERSION } from "@headgate/shared/contract/live/version.ts";
import type { Change, LiveDown, LiveUp } from "@headgate/shared/contract/live/messages.ts";
import { deploymentPath } from "@headgate/shared/contract/http/routes.ts";
import type { EventRow } from "@headgate/shared/contract/runs/run-views.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { Connection } from "./connection.ts";

export interface LiveHandlers {
  /** After each (re)connect. `refetch`: changes may have been missed. */
  onReady?(refetch: boolean): void;
  onChanges?(changes: readonly Change[]): void;
  onEvents?(run: string, events: readonly EventRow[]): void;
  onTail?(frame: Extract<LiveDown, { t: "tail" }>): void;
  /** For good: the credentials were refused, the version is not supported. */
  onFatal(error: AppError): void;
  onDisconnect?(): void;
}

export interface Live {
  watch(run: string, after: number): void;
  tail(target: { readonly run: string; readonly step: string } | null): void;
  close(): void;
}

const MIN_DELAY_MS = 250;
const MAX_DELAY_MS = 10_000;

export function openLive(connection: Connection, handlers: LiveHandlers, random: () => number): Live {
  const address = `${connection.url.replace(/^http/, "ws")}${deploymentPath(connection.deployment, "/live")}`;
  const watched = new Map<string, number>();
  let tailed: { readonly run: string; readonly step: string } | null = null;
  let since: { stream: string; seq: number } | null = null;
  let socket: WebSocket | null = null;
  let closed = false;
  let failures = 0;
  let timer: NodeJS.Timeout | null = null;

  const send = (frame: LiveUp): void => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
  };
  const sendWatch = (): void => send({ t: "watch", runs: [...watched].map(([run, after]) => ({ run, after })) });
  const fail = (error: AppError): void => {
    closed = true;
    socket?.close();
    handlers.onFatal(error);
  };
  const receive = (frame: LiveDown): void => {
    if (frame.t === "welcome") {
      failures = 0;
      since = { stream: frame.stream, seq: frame.seq };
      if (watched.size > 0) sendWatch();
      if (tailed !== null) send({ t: "tail", target: tailed });
      handlers.onReady?.(frame.refetch);
    } else if (frame.t === "changes") {
      since = since === null ? null : { stream: since.stream, seq: frame.seq };
      handlers.onChanges?.(frame.changes);
    } else if (frame.t === "events") {
      const last = frame.events.at(-1);
      if (last !== undefined && watched.has(frame.run)) watched.set(frame.run, Math.max(watched.get(frame.run) ?? 0, last.seq));
      handlers.onEvents?.(frame.run, frame.events);
    } else if (frame.t === "tail") {
      handlers.onTail?.(frame);
    } else {
      fail(new AppError("unavailable", `The live connection was refused: ${frame.message}`));
    }
  };
  const connect = (): void => {
    const opened = new WebSocket(address, { headers: { authorization: `Bearer ${connection.token}` }, handshakeTimeout: 10_000 });
    socket = opened;
    opened.on("open", () => send({ t: "hello", version: LIVE_VERSION, since }));
    opened.on("message", (data: Buffer) => receive(JSON.parse(data.toString()) as LiveDown));
    opened.on("unexpected-response", (_request, response) => {
      const status = response.statusCode ?? 0;
      response.destroy();
      if (status === 401) fail(new AppError("unauthenticated", "The control plane refused the token for the live connection."));
      else if (status >= 400 && status < 500 && status !== 429)
        fail(new AppError("unavailable", `The live connection was refused with status ${status}.`));
      else opened.terminate();
    });
    // A failed connection also closes: the reconnect is decided there.
    opened.on("error", () => undefined);
    opened.on("close", () => {
      if (closed || socket !== opened) return;
      handlers.onDisconnect?.();
      const limit = Math.min(MAX_DELAY_MS, MIN_DELAY_MS * 2 ** failures++);
      timer = setTimeout(connect, Math.round(random() * limit));
    });
  };
  connect();
  return {
    watch: (run, after) => {
      watched.set(run, after);
      sendWatch();
    },
    tail: (target) => {
      tailed = target;
      send({ t: "tail", target });
    },
    close: () => {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      socket?.close();
    },
  };
}
