/** Content-addressed files of code locations: fetched once, verified by hash, kept under `blobs/`. */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { batchesOf, unpackBlobs } from "@headgate/shared/contract/http/blob-batch.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { ControlPlaneHttp } from "./control-plane-http.ts";

const PARALLEL_BATCHES = 3;

export interface WantedBlob {
  readonly sha256: string;
  readonly size: number;
}

export class BlobStore {
  readonly #dir: string;
  readonly #http: ControlPlaneHttp;
  readonly #running = new Map<string, Promise<string>>();

  constructor(dir: string, http: ControlPlaneHttp) {
    this.#dir = dir;
    this.#http = http;
  }

  /** Path of the verified file. */
  async get(blob: WantedBlob): Promise<string> {
    const path = this.#pathOf(blob.sha256);
    if (await this.#has(blob)) {
      const now = new Date();
      await utimes(path, now, now);
      return path;
    }
    const running = this.#running.get(blob.sha256);
    if (running !== undefined) return await running;
    const download = this.#download(blob, path).finally(() => this.#running.delete(blob.sha256));
    this.#running.set(blob.sha256, download);
    return await download;
  }

  /** Fetches what is missing of many small files in few requests; whatever it leaves out, `get` fetches, and says what is wrong with it. */
  async fetchTogether(blobs: readonly WantedBlob[]): Promise<void> {
    const missing = new Map<string, WantedBlob>();
    for (const blob of blobs) if (!(await this.#has(blob))) missing.set(blob.sha256, blob);
    const waiting = batchesOf([...missing.values()]).filter((batch) => batch.length > 1);
    const fetchNext = async (): Promise<void> => {
      for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) await this.#downloadBatch(batch);
    };
    await Promise.all(Array.from({ length: PARALLEL_BATCHES }, fetchNext)).catch(() => undefined);
  }

  /** Removes files no version needs any more; those used lately may belong to a version that is being laid out. */
  async prune(needed: ReadonlySet<string>, usedAfterMs: number): Promise<void> {
    for (const entry of await readdir(this.#dir, { recursive: true, withFileTypes: true }).catch(() => [])) {
      if (!entry.isFile() || needed.has(entry.name) || this.#running.has(entry.name)) continue;
      const path = join(entry.parentPath, entry.name);
      const used = await stat(path).then(
        (found) => found.mtimeMs,
        () => Number.POSITIVE_INFINITY,
      );
      if (used < usedAfterMs) await rm(path, { force: true });
    }
  }

  #pathOf(sha256: string): string {
    return join(this.#dir, sha256.slice(0, 2), sha256);
  }

  async #has(blob: WantedBlob): Promise<boolean> {
    return await stat(this.#pathOf(blob.sha256)).then(
      ({ size }) => size === blob.size,
      () => false,
    );
  }

  async #downloadBatch(batch: readonly WantedBlob[]): Promise<void> {
    const wanted = { blobs: batch.map(({ sha256 }) => sha256) };
    const body = await this.#http.retrying(
      async () => new Uint8Array(await (await this.#http.post("/agent/v1/blobs", wanted)).arrayBuffer()),
    );
    for (const { sha256, bytes } of unpackBlobs(body)) {
      if (createHash("sha256").update(bytes).digest("hex") !== sha256) continue;
      const path = this.#pathOf(sha256);
      await mkdir(dirname(path), { recursive: true });
      const temporary = `${path}.${process.pid}.batch.tmp`;
      await writeFile(temporary, bytes, { mode: 0o644 });
      await rename(temporary, path);
    }
  }

  async #download({ sha256, size }: WantedBlob, path: string): Promise<string> {
    await mkdir(dirname(path), { recursive: true });
    const temporary = `${path}.${process.pid}.tmp`;
    try {
      await this.#http.retrying(async () => {
        const response = await this.#http.get(`/agent/v1/blobs/${sha256}`);
        const hash = createHash("sha256");
        let bytes = 0;
        const counted = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
          for await (const chunk of source) {
            bytes += chunk.length;
            if (bytes > size) throw new AppError("invalid_input", `Blob ${sha256} is longer than the ${size} bytes its manifest states.`);
            hash.update(chunk);
            yield chunk;
          }
        };
        const body = response.body === null ? Readable.from([]) : Readable.fromWeb(response.body);
        await pipeline(body, counted, createWriteStream(temporary, { mode: 0o644 }));
        const found = hash.digest("hex");
        if (found !== sha256 || bytes !== size) {
          throw new AppError(
            "invalid_input",
            `Blob ${sha256} arrived with other content (hash ${found}, ${bytes} of ${size} bytes). Publish the code location again.`,
          );
        }
      });
      await rename(temporary, path);
      return path;
    } finally {
      await rm(temporary, { force: true });
    }
  }
}
