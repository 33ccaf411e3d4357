/** Content-addressed files of code locations: fetched once, verified by hash, kept under `blobs/`. */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { ControlPlaneHttp } from "./control-plane-http.ts";

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
    const path = join(this.#dir, blob.sha256.slice(0, 2), blob.sha256);
    const size = await stat(path).then(
      (found) => found.size,
      () => null,
    );
    if (size === blob.size) {
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
