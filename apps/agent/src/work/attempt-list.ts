/**
 * The durable list of the attempts that this agent process runs, one file of JSON lines in its instance folder.
 *
 * When the executor can adopt, each line is written at once, before the thing it announces happens: a killed process loses none. The
 * disk is asked to store a begun attempt soon, but nothing waits for it: what a power cut takes away is an attempt that nobody adopts,
 * which the control plane gives to another agent when the lease ends.
 * When the executor cannot adopt, the list only tells the next process what was lost. Lines wait a moment, and an attempt that ends
 * within it is never written.
 */
import { closeSync, fdatasync, fsyncSync, openSync, renameSync, writeFileSync, writeSync } from "node:fs";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import { errorText, type AgentLog } from "../agent-log.ts";
import type { OutputStream } from "../logs/output-stream.ts";
import { attemptKey, type StepRef } from "../step-ref.ts";
import type { AttemptRecords, EventMark, ListLine, RecordedAttempt } from "./attempt-records.ts";

const WRITE_DELAY_MS = 250;
/** The file is written anew when it has grown by this much, and to at least twice what it has to say. */
const REWRITE_BYTES = 64 * 1024;

export interface AttemptListOptions {
  readonly path: string;
  readonly records: AttemptRecords;
  readonly executor: string;
  /** The executor can adopt. */
  readonly adoptable: boolean;
  readonly log: AgentLog;
}

export class AttemptList {
  readonly #options: AttemptListOptions;
  #records: AttemptRecords;
  #waiting: ListLine[] = [];
  #timer: NodeJS.Timeout | null = null;
  #fd: number | null = null;
  /** Bytes in the file when it was last written anew, and since then. */
  #baseBytes = 0;
  #addedBytes = 0;
  #syncing = false;
  #failed = false;

  constructor(options: AttemptListOptions) {
    this.#options = options;
    this.#records = options.records;
    this.#rewrite();
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

  /** This process continues the numbers of an earlier one, of which the control plane has those up to `s`. */
  resumed(s: number): void {
    this.#add({ t: "received", s });
  }

  renumbered(instance: string): void {
    this.#records = this.#records.renumbered(instance);
    this.#rewrite();
  }

  close(): void {
    this.#flush();
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
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
    if (this.#fd === null || this.#addedBytes > Math.max(REWRITE_BYTES, this.#baseBytes)) return this.#rewrite();
    const text = textOf(lines);
    try {
      writeSync(this.#fd, text);
      this.#addedBytes += Buffer.byteLength(text);
    } catch (error) {
      // A part of the line may be in the file, and nothing may follow it.
      closeSync(this.#fd);
      this.#fd = null;
      this.#warn(error);
    }
  }

  /** Under another name first, so that there is a complete list at every moment. */
  #rewrite(): void {
    const { path, adoptable } = this.#options;
    const temporary = `${path}.tmp`;
    const text = textOf(this.#records.lines());
    try {
      if (this.#fd !== null) closeSync(this.#fd);
      this.#fd = null;
      writeFileSync(temporary, text);
      const fd = openSync(temporary, "a");
      // Without this a power cut could leave an empty file under the name of the old list.
      if (adoptable) fsyncSync(fd);
      renameSync(temporary, path);
      this.#fd = fd;
      this.#baseBytes = Buffer.byteLength(text);
      this.#addedBytes = 0;
      this.#failed = false;
    } catch (error) {
      this.#warn(error);
    }
  }

  #sync(): void {
    if (this.#fd === null || this.#syncing) return;
    this.#syncing = true;
    fdatasync(this.#fd, () => {
      this.#syncing = false;
    });
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
