/**
 * The durable list of the attempts that this agent process runs, one file of JSON lines in its instance folder.
 *
 * When the executor can adopt, each line is written before the thing it announces happens, so a killed process loses none. The disk is
 * asked to store the lines soon, but nothing waits for it. After a power cut an attempt may be missing: then no agent adopts it, and the
 * control plane gives it to another agent when the lease ends.
 * When the executor cannot adopt, the list only lets the next process log what was lost. Lines are written after a short delay, and an
 * attempt that ends within it is never written.
 */
import { closeSync, fdatasync, fsync, fsyncSync, openSync, renameSync, writeFileSync, writeSync } from "node:fs";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import { errorText, type AgentLog } from "../agent-log.ts";
import type { OutputStream } from "../logs/output-stream.ts";
import { attemptKey, type StepRef } from "../step-ref.ts";
import type { AttemptRecords, EventMark, ListLine, RecordedAttempt } from "./attempt-records.ts";

const WRITE_DELAY_MS = 250;
/** The disk is asked at most this often, because it makes writes wait that come at the same time. */
const SYNC_DELAY_MS = 1000;
/** The file is written anew when it has grown by this much, and to at least twice the size that it had then. */
const REWRITE_BYTES = 64 * 1024;

/** A new file that the disk has not stored yet. Until then lines go to both files. */
interface Rewrite {
  readonly fd: number;
  readonly bytes: number;
  added: string;
}

export interface AttemptListOptions {
  readonly path: string;
  readonly records: AttemptRecords;
  readonly executor: string;
  /** The executor can adopt. */
  readonly adoptable: boolean;
  readonly log: AgentLog;
}

/** See the comment at the top of the file for what is on disk when. */
export class AttemptList {
  readonly #options: AttemptListOptions;
  #records: AttemptRecords;
  #waiting: ListLine[] = [];
  #timer: NodeJS.Timeout | null = null;
  #fd: number | null = null;
  /** Bytes in the file when it was last written anew, and since then. */
  #baseBytes = 0;
  #addedBytes = 0;
  #rewrite: Rewrite | null = null;
  #syncTimer: NodeJS.Timeout | null = null;
  #failed = false;
  #closed = false;

  constructor(options: AttemptListOptions) {
    this.#options = options;
    this.#records = options.records;
    this.#replace();
  }

  /** Attempts that an executor may still have after this process. */
  get adoptable(): readonly RecordedAttempt[] {
    return this.#options.adoptable ? this.#records.attempts : [];
  }

  get(ref: StepRef): RecordedAttempt | undefined {
    return this.#records.get(attemptKey(ref));
  }

  begin(job: JobFrame): void {
    const { executor, adoptable } = this.#options;
    this.#add({ t: "begin", key: attemptKey(job), executor, job: adoptable ? job : null });
    if (adoptable) this.#sync();
  }

  running(job: StepRef, { ref, at }: { readonly ref: string; readonly at: number }): void {
    this.#add({ t: "running", key: attemptKey(job), ref, at });
  }

  cut(job: StepRef, { stream, size }: { readonly stream: OutputStream; readonly size: number }): void {
    if (this.#options.adoptable) this.#add({ t: "cut", key: attemptKey(job), stream, size });
  }

  lost(key: string): void {
    this.#add({ t: "lost", key });
  }

  /** A part of an evaluation is about to be reported. */
  part(tick: string): void {
    if (this.#options.adoptable && !this.#records.ticks.has(tick)) this.#add({ t: "part", tick });
  }

  end(ref: StepRef): void {
    const key = attemptKey(ref);
    if (this.#records.get(key) !== undefined) this.#add({ t: "end", key });
  }

  /** A batch is about to be sent. */
  sent(s: number, events: readonly EventMark[]): void {
    if (this.#options.adoptable) this.#add({ t: "sent", s, events });
  }

  acknowledged(s: number): void {
    if (this.#options.adoptable) this.#records.acknowledged(s);
  }

  /** This process continues the numbers of an earlier one. The control plane has those up to `s`. */
  resumed(s: number): void {
    this.#add({ t: "received", s });
  }

  renumbered(instance: string): void {
    this.#records = this.#records.renumbered(instance);
    this.#replace();
  }

  close(): void {
    this.#flush();
    this.#closed = true;
    if (this.#syncTimer !== null) clearTimeout(this.#syncTimer);
    this.#closeFile();
  }

  #add(line: ListLine): void {
    this.#records.apply(line);
    if (this.#options.adoptable) return this.#write([line]);
    if (line.t === "end" && this.#waiting.some((other) => other.t === "begin" && other.key === line.key))
      this.#waiting = this.#waiting.filter((other) => !("key" in other) || other.key !== line.key);
    else this.#waiting.push(line);
    this.#timer ??= setTimeout(() => this.#flush(), WRITE_DELAY_MS).unref();
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const lines = this.#waiting.splice(0);
    if (lines.length > 0) this.#write(lines);
  }

  #write(lines: readonly ListLine[]): void {
    if (this.#closed) return;
    if (this.#fd === null) return this.#replace();
    const text = textOf(lines);
    try {
      writeSync(this.#fd, text);
    } catch (error) {
      // A part of the line may be in the file, and nothing may follow it.
      this.#closeFile();
      return this.#warn(error);
    }
    this.#addedBytes += Buffer.byteLength(text);
    if (this.#rewrite !== null) this.#rewrite.added += text;
    else if (this.#addedBytes > Math.max(REWRITE_BYTES, this.#baseBytes)) this.#shorten();
  }

  /** Writes the whole list at once: at the start, after an error, and for a new instance. */
  #replace(): void {
    this.#closeFile();
    try {
      const { fd, bytes } = this.#writeNew();
      // Without this a power cut could leave an empty file under the name of the list.
      if (this.#options.adoptable) fsyncSync(fd);
      this.#use({ fd, bytes });
      this.#failed = false;
    } catch (error) {
      this.#warn(error);
    }
  }

  /** The same without waiting for the disk, when the file has become long. */
  #shorten(): void {
    try {
      const rewrite: Rewrite = { ...this.#writeNew(), added: "" };
      this.#rewrite = rewrite;
      if (this.#options.adoptable) fsync(rewrite.fd, () => this.#finish(rewrite));
      else this.#finish(rewrite);
    } catch (error) {
      this.#warn(error);
    }
  }

  #finish(rewrite: Rewrite): void {
    if (this.#rewrite !== rewrite) return closeSync(rewrite.fd);
    try {
      writeSync(rewrite.fd, rewrite.added);
      this.#rewrite = null;
      this.#closeFile();
      this.#use(rewrite);
      this.#addedBytes = Buffer.byteLength(rewrite.added);
    } catch (error) {
      this.#closeFile();
      this.#warn(error);
    }
  }

  /** Under another name, so that there is a complete list at every moment. */
  #writeNew(): { readonly fd: number; readonly bytes: number } {
    const text = textOf(this.#records.lines());
    writeFileSync(this.#temporary, text);
    return { fd: openSync(this.#temporary, "a"), bytes: Buffer.byteLength(text) };
  }

  #use({ fd, bytes }: { readonly fd: number; readonly bytes: number }): void {
    renameSync(this.#temporary, this.#options.path);
    this.#fd = fd;
    this.#baseBytes = bytes;
    this.#addedBytes = 0;
  }

  get #temporary(): string {
    return `${this.#options.path}.tmp`;
  }

  #closeFile(): void {
    // A file that is being stored is closed when the disk has answered.
    this.#rewrite = null;
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #sync(): void {
    this.#syncTimer ??= setTimeout(() => {
      this.#syncTimer = null;
      if (this.#fd !== null) fdatasync(this.#fd, () => {});
    }, SYNC_DELAY_MS).unref();
  }

  /** No step may fail because this list cannot be written. */
  #warn(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.log.warn("the list of running step attempts cannot be written; a restarted agent will not know them", {
      error: errorText(error),
    });
  }
}

function textOf(lines: readonly ListLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}
