/** What this agent does: accepts steps and ticks, each once, and knows what to say about them at hello. */
import type { JobFrame, TickFrame } from "@headgate/shared/protocol/down.ts";
import { errorText, type AgentLog } from "../agent-log.ts";
import type { Outbox } from "../connection/outbox.ts";
import type { Executor } from "../executors/executor.ts";
import type { LogUploader } from "../logs/log-uploader.ts";
import type { Mask } from "../logs/mask.ts";
import type { OutputStream } from "../logs/output-stream.ts";
import { StepOutput } from "../logs/step-output.ts";
import { attemptKey, refOf, stepKey, type StepRef } from "../step-ref.ts";
import type { AgentTiming } from "../timing.ts";
import type { AttemptList } from "./attempt-list.ts";
import type { StopReason } from "./attempt-outcome.ts";
import type { RecordedAttempt } from "./attempt-records.ts";
import { Attempt, type Launch, type ResumePoint } from "./attempt.ts";
import { RecentKeys } from "./recent-keys.ts";
import { Slots } from "./slots.ts";
import { Ticks } from "./ticks.ts";

export interface SupervisorOptions {
  readonly executor: Executor;
  readonly list: AttemptList;
  readonly outbox: Pick<Outbox, "add" | "judge">;
  /** Evaluations of an earlier agent process that cannot be repeated. */
  readonly interruptedTicks: { has(tick: string): boolean };
  readonly uploader: LogUploader;
  readonly mask: Mask;
  readonly sendTail: (step: { readonly run: string; readonly step: string; readonly stream: OutputStream; readonly text: string }) => void;
  readonly timing: AgentTiming;
  readonly now: () => number;
  readonly log: AgentLog;
}

/** An attempt of an earlier agent process, and how this one goes on with it. */
export interface Takeover {
  readonly job: JobFrame;
  readonly launch: Launch;
  readonly resume: ResumePoint;
  readonly cuts: RecordedAttempt["cuts"];
}

/** The step attempts and evaluations of one agent process. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  /** By step: at most one attempt of a step is current. */
  readonly #running = new Map<string, Attempt>();
  /** Everything that is not over, superseded attempts included. */
  readonly #ends = new Map<string, Promise<void>>();
  /** Attempts that are over and whose remains are being removed. */
  readonly #forgetting = new Set<Promise<void>>();
  readonly #finished = new RecentKeys(10_000);
  readonly #slots: Slots<Attempt>;
  #draining = false;
  readonly ticks: Ticks;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    const { executor, list, outbox, interruptedTicks } = options;
    this.#slots = new Slots(executor.capacity);
    this.ticks = new Ticks({
      executor,
      report: (report) => void outbox.add(report),
      onPart: (tick) => list.part(tick),
      interrupted: interruptedTicks,
    });
  }

  get running(): StepRef[] {
    return [...this.#running.values()].map((attempt) => refOf(attempt.job));
  }

  neededVersions(location: string): ReadonlySet<string> {
    return new Set([...this.#running.values()].filter(({ job }) => job.location === location).map(({ job }) => job.version));
  }

  accept(job: JobFrame): void {
    if (this.#finished.has(attemptKey(job))) return;
    const current = this.#running.get(stepKey(job));
    if (current !== undefined) {
      if (current.job.epoch >= job.epoch) return;
      this.#drop(current);
    }
    if (this.#draining) return this.#giveBack(job);
    const { executor, list } = this.#options;
    const attempt = this.#attemptOf({
      job,
      launch: (sink) => {
        // Written before the start: an execution that the list does not know could never be adopted.
        list.begin(job);
        return executor.start(job, sink);
      },
    });
    this.#track(
      attempt,
      this.#slots.take(attempt, () => attempt.stopped),
    );
  }

  /** Goes on with an attempt of an earlier agent process. It runs already, so it does not wait for a slot. */
  takeOver(takeover: Takeover): void {
    const attempt = this.#attemptOf(takeover);
    this.#slots.occupy(attempt);
    this.#track(attempt, Promise.resolve());
  }

  acceptTick(frame: TickFrame): void {
    if (!this.#draining) return this.ticks.accept(frame);
    const message = "The agent that was to evaluate it is shutting down.";
    this.#options.outbox.add({ k: "tick", tick: frame.tick, result: { outcome: "failed", message } });
  }

  cancel(ref: StepRef, { graceMs, reason }: { readonly graceMs: number; readonly reason: string }): void {
    const attempt = this.#running.get(stepKey(ref));
    if (attempt?.job.epoch === ref.epoch) this.#stop(attempt, { kind: "canceled", reason }, graceMs);
  }

  /** The control plane does not want these attempts any more. */
  drop(refs: readonly StepRef[]): void {
    for (const ref of refs) {
      const attempt = this.#running.get(stepKey(ref));
      if (attempt?.job.epoch === ref.epoch) this.#drop(attempt);
    }
  }

  tail(step: { readonly run: string; readonly step: string }, on: boolean): void {
    this.#running.get(stepKey(step))?.output.setTail(on);
  }

  /** No new work from now on. What goes on without this agent is left alone. */
  drain(): void {
    this.#draining = true;
    for (const attempt of this.#running.values()) attempt.leave();
  }

  stopAll(reason: StopReason, graceMs: number): void {
    for (const attempt of this.#running.values()) this.#stop(attempt, reason, graceMs);
  }

  async whenIdle(): Promise<void> {
    while (this.#ends.size + this.ticks.count > 0) await Promise.all([...this.#ends.values(), this.ticks.whenIdle()]);
  }

  /** Resolves when the remains of all attempts that are over are removed. */
  async whenForgotten(): Promise<void> {
    await Promise.all(this.#forgetting);
  }

  /** The control plane has the ends of these attempts. */
  async endStored(refs: readonly StepRef[]): Promise<void> {
    for (const ref of refs) {
      // The raw output may still be read.
      await this.#ends.get(attemptKey(ref));
      await this.#forget(ref);
    }
  }

  #track(attempt: Attempt, ready: Promise<void>): void {
    const { log } = this.#options;
    const key = attemptKey(attempt.job);
    this.#running.set(stepKey(attempt.job), attempt);
    const end = this.#run(attempt, ready).catch((error: unknown) => log.error("a step attempt ended badly", { error: errorText(error) }));
    this.#ends.set(key, end);
    void end.then(() => this.#ends.delete(key));
  }

  async #run(attempt: Attempt, ready: Promise<void>): Promise<void> {
    await ready;
    await attempt.run();
    this.#slots.free(attempt);
    // What can be adopted stays in the list until its end is stored; a dropped attempt has no end to store.
    if (this.#options.executor.adoption === null || attempt.dropped) await this.#forget(attempt.job);
  }

  async #forget(ref: StepRef): Promise<void> {
    const forgetting = this.#discard(ref).finally(() => this.#forgetting.delete(forgetting));
    this.#forgetting.add(forgetting);
    await forgetting;
  }

  async #discard(ref: StepRef): Promise<void> {
    const { list, executor, log } = this.#options;
    const recorded = list.get(ref);
    if (recorded === undefined) return;
    try {
      if (recorded.job !== null) await executor.adoption?.discard({ job: recorded.job, ref: recorded.ref });
      list.end(ref);
    } catch (error) {
      // It stays in the list: the next agent process tries again.
      log.warn("the remains of a step attempt could not be removed", { ...refOf(ref), error: errorText(error) });
    }
  }

  #drop(attempt: Attempt): void {
    this.#running.delete(stepKey(attempt.job));
    this.#finished.add(attemptKey(attempt.job));
    this.#options.log.info("dropped a step attempt", { ...refOf(attempt.job) });
    this.#stop(attempt, { kind: "dropped" }, this.#options.timing.timeoutGraceMs);
  }

  /** The job was sent before the control plane knew that this agent drains. Nothing of it was done, so another agent may have it at once. */
  #giveBack(job: JobFrame): void {
    const { log, outbox, now } = this.#options;
    log.info("gave a step back: the agent is draining", { run: job.run, step: job.step });
    this.#finished.add(attemptKey(job));
    outbox.add({ k: "done", ...refOf(job), at: now(), result: { outcome: "canceled" } });
  }

  #stop(attempt: Attempt, reason: StopReason, graceMs: number): void {
    attempt.stop(reason, graceMs);
    this.#slots.wake(attempt);
  }

  #attemptOf({ job, launch, resume, cuts }: Pick<Takeover, "job" | "launch"> & Partial<Takeover>): Attempt {
    const { list, outbox, uploader, mask, timing, now, log, sendTail } = this.#options;
    const output = new StepOutput({
      job,
      timing,
      mask,
      upload: (chunk) => uploader.upload(chunk),
      sendTail: (stream, text) => sendTail({ run: job.run, step: job.step, stream, text }),
      onLoss: (why) => this.#reportLoss(attempt, why),
      onCut: (stream, size) => list.cut(job, { stream, size }),
      cuts,
    });
    const attempt = new Attempt({
      job,
      launch,
      resume: resume ?? null,
      report: (item, position) => {
        // The moment of `done`: the control plane may send the next step before the output of this one is read.
        if (item.k === "done") this.#over(attempt);
        return outbox.add(item, position);
      },
      judge: (item) => outbox.judge(item),
      onRunning: (ref) => list.running(job, { ref, at: now() }),
      onReported: () => this.#over(attempt),
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
    this.#slots.free(attempt);
  }

  #reportLoss(attempt: Attempt, why: string): void {
    const { job } = attempt;
    const { log, outbox, now } = this.#options;
    const message = `Raw output of this step could not be stored completely: ${why}.`;
    log.warn(message, { run: job.run, step: job.step });
    // After its `done` a step reports nothing more.
    if (this.#running.get(stepKey(job)) === attempt)
      outbox.add({ k: "event", ...refOf(job), at: now(), event: { type: "log", level: "warn", message, source: "agent" } });
  }
}
