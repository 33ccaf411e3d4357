/** Numbers both ends agree on; `docs/protocol.md` explains each. Durations in milliseconds, sizes in bytes. */
export const PING = "p";
export const PONG = "P";
export const PING_INTERVAL_MS = 15_000;
/** Without a pong for this long the agent reconnects. */
export const PONG_TIMEOUT_MS = 45_000;
/** A lease ends this long after the agent's last sign of life. */
export const LEASE_MS = 60_000;
/** How often the control plane looks at leases while something is leased. */
export const LEASE_CHECK_MS = 30_000;
export const MAX_FRAME_BYTES = 1_000_000;
export const MAX_BATCH_ITEMS = 500;
export const MAX_ITEM_BYTES = 256 * 1024;
/** Unacknowledged batches in flight before the agent holds back. */
export const MAX_INFLIGHT_BATCHES = 8;
export const BATCH_DELAY_MS = 50;
export const RECONNECT_MIN_MS = 500;
export const RECONNECT_MAX_MS = 30_000;
export const SPOOL_MAX_BYTES = 256 * 1024 * 1024;
/** Raw output is uploaded in gzip chunks of at most this size before compression. */
export const LOG_CHUNK_BYTES = 1024 * 1024;
export const LOG_CHUNK_DELAY_MS = 10_000;
/** One metadata object, serialized. */
export const MAX_METADATA_BYTES = 200 * 1024;

/** The agent writes this file last into the folder of a version: a folder without it is incomplete. */
export const VERSION_FILE = ".headgate-version.json";
