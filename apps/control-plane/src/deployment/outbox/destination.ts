/** Where messages go. A destination only sends; when to try again and when to give up is decided by the outbox. */

/** The names of all destinations. Each has one implementation; see `destinations.ts`. */
export type DestinationName = "directory";

export interface OutgoingMessage {
  /** Send it along, e.g. as `idempotency-key`: a crash after sending repeats the message with the same key. */
  readonly key: string;
  /** What it is about, e.g. `webhooks.register`. */
  readonly topic: string;
  /** JSON. */
  readonly body: string;
}

export type SendResult =
  | { readonly outcome: "delivered" }
  /** `isPermanent`: the receiver refuses the message itself, so repeating it is useless. */
  | { readonly outcome: "failed"; readonly reason: string; readonly isPermanent?: boolean; readonly retryAfterMs?: number };

export interface Destination {
  /** Must end soon after `signal` aborts. What it throws counts as a failure that may pass. */
  send(message: OutgoingMessage, signal: AbortSignal): Promise<SendResult>;
}

export type Destinations = { readonly [N in DestinationName]: Destination };
