/** The live socket of the connection's deployment, opened with the API token. */
import { WebSocket } from "ws";
import { deploymentPath } from "@headgate/shared/contract/http/routes.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { LiveClient, type LiveHandlers } from "@headgate/shared/live/client.ts";
import type { OpenLiveSocket } from "@headgate/shared/live/socket.ts";
import type { Connection } from "./connection.ts";

const RECONNECT = { firstMs: 250, maxMs: 10_000 };
const HANDSHAKE_MS = 10_000;

export interface LiveOptions {
  readonly connection: Connection;
  readonly random: () => number;
  readonly handlers: Pick<LiveHandlers, "onWelcome" | "onChanges">;
  /** The control plane refused the token, the version or a message. The client has stopped. */
  readonly onFatal: (error: AppError) => void;
}

export function openLive({ connection, random, handlers, onFatal }: LiveOptions): LiveClient {
  const client = new LiveClient({
    open: authorizedSocket(connection),
    random,
    reconnect: RECONNECT,
    keepAlive: null,
    handlers: {
      ...handlers,
      onRefused: onFatal,
      onError: (message) => {
        client.stop();
        onFatal(new AppError("unavailable", `The control plane refused the live connection: ${message}`));
      },
    },
  });
  client.start();
  return client;
}

/** The built-in WebSocket can neither send a token nor tell the HTTP status of a refusal, so this is `ws`. */
function authorizedSocket({ url, token, deployment }: Connection): OpenLiveSocket {
  const address = `${url.replace(/^http/, "ws")}${deploymentPath(deployment, "/live")}`;
  return ({ onOpen, onText, onClose, onRefused }) => {
    const socket = new WebSocket(address, { headers: { authorization: `Bearer ${token}` }, handshakeTimeout: HANDSHAKE_MS });
    socket.on("open", onOpen);
    socket.on("message", (data: Buffer) => onText(data.toString()));
    socket.on("unexpected-response", (_request, response) => {
      response.destroy();
      const refusal = refusalOf(response.statusCode ?? 0);
      if (refusal === null) socket.terminate();
      else onRefused(refusal);
    });
    // A failed connection also closes, and the client decides then.
    socket.on("error", () => undefined);
    socket.on("close", onClose);
    return { send: (text) => socket.send(text), close: () => socket.close() };
  };
}

/** Null: a server error or a rate limit, which may pass. */
function refusalOf(status: number): AppError | null {
  if (status === 401) return new AppError("unauthenticated", "The control plane refused the token for the live connection.");
  if (status < 400 || status >= 500 || status === 429) return null;
  return new AppError("unavailable", `The control plane refused the live connection with status ${status}.`);
}
