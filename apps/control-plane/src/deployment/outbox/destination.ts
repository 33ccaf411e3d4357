/** The interface of destinations of messages. A destination only sends; the outbox decides when to retry and when to give up. */

/** The names of all destinations. Each has one implementation; see `destinations.ts`. */
export type DestinationName = "directory";

export interface OutgoingMessage {
  /** Pass this on, e.g. as `idempotency-key`: after a crash a message may be sent again with the same key. */
  readonly key: string;
  /** The subject of the message, e.g. `webhooks.register`. */
  readonly topic: string;
  /** The body as JSON. */
  readonly body: string;
}

export type SendResult =
  | { readonly outcome: "delivered" }
  /** `isPermanent`: the receiver refuses the message itself, so repeating it is useless. */
  | { readonly outcome: "failed"; readonly reason: string; readonly isPermanent?: boolean; readonly retryAfterMs?: number };

export interface Destination {
  /** Must end soon after `signal` aborts. An exception counts as a temporary failure. */
  send(message: OutgoingMessage, signal: AbortSignal): Promise<SendResult>;
}

export type Destinations = { readonly [N in DestinationName]: Destination };
