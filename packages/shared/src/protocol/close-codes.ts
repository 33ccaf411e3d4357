/** Close codes of the agent's and the dashboard's socket. Codes below 4000 are the WebSocket standard's. */
export const CLOSE = {
  normal: 1000,
  drained: 4001,
  badFrame: 4002,
  revoked: 4003,
  replaced: 4009,
  tooLarge: 4013,
  upgradeRequired: 4026,
  slowDown: 4029,
} as const;
export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE];
