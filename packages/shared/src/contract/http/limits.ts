/** Limits of the HTTP interface that both ends know. */

/** The most calls in one batch of tRPC. */
export const MAX_BATCH_CALLS = 10;
