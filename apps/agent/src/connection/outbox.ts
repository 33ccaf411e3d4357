/**
 * Keeps everything that the agent reports until the control plane has it. Reports get their gap-free number when they are first sent,
 * so that log lines dropped before leave no gap. Order: in flight, then memory, then the disk spool, then the last reports of steps.
 */
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import type { AgentTiming } from "../timing.ts";
import { attemptKey, refOf, refOfKey, type StepRef } from "../step-ref.ts";
import type { Mask } from "../logs/mask.ts";
import { maskReport } from "./mask-report.ts";
import { admitReport, type EventReport, type Report } from "./report.ts";
import type { Spool, SpooledEntry } from "./spool.ts";

/** `full`: the report is lost and its step must fail. `failure`: the report was replaced and its step must fail. */
export type AddResult = { readonly state: "kept" | "full" } | { readonly state: "replaced"; readonly failure: Failure };

/** Learns what leaves the outbox, early enough to write it down. */
export interface OutboxJournal {
  /** Before anything is sent: the numbers go on after `received`, the highest that the control plane has of an earlier process. */
  resumed(received: number): void;
  /** A batch is about to be sent. `s` is its last number; `events` names the last event of each attempt in it. */
  sent(s: number, events: readonly (readonly [attempt: string, position: number])[]): void;
  /** The control plane has everything up to `s`. `ended`: the attempts whose `done` is stored now. */
  acknowledged(s: number, ended: readonly StepRef[]): void;
}

interface Entry extends SpooledEntry {
  readonly bytes: number;
}
interface SentEntry extends Entry {
  readonly s: number;
}
interface Batch {
  readonly entries: readonly SentEntry[];
}

export type OutboxLimits = Pick<AgentTiming, "batchDelayMs" | "batchItems" | "frameBytes" | "inflightBatches" | "outboxMemoryBytes">;
export interface OutboxOptions {
  readonly limits: OutboxLimits;
  readonly spool: Spool;
  readonly mask: Mask;
  readonly now: () => number;
  readonly journal?: OutboxJournal | undefined;
  /** This process goes on under the instance of an earlier one: its numbers continue those that the control plane has. */
  readonly resumes?: boolean | undefined;
}

/** The end of a step is kept even when the spool is full. There are at most as many ends as slots. */
const DONE_RESERVE_BYTES = 16 * 1024 * 1024;
const NUMBER_BYTES = 32;

/** See the comment at the top of the file for the order in which reports leave. */
export class Outbox {
  readonly #limits: OutboxLimits;
  readonly #spool: Spool;
  readonly #mask: Mask;
  readonly #now: () => number;
  readonly #journal: OutboxJournal | null;
  #resumes: boolean;
  #send: ((frame: string) => void) | null = null;
  #inflight: Batch[] = [];
  #memory: Entry[] = [];
  #memoryBytes = 0;
  #lastWords: Entry[] = [];
  #nextNumber = 1;
  #acknowledged = 0;
  #timer: NodeJS.Timeout | null = null;
  #immediate: NodeJS.Immediate | null = null;
  /** Step attempts whose `done` is not acknowledged; the number once it is sent. */
  readonly #unacknowledged = new Map<string, { readonly ref: StepRef; s: number | null }>();
  readonly #dropped = new Map<string, { count: number; readonly ref: StepRef }>();
  readonly #waiting = new Set<() => void>();

  constructor({ limits, spool, mask, now, journal, resumes }: OutboxOptions) {
    this.#journal = journal ?? null;
    this.#resumes = resumes ?? false;
    this.#limits = limits;
    this.#spool = spool;
    this.#mask = mask;
    this.#now = now;
  }

  /** `position` of an event in its execution; 0 for reports that the agent makes itself. */
  add(report: Report, position = 0): AddResult {
    const admitted = admitReport(maskReport(report, this.#mask));
    const ref = "run" in report ? refOf(report) : null;
    if (report.k === "done" && ref !== null) {
      this.#noteDropped(attemptKey(ref));
      this.#unacknowledged.set(attemptKey(ref), { ref, s: null });
    }
    const log = admitted.report.k === "event" && admitted.report.event.type === "log" && admitted.failure === null;
    const kind = log ? "log" : report.k === "done" ? "done" : "other";
    const entry: Entry = {
      text: admitted.text,
      kind,
      attempt: ref === null ? "" : attemptKey(ref),
      position,
      bytes: Buffer.byteLength(admitted.text) + NUMBER_BYTES,
    };
    const kept = this.#keep(entry, report.k !== "event");
    if (!kept && log && ref !== null) this.#countDropped(ref, 1);
    this.#schedule(isUrgent(report));
    if (admitted.failure !== null) return { state: "replaced", failure: admitted.failure };
    return { state: kept || log ? "kept" : "full" };
  }

  /** The failure that `add` would report for an event, without adding it. */
  judge(report: EventReport): Failure | null {
    return admitReport(maskReport(report, this.#mask)).failure;
  }

  /** A connection is open and the control plane has the numbers up to `received`: they are forgotten, the rest is sent again. */
  attach(send: (frame: string) => void, received: number): "resumed" | "foreign" {
    if (this.#resumes) {
      this.#resumes = false;
      this.#acknowledged = received;
      this.#nextNumber = received + 1;
      this.#journal?.resumed(received);
    }
    if (received < this.#acknowledged || received >= this.#nextNumber) return "foreign";
    this.#send = send;
    this.#forget(received);
    for (const batch of this.#inflight) send(frameOf(batch));
    this.#flush();
    return "resumed";
  }

  detach(): void {
    this.#send = null;
  }

  ack(s: number): void {
    if (s >= this.#nextNumber) return;
    this.#forget(s);
    this.#flush();
  }

  /** The control plane does not know this instance's numbers: under a new instance they begin at 1 again. */
  renumber(): void {
    const again = this.#inflight.flatMap((batch) => batch.entries);
    this.#memory = [...again.map(({ s: _s, ...entry }) => entry), ...this.#memory];
    this.#memoryBytes += again.reduce((sum, entry) => sum + entry.bytes, 0);
    this.#inflight = [];
    this.#nextNumber = 1;
    this.#acknowledged = 0;
    for (const done of this.#unacknowledged.values()) done.s = null;
  }

  get unacknowledged(): StepRef[] {
    return [...this.#unacknowledged.values()].map((done) => done.ref);
  }

  get empty(): boolean {
    return this.#inflight.length === 0 && this.#memory.length === 0 && this.#spool.empty && this.#lastWords.length === 0;
  }

  /** Reports that the control plane has not acknowledged yet, and the part of them on the disk. */
  get backlog(): { readonly reports: number; readonly spoolBytes: number } {
    const inflight = this.#inflight.reduce((sum, batch) => sum + batch.entries.length, 0);
    const reports = inflight + this.#memory.length + this.#spool.entries + this.#lastWords.length;
    return { reports, spoolBytes: this.#spool.bytes };
  }

  get numbers(): { readonly next: number; readonly acknowledged: number } {
    return { next: this.#nextNumber, acknowledged: this.#acknowledged };
  }

  async whenEmpty(timeoutMs: number): Promise<boolean> {
    if (this.empty) return true;
    return await new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(finish);
        resolve(this.empty);
      };
      const timer = setTimeout(finish, timeoutMs);
      this.#waiting.add(finish);
    });
  }

  close(): void {
    this.#send = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    this.#spool.remove();
  }

  #keep(entry: Entry, lastWord: boolean): boolean {
    const inMemory = this.#spool.empty && this.#lastWords.length === 0;
    if (inMemory && this.#memoryBytes + entry.bytes <= this.#limits.outboxMemoryBytes) {
      this.#memory.push(entry);
      this.#memoryBytes += entry.bytes;
      return true;
    }
    if (this.#lastWords.length === 0) {
      if (this.#spool.append(entry, lastWord ? DONE_RESERVE_BYTES : 0)) return true;
      if (entry.kind !== "log" && this.#makeRoom() && this.#spool.append(entry, lastWord ? DONE_RESERVE_BYTES : 0)) return true;
    }
    // The end of a step must not be lost, even when the disk is full.
    if (lastWord) this.#lastWords.push(entry);
    return lastWord;
  }

  /** Log lines go first. */
  #makeRoom(): boolean {
    try {
      const dropped = this.#spool.dropLogs();
      for (const [attempt, count] of dropped) this.#countDropped(refOfKey(attempt), count);
      return dropped.size > 0;
    } catch {
      return false;
    }
  }

  #countDropped(ref: StepRef, count: number): void {
    const known = this.#dropped.get(attemptKey(ref));
    if (known === undefined) this.#dropped.set(attemptKey(ref), { count, ref });
    else known.count += count;
  }

  #noteDropped(attempt: string): void {
    const dropped = this.#dropped.get(attempt);
    if (dropped === undefined) return;
    this.#dropped.delete(attempt);
    const message = `${dropped.count} log lines of this step were dropped: the control plane could not be reached and the agent's spool was full.`;
    const report: EventReport = {
      k: "event",
      ...dropped.ref,
      at: this.#now(),
      event: { type: "log", level: "warn", message, source: "agent" },
    };
    const { text } = admitReport(report);
    this.#keep({ text, kind: "other", attempt, position: 0, bytes: Buffer.byteLength(text) + NUMBER_BYTES }, true);
  }

  #schedule(urgent: boolean): void {
    if (this.#send === null) return;
    if (urgent) {
      // One turn later, so that reports of the same moment travel in one frame.
      this.#immediate ??= setImmediate(() => this.#flush());
    } else if (this.#immediate === null) {
      this.#timer ??= setTimeout(() => this.#flush(), this.#limits.batchDelayMs);
    }
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    this.#timer = null;
    this.#immediate = null;
    while (this.#send !== null && this.#inflight.length < this.#limits.inflightBatches) {
      const batch = this.#nextBatch();
      if (batch === null) break;
      this.#inflight.push(batch);
      this.#journal?.sent(this.#nextNumber - 1, lastPositions(batch));
      this.#send(frameOf(batch));
    }
    if (this.#spool.empty && this.#lastWords.length === 0) for (const attempt of this.#dropped.keys()) this.#noteDropped(attempt);
  }

  #nextBatch(): Batch | null {
    if (this.#memory.length === 0) this.#refill();
    const entries: SentEntry[] = [];
    let bytes = 64;
    for (const entry of this.#memory) {
      if (entries.length >= this.#limits.batchItems || (entries.length > 0 && bytes + entry.bytes > this.#limits.frameBytes)) break;
      bytes += entry.bytes;
      this.#memoryBytes -= entry.bytes;
      entries.push({ ...entry, s: this.#nextNumber++ });
      this.#noteDoneNumber(entry, this.#nextNumber - 1);
    }
    this.#memory = this.#memory.slice(entries.length);
    return entries.length === 0 ? null : { entries };
  }

  #refill(): void {
    const entries = this.#spool.empty ? this.#lastWords.splice(0) : this.#spool.takeOldest();
    this.#memory = entries.map((entry) => ({ ...entry, bytes: Buffer.byteLength(entry.text) + NUMBER_BYTES }));
    this.#memoryBytes = this.#memory.reduce((sum, entry) => sum + entry.bytes, 0);
  }

  #noteDoneNumber(entry: Entry, s: number): void {
    if (entry.kind !== "done") return;
    const done = this.#unacknowledged.get(entry.attempt);
    if (done !== undefined) done.s = s;
  }

  #forget(s: number): void {
    if (s <= this.#acknowledged) return;
    this.#acknowledged = s;
    this.#inflight = this.#inflight
      .map((batch) => ({ entries: batch.entries.filter((entry) => entry.s > s) }))
      .filter((batch) => batch.entries.length > 0);
    const ended: StepRef[] = [];
    for (const [key, done] of this.#unacknowledged) {
      if (done.s === null || done.s > s) continue;
      this.#unacknowledged.delete(key);
      ended.push(done.ref);
    }
    this.#journal?.acknowledged(s, ended);
    if (this.empty) for (const finish of this.#waiting) finish();
  }
}

function lastPositions(batch: Batch): (readonly [string, number])[] {
  return [...new Map(batch.entries.flatMap(({ attempt, position }) => (position > 0 ? [[attempt, position]] : [])))];
}

function frameOf(batch: Batch): string {
  return `{"t":"batch","items":[${batch.entries.map((entry) => `{"s":${entry.s},${entry.text.slice(1)}`).join(",")}]}`;
}

/** Latency matters where a person or the next step waits. */
function isUrgent(report: Report): boolean {
  return report.k !== "event" || report.event.type === "step_started";
}
