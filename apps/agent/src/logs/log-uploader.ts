/** Uploads compressed chunks of raw output: in order per stream, bounded in memory, again after failures. */
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { backoffMs } from "@headgate/shared/net/backoff.ts";
import { errorText, type AgentLog } from "../agent-log.ts";
import type { AgentTiming } from "../timing.ts";
import { isTransient, type ControlPlaneHttp } from "../versions/control-plane-http.ts";

/** A part of the raw output of one stream of a step attempt. */
export interface LogChunk {
  readonly run: string;
  readonly step: string;
  readonly attempt: number;
  readonly stream: "stdout" | "stderr";
  readonly number: number;
  /** Uncompressed bytes of this stream before this chunk. */
  readonly offset: number;
  readonly final: boolean;
  readonly bytes: Buffer;
}

export interface LogUploaderOptions {
  readonly http: ControlPlaneHttp;
  readonly timing: Pick<AgentTiming, "logMemoryBytes" | "logUploadAttempts" | "reconnectMinMs" | "reconnectMaxMs">;
  readonly log: AgentLog;
  readonly random: () => number;
}

/** While a token is replaced, requests are refused until the next connection has the new one. */
function mayGetNewToken(error: unknown): boolean {
  return error instanceof AppError && (error.code === "unauthenticated" || error.code === "forbidden");
}

const compress = promisify(gzip);

/** Uploads of all steps share one memory bound. */
export class LogUploader {
  readonly #options: LogUploaderOptions;
  /** The end of the queue of each stream. */
  readonly #queues = new Map<string, Promise<void>>();
  #waitingBytes = 0;

  constructor(options: LogUploaderOptions) {
    this.#options = options;
  }

  /** Resolves to null when stored, otherwise to why not. Never rejects. */
  async upload(chunk: LogChunk): Promise<string | null> {
    if (this.#waitingBytes + chunk.bytes.length > this.#options.timing.logMemoryBytes) return "too much output is waiting for upload";
    this.#waitingBytes += chunk.bytes.length;
    const queue = `${chunk.run}\n${chunk.step}\n${chunk.attempt}\n${chunk.stream}`;
    const before = this.#queues.get(queue) ?? Promise.resolve();
    const mine = before.then(() => this.#put(chunk));
    const end = mine.then(() => {});
    this.#queues.set(queue, end);
    const problem = await mine;
    this.#waitingBytes -= chunk.bytes.length;
    if (this.#queues.get(queue) === end) this.#queues.delete(queue);
    return problem;
  }

  async whenIdle(timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([Promise.all(this.#queues.values()), late]);
    clearTimeout(timer);
  }

  async #put(chunk: LogChunk): Promise<string | null> {
    const { http, timing, random, log } = this.#options;
    const path = `/agent/v1/logs/${encodeURIComponent(chunk.run)}/${encodeURIComponent(chunk.step)}/${chunk.attempt}/${chunk.stream}/${chunk.number}?offset=${chunk.offset}${chunk.final ? "&final=1" : ""}`;
    for (let attempt = 1; ; attempt++) {
      try {
        const body = await compress(chunk.bytes);
        await http.put(path, new Uint8Array(body), { "content-type": "application/gzip" });
        return null;
      } catch (error) {
        log.debug("upload of raw output failed", { path, attempt, error: errorText(error) });
        if (!(isTransient(error) || mayGetNewToken(error)) || attempt >= timing.logUploadAttempts) return errorText(error);
        const wait = backoffMs(attempt + 1, random(), { firstMs: timing.reconnectMinMs, maxMs: timing.reconnectMaxMs });
        await new Promise((resolve) => setTimeout(resolve, wait).unref());
      }
    }
  }
}
