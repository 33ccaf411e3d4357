/** Every duration and size that the agent uses, in one place, so that a test can shrink them. The defaults are the protocol's. */
import {
  BATCH_DELAY_MS,
  LOG_CHUNK_BYTES,
  LOG_CHUNK_DELAY_MS,
  MAX_BATCH_ITEMS,
  MAX_FRAME_BYTES,
  MAX_INFLIGHT_BATCHES,
  PING_INTERVAL_MS,
  PONG_TIMEOUT_MS,
  RECONNECT_MAX_MS,
  RECONNECT_MIN_MS,
  SPOOL_MAX_BYTES,
} from "@headgate/shared/protocol/constants.ts";

/** Durations in milliseconds, sizes in bytes. */
export interface AgentTiming {
  readonly pingIntervalMs: number;
  readonly pongTimeoutMs: number;
  /** From opening the socket to `welcome`. */
  readonly handshakeTimeoutMs: number;
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
  /** How long a refused agent waits (token revoked, version too old), because nothing changes by itself soon. */
  readonly refusedRetryMs: number;
  /** How often a refused agent checks whether its token changed. */
  readonly tokenCheckMs: number;
  readonly batchDelayMs: number;
  readonly batchItems: number;
  readonly frameBytes: number;
  readonly inflightBatches: number;
  /** Unsent reports kept in memory before the disk spool is used. */
  readonly outboxMemoryBytes: number;
  readonly spoolBytes: number;
  readonly logChunkBytes: number;
  readonly logChunkDelayMs: number;
  /** Compressed output waiting for upload, over all steps. */
  readonly logMemoryBytes: number;
  /** How often the upload of one chunk is tried. */
  readonly logUploadAttempts: number;
  readonly tailDelayMs: number;
  readonly loadTimeoutMs: number;
  /** Between the abort signal and SIGTERM when a step passed its time limit. */
  readonly timeoutGraceMs: number;
  /** Between SIGTERM and SIGKILL. */
  readonly killDelayMs: number;
  /** A worker beyond the warm ones ends after this long without work. */
  readonly workerIdleMs: number;
  /** A worker is replaced after this many steps, so that memory leaks of user code stay small. A start costs about 200 ms of CPU. */
  readonly workerUses: number;
  /** How long a drained agent waits for the last acknowledgements and uploads. */
  readonly farewellMs: number;
}

export const DEFAULT_TIMING: AgentTiming = {
  pingIntervalMs: PING_INTERVAL_MS,
  pongTimeoutMs: PONG_TIMEOUT_MS,
  handshakeTimeoutMs: 10_000,
  reconnectMinMs: RECONNECT_MIN_MS,
  reconnectMaxMs: RECONNECT_MAX_MS,
  refusedRetryMs: 300_000,
  tokenCheckMs: 5_000,
  batchDelayMs: BATCH_DELAY_MS,
  batchItems: MAX_BATCH_ITEMS,
  frameBytes: MAX_FRAME_BYTES,
  inflightBatches: MAX_INFLIGHT_BATCHES,
  outboxMemoryBytes: 16 * 1024 * 1024,
  spoolBytes: SPOOL_MAX_BYTES,
  logChunkBytes: LOG_CHUNK_BYTES,
  logChunkDelayMs: LOG_CHUNK_DELAY_MS,
  logMemoryBytes: 32 * 1024 * 1024,
  logUploadAttempts: 6,
  tailDelayMs: 100,
  loadTimeoutMs: 60_000,
  timeoutGraceMs: 10_000,
  killDelayMs: 5_000,
  workerIdleMs: 60_000,
  workerUses: 500,
  farewellMs: 5_000,
};
