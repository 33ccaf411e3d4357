/** A file that a program appends lines to, followed while it grows. */
import { closeSync, openSync, readSync, watch, writeFileSync, type FSWatcher } from "node:fs";
import { StringDecoder } from "node:string_decoder";

const CHUNK_BYTES = 64 * 1024;
/** A program that writes one endless line must not fill the memory. */
export const MAX_LINE_CHARACTERS = 4 * 1024 * 1024;

export class MessageFile {
  readonly path: string;
  readonly #file: number;
  readonly #watcher: FSWatcher;
  readonly #lines: LineSplitter;

  constructor(path: string, onLine: (line: string) => void) {
    this.path = path;
    writeFileSync(path, "");
    this.#file = openSync(path, "r");
    this.#lines = new LineSplitter(onLine);
    this.#watcher = watch(path, () => this.#read());
    // Watching may fail on odd file systems: everything is read at the end then.
    this.#watcher.on("error", () => undefined);
  }

  #read(): void {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (;;) {
      const bytes = readSync(this.#file, chunk, 0, CHUNK_BYTES, null);
      if (bytes === 0) return;
      this.#lines.write(chunk.subarray(0, bytes));
    }
  }

  /** Reads what is left, also a last line without an end. */
  close(): void {
    this.#watcher.close();
    try {
      this.#read();
      this.#lines.end();
    } finally {
      closeSync(this.#file);
    }
  }
}

/** Bytes as lines. */
export class LineSplitter {
  readonly #decoder = new StringDecoder("utf8");
  readonly #onLine: (line: string) => void;
  #rest = "";

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  write(bytes: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(bytes)).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#hand(line);
    if (this.#rest.length > MAX_LINE_CHARACTERS) this.end();
  }

  end(): void {
    const last = this.#rest + this.#decoder.end();
    this.#rest = "";
    this.#hand(last);
  }

  #hand(line: string): void {
    const text = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (text.trim() !== "") this.#onLine(text);
  }
}
