/** Where unsent reports wait when they do not fit in memory: append-only segment files, read back oldest first, bounded. */
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";

/** A report that waits on the disk. */
export interface SpooledEntry {
  readonly text: string;
  /** Log lines are the first to go when space runs out. */
  readonly kind: "log" | "done" | "other";
  /** Key of the step attempt it belongs to, "" without one. */
  readonly attempt: string;
  /** Position of an event in its execution, 0 for other reports. */
  readonly position: number;
}

interface Segment {
  readonly path: string;
  bytes: number;
  entries: number;
  logs: number;
}

const SEGMENT_BYTES = 4 * 1024 * 1024;

/** First in, first out. It does not survive the agent process. */
export class Spool {
  readonly #dir: string;
  readonly #maxBytes: number;
  readonly #segments: Segment[] = [];
  #fd: number | null = null;
  #next = 1;
  #bytes = 0;

  constructor(dir: string, maxBytes: number) {
    this.#dir = dir;
    this.#maxBytes = maxBytes;
  }

  get empty(): boolean {
    return this.#segments.length === 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get entries(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.entries, 0);
  }

  /** False when it does not fit, or the disk refuses. `reserve` may exceed the bound by that much. */
  append(entry: SpooledEntry, reserve = 0): boolean {
    const line = lineOf(entry);
    const size = Buffer.byteLength(line);
    if (this.#bytes + size > this.#maxBytes + reserve) return false;
    try {
      const segment = this.#writable();
      if (this.#fd === null) return false;
      writeSync(this.#fd, line);
      segment.bytes += size;
      segment.entries++;
      if (entry.kind === "log") segment.logs++;
      this.#bytes += size;
      return true;
    } catch {
      // A part of the line may be on the disk, so nothing may follow it in this file.
      this.#seal();
      return false;
    }
  }

  /** Removes the oldest segment and returns its reports. */
  takeOldest(): SpooledEntry[] {
    const segment = this.#segments.shift();
    if (segment === undefined) return [];
    if (this.#segments.length === 0) this.#seal();
    this.#bytes -= segment.bytes;
    const entries = readSegment(segment);
    rmSync(segment.path, { force: true });
    return entries;
  }

  /** Removes every log line and returns how many were removed per step attempt. */
  dropLogs(): Map<string, number> {
    const dropped = new Map<string, number>();
    this.#seal();
    for (const segment of this.#segments) {
      if (segment.logs === 0) continue;
      const entries = readSegment(segment);
      const kept = entries.filter((entry) => entry.kind !== "log");
      for (const entry of entries) if (entry.kind === "log") dropped.set(entry.attempt, (dropped.get(entry.attempt) ?? 0) + 1);
      const text = kept.map(lineOf).join("");
      const temporary = `${segment.path}.tmp`;
      writeFileSync(temporary, text);
      renameSync(temporary, segment.path);
      this.#bytes += Buffer.byteLength(text) - segment.bytes;
      segment.bytes = Buffer.byteLength(text);
      segment.entries = kept.length;
      segment.logs = 0;
    }
    for (let i = this.#segments.length - 1; i >= 0; i--) {
      const segment = this.#segments[i];
      if (segment === undefined || segment.entries > 0) continue;
      rmSync(segment.path, { force: true });
      this.#segments.splice(i, 1);
    }
    return dropped;
  }

  remove(): void {
    this.#seal();
    this.#segments.length = 0;
    this.#bytes = 0;
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #writable(): Segment {
    const last = this.#segments.at(-1);
    if (last !== undefined && this.#fd !== null && last.bytes < SEGMENT_BYTES) return last;
    this.#seal();
    mkdirSync(this.#dir, { recursive: true });
    const path = join(this.#dir, `${String(this.#next++).padStart(8, "0")}.jsonl`);
    this.#fd = openSync(path, "a");
    const segment: Segment = { path, bytes: 0, entries: 0, logs: 0 };
    this.#segments.push(segment);
    return segment;
  }

  #seal(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }
}

function lineOf({ kind, attempt, position, text }: SpooledEntry): string {
  return `${JSON.stringify([kind, attempt, position, text])}\n`;
}

/** Reads complete entries only: when the disk was full, the last line of a file may be cut. */
function readSegment(segment: Segment): SpooledEntry[] {
  const lines = readFileSync(segment.path, "utf8").split("\n").slice(0, segment.entries);
  return lines.map((line) => {
    const [kind, attempt, position, text] = JSON.parse(line) as [SpooledEntry["kind"], string, number, string];
    return { kind, attempt, position, text };
  });
}
