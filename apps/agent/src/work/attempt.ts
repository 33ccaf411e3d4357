/** One step attempt on this agent, from the start of its execution to its `done`: time limits, stopping, reporting. */
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import { errorText, type AgentLog } from "../agent-log.ts";
import type { AddResult } from "../connection/outbox.ts";
import type { EventReport, Report } from "../connection/report.ts";
import type { Execution, ExecutionEnd, ExecutionEvent, ExecutionSink } from "../executors/executor.ts";
import type { StepOutput } from "../logs/step-output.ts";
import { refOf } from "../step-ref.ts";
import type { AgentTiming } from "../timing.ts";
import { failedOutcome, finalOutcome, lostOutcome, stopMessage, type StopReason } from "./attempt-outcome.ts";
import { watchIdle, type IdleWatch } from "./idle-watch.ts";

/** How the attempt comes to its execution: a start returns one at once, an adoption may find none. */
export type Launch = (sink: ExecutionSink) => Execution | Promise<Execution | null>;

/** Where an earlier agent process left this attempt. */
export interface ResumePoint {
  /** Events up to this position are stored at the control plane. */
  readonly storedPosition: number;
  readonly runningSince: number | null;
}

export interface AttemptOptions {
  readonly job: JobFrame;
  readonly launch: Launch;
  readonly resume: ResumePoint | null;
  readonly report: (report: Report, position: number) => AddResult;
  /** What `report` would answer, for an event that is stored already. */
  readonly judge: (report: EventReport) => Failure | null;
  readonly onRunning: (ref: string) => void;
  /** The attempt is over, and its end is reported by the place where it ran. */
  readonly onReported: () => void;
  readonly output: StepOutput;
  readonly timing: Pick<AgentTiming, "timeoutGraceMs">;
  readonly now: () => number;
  readonly log: AgentLog;
}

const MAX_TIMER_MS = 2 ** 31 - 1;

/** An attempt that this process reports. It begins with `run`. */
export class Attempt {
  readonly #options: AttemptOptions;
  #execution: Execution | null = null;
  #badOutput: Failure | null = null;
  #stop: StopReason | null = null;
  #escalation: NodeJS.Timeout | null = null;
  #deadline = Number.POSITIVE_INFINITY;
  #timeLimit: NodeJS.Timeout | null = null;
  #idleWatch: IdleWatch | null = null;
  #runningSince: number | null;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#runningSince = options.resume?.runningSince ?? null;
  }

  get job(): JobFrame {
    return this.#options.job;
  }

  get output(): StepOutput {
    return this.#options.output;
  }

  get stopped(): boolean {
    return this.#stop !== null;
  }

  get dropped(): boolean {
    return this.#stop?.kind === "dropped";
  }

  /** Asks user code to stop; after `graceMs` the execution is ended by force. The first reason counts. */
  stop(reason: StopReason, graceMs: number): void {
    if (this.#stop === null || reason.kind === "dropped") this.#stop = reason;
    this.#execution?.cancel(stopMessage(reason));
    // A cancel that is repeated after each reconnect must not postpone the end.
    const deadline = this.#options.now() + graceMs;
    if (deadline >= this.#deadline) return;
    this.#deadline = deadline;
    if (this.#escalation !== null) clearTimeout(this.#escalation);
    this.#escalation = setTimeout(() => this.#execution?.terminate(), graceMs);
  }

  /** The agent shuts down: an attempt that goes on without it ends here, any other one goes on as before. */
  leave(): void {
    this.#execution?.leave();
  }

  /** Never rejects; reports the end unless the attempt was dropped. */
  async run(): Promise<void> {
    const { job, report, now, output, log } = this.#options;
    let end: ExecutionEnd;
    try {
      end = await this.#execute();
    } catch (error) {
      log.error("a step attempt failed inside the agent", { run: job.run, step: job.step, error: errorText(error) });
      end = { at: now(), result: failedOutcome({ kind: "internal", message: `The agent failed: ${errorText(error)}` }, true) };
    }
    this.#endLimits();
    if (this.#escalation !== null) clearTimeout(this.#escalation);
    const { result } = end;
    if (result.outcome === "reported") this.#options.onReported();
    else if (!this.dropped)
      report({ k: "done", ...refOf(job), at: end.at, result: finalOutcome(result, { stop: this.#stop, badOutput: this.#badOutput }) }, 0);
    await this.#execution?.outputEnded;
    output.finish();
  }

  async #execute(): Promise<ExecutionEnd> {
    const { launch, now, resume } = this.#options;
    // What an earlier agent process started runs, and must be stopped there.
    if (this.#stop !== null && resume === null) return { at: now(), result: { outcome: "canceled" } };
    const launched = launch({
      onRunning: (ref) => this.#onRunning(ref),
      onRestarting: () => {
        this.#endLimits();
        this.#runningSince = null;
      },
      onEvent: (event) => this.#onEvent(event),
      onOutput: (stream, bytes) => {
        this.#idleWatch?.sign();
        this.#options.output.push(stream, bytes);
      },
    });
    const execution = launched instanceof Promise ? await launched : launched;
    if (execution === null) return { at: now(), result: lostOutcome() };
    this.#execution = execution;
    this.#stopAdopted(execution);
    return await execution.ended;
  }

  /** The attempt may have been stopped while its execution was being adopted. */
  #stopAdopted(execution: Execution): void {
    if (this.#stop === null) return;
    execution.cancel(stopMessage(this.#stop));
    if (this.#options.now() >= this.#deadline) execution.terminate();
  }

  #onRunning(ref: string): void {
    const { job, timing, now, onRunning } = this.#options;
    this.#endLimits();
    this.#runningSince ??= now();
    onRunning(ref);
    const most = job.timeoutSeconds;
    if (most !== null) {
      const left = Math.max(most * 1000 - (now() - this.#runningSince), 0);
      this.#timeLimit = setTimeout(
        () => this.stop({ kind: "timeout", seconds: most }, timing.timeoutGraceMs),
        Math.min(left, MAX_TIMER_MS),
      );
    }
    const seconds = job.idleTimeoutSeconds;
    this.#idleWatch = watchIdle(seconds, {
      // A wall clock that is set would look like a long silence, or hide one.
      now: () => performance.now(),
      idle: () => this.stop({ kind: "idle", seconds: seconds ?? 0 }, timing.timeoutGraceMs),
    });
  }

  #endLimits(): void {
    if (this.#timeLimit !== null) clearTimeout(this.#timeLimit);
    this.#timeLimit = null;
    this.#idleWatch?.stop();
    this.#idleWatch = null;
  }

  #onEvent({ position, at, event }: ExecutionEvent): void {
    this.#idleWatch?.sign();
    if (this.#stop?.kind === "dropped" || this.#stop?.kind === "broken") return;
    const { job, resume, report, judge, timing } = this.#options;
    const item: EventReport = { k: "event", ...refOf(job), at, event };
    if (position <= (resume?.storedPosition ?? 0)) {
      this.#badOutput ??= judge(item);
      return;
    }
    const added = report(item, position);
    switch (added.state) {
      case "kept":
        return;
      case "replaced":
        // The rest of the step may still be good; only its end is not.
        this.#badOutput ??= added.failure;
        return;
      case "full": {
        const message =
          "The agent had no space left to keep the reports of this step: the control plane could not be reached for too long and the spool is full.";
        return this.stop({ kind: "broken", failure: { kind: "internal", message } }, timing.timeoutGraceMs);
      }
    }
  }
}
