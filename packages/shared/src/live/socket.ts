/** The socket below the live client, as narrow as the client needs it: a browser, Node and a test can all give one. */
import type { AppError } from "../domain/errors.ts";

export interface LiveSocket {
  send(text: string): void;
  close(): void;
}

export interface LiveSocketEvents {
  readonly onOpen: () => void;
  readonly onText: (text: string) => void;
  /** The socket has closed, or never opened: the client tries again. */
  readonly onClose: () => void;
  /** The server refused for good, e.g. because of the token: the client stops. */
  readonly onRefused: (error: AppError) => void;
}

export type OpenLiveSocket = (events: LiveSocketEvents) => LiveSocket;

/** The WebSocket that browsers and Node have built in. It cannot tell why a server refused, so `onRefused` is never called. */
export function webSocket(url: string): OpenLiveSocket {
  return ({ onOpen, onText, onClose }) => {
    const socket = new WebSocket(url);
    socket.addEventListener("open", onOpen);
    socket.addEventListener("message", ({ data }: { readonly data: unknown }) => {
      if (typeof data === "string") onText(data);
    });
    socket.addEventListener("close", onClose);
    return { send: (text) => socket.send(text), close: () => socket.close() };
  };
}
