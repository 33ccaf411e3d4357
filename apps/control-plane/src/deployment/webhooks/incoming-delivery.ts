/** A delivery as the Worker passes it on. */

export interface IncomingDelivery {
  readonly hook: string;
  readonly pathSecret: string | null;
  readonly method: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}
