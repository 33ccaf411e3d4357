/** A file that a program appends lines to, followed while it grows. */
import { closeSync, openSync, readSync, watch, writeFileSync, type FSWatcher } from "node:fs";
import { StringDecoder } from "node:string_decoder";

const CHUNK_BYTES = 64 * 1024;
/** A program that writes one endless line must not fill the memory. */
export const MAX_LINE_CHARACTERS = 64 * 1024 * 1024;

export class MessageFile {
  readonly path: string;
  readonly #file: number;
  readonly #watcher: FSWatcher;
  readonly #lines: LineSplitter;

  constructor(path: string, onLine: (line: string) => void, onTooLong: (beginning: string) => void) {
    this.path = path;
    writeFileSync(path, "");
    this.#file = openSync(path, "r");
    this.#lines = new LineSplitter(onLine, onTooLong);
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

/** Bytes as lines. A line that is too long is left out, and what is told of it is its beginning. */
export class LineSplitter {
  readonly #decoder = new StringDecoder("utf8");
  readonly #onLine: (line: string) => void;
  readonly #onTooLong: (beginning: string) => void;
  /** The beginning of a line that has not ended yet; joined only once, because it may be long. */
  #parts: string[] = [];
  #length = 0;
  #isTooLong = false;

  constructor(onLine: (line: string) => void, onTooLong: (beginning: string) => void) {
    this.#onLine = onLine;
    this.#onTooLong = onTooLong;
  }

  write(bytes: Buffer): void {
    this.#take(this.#decoder.write(bytes));
  }

  end(): void {
    this.#take(this.#decoder.end());
    this.#endLine();
  }

  #take(text: string): void {
    for (const [index, part] of text.split("\n").entries()) {
      if (index > 0) this.#endLine();
      this.#add(part);
    }
  }

  #add(part: string): void {
    if (this.#isTooLong || part === "") return;
    this.#parts.push(part);
    this.#length += part.length;
    if (this.#length <= MAX_LINE_CHARACTERS) return;
    this.#onTooLong(this.#parts.join(""));
    this.#parts = [];
    this.#isTooLong = true;
  }

  #endLine(): void {
    const line = this.#parts.join("");
    this.#parts = [];
    this.#length = 0;
    this.#isTooLong = false;
    const text = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (text.trim() !== "") this.#onLine(text);
  }
}
