/** What this agent is doing: accepts steps and ticks, never twice, and knows what to tell the control plane at hello. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { JobFrame, TickFrame } from "@headgate/shared/protocol/down.ts";
import { StepOutput } from "../logs/step-output.ts";
import type { LogUploader } from "../logs/log-uploader.ts";
import type { Mask } from "../logs/mask.ts";
import { errorText, type AgentLog } from "../agent-log.ts";
import type { AddResult } from "../connection/outbox.ts";
import type { Report } from "../connection/report.ts";
import type { AgentTiming } from "../timing.ts";
import type { VersionStore } from "../versions/version-store.ts";
import type { WorkerPool } from "../workers/pool.ts";
import type { OutputStream, WorkFolders } from "../workers/worker-process.ts";
import { Attempt, type StopReason } from "./attempt.ts";
import { RecentKeys } from "./recent-keys.ts";
import { attemptKey, refOf, stepKey, type StepRef } from "./step-ref.ts";
import { Ticks } from "./ticks.ts";

export interface SupervisorOptions {
  readonly dataDir: string;
  /** Scratch folders of this process. */
  readonly scratchDir: string;
  readonly slots: number;
  readonly versions: VersionStore;
  readonly pool: WorkerPool;
  readonly uploader: LogUploader;
  readonly mask: Mask;
  readonly report: (report: Report) => AddResult;
  readonly sendTail: (step: { readonly run: string; readonly step: string; readonly stream: OutputStream; readonly text: string }) => void;
  readonly timing: AgentTiming;
  readonly now: () => number;
  readonly log: AgentLog;
}

interface Waiting {
  readonly attempt: Attempt;
  readonly wake: () => void;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  /** By step: at most one attempt of a step is current. */
  readonly #running = new Map<string, Attempt>();
  /** Everything not yet over, superseded attempts too. */
  readonly #ends = new Set<Promise<void>>();
  readonly #finished = new RecentKeys(10_000);
  readonly #waitingForSlot: Waiting[] = [];
  readonly #holdingSlot = new Set<Attempt>();
  #draining = false;
  readonly ticks: Ticks;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    const { versions, pool, report } = options;
    this.ticks = new Ticks({
      prepare: (location, version) => versions.prepare(location, version),
      acquire: (version) => pool.acquire(version),
      release: (version, worker, reuse) => pool.release(version, worker, reuse),
      foldersOf: (frame) => this.#foldersOf(frame.location, `tick-${hash(frame.tick)}`),
      report,
    });
  }

  get running(): StepRef[] {
    return [...this.#running.values()].map((attempt) => refOf(attempt.job));
  }

  neededVersions(location: string): ReadonlySet<string> {
    const mine = [...this.#running.values()].filter(({ job }) => job.location === location).map(({ job }) => job.version);
    const busy = this.#options.pool.busyVersions.filter((entry) => entry.location === location).map((entry) => entry.version);
    return new Set([...mine, ...busy]);
  }

  accept(job: JobFrame): void {
    const { log } = this.#options;
    if (this.#finished.has(attemptKey(job))) return;
    const current = this.#running.get(stepKey(job));
    if (current !== undefined) {
      if (current.job.epoch >= job.epoch) return;
      this.#drop(current);
    }
    if (this.#draining) return this.#giveBack(job);
    const attempt = this.#attemptOf(job);
    this.#running.set(stepKey(job), attempt);
    const end = this.#runInSlot(attempt).catch((error: unknown) => log.error("a step attempt ended badly", { error: errorText(error) }));
    this.#ends.add(end);
    void end.then(() => this.#ends.delete(end));
  }

  acceptTick(frame: TickFrame): void {
    if (!this.#draining) return this.ticks.accept(frame);
    const message = "The agent that was to evaluate it is shutting down.";
    this.#options.report({ k: "tick", tick: frame.tick, result: { outcome: "failed", message } });
  }

  cancel(ref: StepRef, { graceMs, reason }: { readonly graceMs: number; readonly reason: string }): void {
    const attempt = this.#running.get(stepKey(ref));
    if (attempt?.job.epoch === ref.epoch) this.#stop(attempt, { kind: "canceled", reason }, graceMs);
  }

  /** The control plane says these attempts are not wanted any more. */
  drop(refs: readonly StepRef[]): void {
    for (const ref of refs) {
      const attempt = this.#running.get(stepKey(ref));
      if (attempt?.job.epoch === ref.epoch) this.#drop(attempt);
    }
  }

  tail(step: { readonly run: string; readonly step: string }, on: boolean): void {
    this.#running.get(stepKey(step))?.output.setTail(on);
  }

  /** No new work from now on. */
  drain(): void {
    this.#draining = true;
  }

  stopAll(reason: StopReason, graceMs: number): void {
    for (const attempt of this.#running.values()) this.#stop(attempt, reason, graceMs);
  }

  async whenIdle(): Promise<void> {
    while (this.#ends.size + this.ticks.count > 0) await Promise.all([...this.#ends, this.ticks.whenIdle()]);
  }

  #drop(attempt: Attempt): void {
    this.#running.delete(stepKey(attempt.job));
    this.#finished.add(attemptKey(attempt.job));
    this.#options.log.info("dropped a step attempt", { ...refOf(attempt.job) });
    this.#stop(attempt, { kind: "dropped" }, this.#options.timing.timeoutGraceMs);
  }

  /** A step sent before the control plane heard that this agent drains: nothing of it was done, and another agent may have it at once. */
  #giveBack(job: JobFrame): void {
    const { log, report, now } = this.#options;
    log.info("gave a step back: the agent is draining", { run: job.run, step: job.step });
    this.#finished.add(attemptKey(job));
    report({ k: "done", ...refOf(job), at: now(), result: { outcome: "canceled" } });
  }

  /** The control plane counts slots too; this only guards against more than it was promised. */
  async #runInSlot(attempt: Attempt): Promise<void> {
    while (this.#holdingSlot.size >= this.#options.slots && !attempt.stopped)
      await new Promise<void>((wake) => this.#waitingForSlot.push({ attempt, wake }));
    // One that was stopped while it waited has only its end to report, and needs no slot for that.
    if (!attempt.stopped) this.#holdingSlot.add(attempt);
    await attempt.run();
    this.#freeSlot(attempt);
  }

  #freeSlot(attempt: Attempt): void {
    this.#holdingSlot.delete(attempt);
    // Also when it held none: the slot it was woken for is still free.
    if (this.#holdingSlot.size < this.#options.slots) this.#waitingForSlot.shift()?.wake();
  }

  #stop(attempt: Attempt, reason: StopReason, graceMs: number): void {
    attempt.stop(reason, graceMs);
    const at = this.#waitingForSlot.findIndex((waiting) => waiting.attempt === attempt);
    if (at >= 0) for (const { wake } of this.#waitingForSlot.splice(at, 1)) wake();
  }

  #attemptOf(job: JobFrame): Attempt {
    const { versions, pool, report, uploader, mask, timing, now, log, sendTail } = this.#options;
    const output = new StepOutput({
      job,
      timing,
      mask,
      upload: (chunk) => uploader.upload(chunk),
      sendTail: (stream, text) => sendTail({ run: job.run, step: job.step, stream, text }),
      onLoss: (why) => this.#tellLoss(attempt, why),
    });
    const attempt = new Attempt({
      job,
      folders: this.#foldersOf(job.location, hash(attemptKey(job))),
      prepare: () => versions.prepare(job.location, job.version),
      acquire: (version) => pool.acquire(version),
      release: (version, worker, reuse) => pool.release(version, worker, reuse),
      report: (item) => {
        // The moment of `done`: the control plane may send the next step before this one's output is read.
        if (item.k === "done") this.#over(attempt);
        return report(item);
      },
      output,
      timing,
      now,
      log,
    });
    return attempt;
  }

  #over(attempt: Attempt): void {
    const key = stepKey(attempt.job);
    if (this.#running.get(key) === attempt) this.#running.delete(key);
    this.#finished.add(attemptKey(attempt.job));
    this.#freeSlot(attempt);
  }

  #tellLoss(attempt: Attempt, why: string): void {
    const { job } = attempt;
    const { log, report, now } = this.#options;
    const message = `Raw output of this step could not be stored completely: ${why}.`;
    log.warn(message, { run: job.run, step: job.step });
    // After its `done` a step says nothing more.
    if (this.#running.get(stepKey(job)) === attempt)
      report({ k: "event", ...refOf(job), at: now(), event: { type: "log", level: "warn", message, source: "agent" } });
  }

  #foldersOf(location: string, scratch: string): WorkFolders {
    return { storage: join(this.#options.dataDir, "storage", location), scratch: join(this.#options.scratchDir, scratch) };
  }
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 24);
}
