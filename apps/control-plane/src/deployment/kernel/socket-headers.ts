/** The headers in which the Worker tells the object who opens a socket. */

/** The Worker sets these headers on forwarded upgrades after authentication; a client's own headers of these names are removed. */
export const SOCKET_HEADERS = {
  kind: "x-headgate-socket",
  actor: "x-headgate-actor",
  token: "x-headgate-token",
  tokenName: "x-headgate-token-name",
  /** Percent-encoded JSON of the attempt that an attempt token is for. */
  attempt: "x-headgate-attempt",
} as const;
export type SocketKind = "agent" | "live";
