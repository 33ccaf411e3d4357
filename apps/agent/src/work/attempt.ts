/** One step attempt on this agent, from its job frame to its `done`: prepare the version, take a worker, run, map the end. */
import { rm } from "node:fs/promises";
import type { StepEvent, StepOutcome } from "@headgate/shared/domain/run/event.ts";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import { errorText, type AgentLog } from "../agent-log.ts";
import type { Report } from "../connection/report.ts";
import type { AddResult } from "../connection/outbox.ts";
import type { StepOutput } from "../logs/step-output.ts";
import type { AgentTiming } from "../timing.ts";
import type { PreparedVersion } from "../versions/version-store.ts";
import { isTransient } from "../versions/control-plane-http.ts";
import type { Acquired } from "../workers/pool.ts";
import { deathFailure } from "../workers/worker-death.ts";
import type { StepEnd, WorkerProcess, WorkFolders } from "../workers/worker-process.ts";
import { watchIdle } from "./idle-watch.ts";
import { refOf } from "./step-ref.ts";

/** Why an attempt is stopped before its end; decides what is reported. */
export type StopReason =
  | { readonly kind: "canceled"; readonly reason: string }
  | { readonly kind: "timeout"; readonly seconds: number }
  /** It reported nothing for longer than its limit. */
  | { readonly kind: "idle"; readonly seconds: number }
  /** Superseded: the control plane wants to hear nothing of it. */
  | { readonly kind: "dropped" }
  | { readonly kind: "shutdown"; readonly reason: string }
  | { readonly kind: "broken"; readonly failure: Failure };

export interface AttemptOptions {
  readonly job: JobFrame;
  readonly folders: WorkFolders;
  readonly prepare: () => Promise<PreparedVersion>;
  readonly acquire: (version: PreparedVersion) => Promise<Acquired>;
  readonly release: (version: PreparedVersion, worker: WorkerProcess, options: { readonly reuse: boolean }) => void;
  readonly report: (report: Report) => AddResult;
  readonly output: StepOutput;
  readonly timing: Pick<AgentTiming, "timeoutGraceMs">;
  readonly now: () => number;
  readonly log: AgentLog;
}

/** A worker that died before user code began is no fault of the step. */
const MAX_STARTS = 3;

export class Attempt {
  readonly #options: AttemptOptions;
  #badOutput: Failure | null = null;
  #outputRead: Promise<void> = Promise.resolve();
  #worker: WorkerProcess | null = null;
  #stop: StopReason | null = null;
  #interrupt: (() => void) | null = null;
  #escalation: NodeJS.Timeout | null = null;
  #deadline = Number.POSITIVE_INFINITY;
  #started = false;

  constructor(options: AttemptOptions) {
    this.#options = options;
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

  /** Asks user code to stop; after `graceMs` its process group is ended. The first reason counts. */
  stop(reason: StopReason, graceMs: number): void {
    if (this.#stop === null || reason.kind === "dropped") this.#stop = reason;
    this.#interrupt?.();
    this.#worker?.cancel(messageOf(reason));
    // A cancel repeated after each reconnect must not put the end off.
    const deadline = this.#options.now() + graceMs;
    if (deadline >= this.#deadline) return;
    this.#deadline = deadline;
    if (this.#escalation !== null) clearTimeout(this.#escalation);
    this.#escalation = setTimeout(() => void this.#worker?.terminate(), graceMs);
  }

  /** Never rejects; reports the end unless the attempt was dropped. */
  async run(): Promise<void> {
    const { job, report, now, output, folders, log } = this.#options;
    let end: { readonly at: number; readonly result: StepOutcome };
    try {
      end = await this.#execute();
    } catch (error) {
      log.error("a step attempt failed inside the agent", { run: job.run, step: job.step, error: errorText(error) });
      end = {
        at: now(),
        result: { outcome: "failed", failure: { kind: "internal", message: `The agent failed: ${errorText(error)}` }, retryable: true },
      };
    }
    if (this.#escalation !== null) clearTimeout(this.#escalation);
    if (this.#stop?.kind !== "dropped")
      report({ k: "done", ...refOf(job), at: end.at, result: finalOutcome(end.result, this.#stop, this.#badOutput) });
    await this.#outputRead;
    output.finish();
    await rm(folders.scratch, { recursive: true, force: true }).catch(() => {});
  }

  async #execute(): Promise<{ at: number; result: StepOutcome }> {
    const { now, acquire, prepare } = this.#options;
    const interrupted = new Promise<null>((resolve) => {
      this.#interrupt = () => resolve(null);
    });
    if (this.#stop !== null) return { at: now(), result: { outcome: "canceled" } };
    let version: PreparedVersion | null;
    try {
      version = await Promise.race([prepare(), interrupted]);
    } catch (error) {
      return { at: now(), result: failed({ kind: "load_failed", message: errorText(error) }, isTransient(error)) };
    }
    if (version === null) return { at: now(), result: { outcome: "canceled" } };
    for (let start = 1; ; start++) {
      const taking = acquire(version);
      const taken = await Promise.race([taking, interrupted]);
      if (taken === null || (this.#stop !== null && "worker" in taken)) {
        this.#giveBackLater(version, taking);
        return { at: now(), result: { outcome: "canceled" } };
      }
      if ("errors" in taken) return { at: now(), result: failed(loadFailure(taken.errors), false) };
      const end = await this.#runOn(taken.worker, version);
      if (end.end === "done") return { at: end.at, result: end.result };
      if (this.#started || this.#stop !== null || start >= MAX_STARTS) return { at: now(), result: failed(deathFailure(end.death), true) };
    }
  }

  #giveBackLater(version: PreparedVersion, taking: Promise<Acquired>): void {
    void taking.then((taken) => {
      if ("worker" in taken) this.#options.release(version, taken.worker, { reuse: true });
    });
  }

  async #runOn(worker: WorkerProcess, version: PreparedVersion): Promise<StepEnd> {
    const { job, folders, release, output, timing } = this.#options;
    this.#worker = worker;
    const most = job.timeoutSeconds;
    const limit =
      most === null
        ? null
        : setTimeout(() => this.stop({ kind: "timeout", seconds: most }, timing.timeoutGraceMs), Math.min(most * 1000, 2 ** 31 - 1));
    const seconds = job.idleTimeoutSeconds;
    const watch = watchIdle(seconds, {
      // A wall clock that is set would look like a long silence, or hide one.
      now: () => performance.now(),
      idle: () => this.stop({ kind: "idle", seconds: seconds ?? 0 }, timing.timeoutGraceMs),
    });
    const end = await worker.run(job, folders, {
      onEvent: (event, at) => {
        watch.sign();
        this.#onEvent(event, at);
      },
      onOutput: (stream, bytes) => {
        watch.sign();
        output.push(stream, bytes);
      },
    });
    watch.stop();
    if (limit !== null) clearTimeout(limit);
    this.#worker = null;
    if (end.end === "done") {
      const { result } = end;
      const clean =
        this.#stop === null && (result.outcome === "succeeded" || (result.outcome === "failed" && result.failure.kind !== "internal"));
      this.#outputRead = worker.outputRead();
      release(version, worker, { reuse: clean });
    } else release(version, worker, { reuse: false });
    return end;
  }

  #onEvent(event: StepEvent, at: number): void {
    if (event.type === "step_started") this.#started = true;
    if (this.#stop?.kind === "dropped" || this.#stop?.kind === "broken") return;
    const added = this.#options.report({ k: "event", ...refOf(this.#options.job), at, event });
    switch (added.state) {
      case "kept":
        return;
      case "replaced":
        // The rest of the step may still be good; only its end is not.
        this.#badOutput ??= added.failure;
        return;
      case "full": {
        const message =
          "The agent had no room left to keep what this step reports: the control plane was out of reach for too long and the spool is full.";
        return this.stop({ kind: "broken", failure: { kind: "internal", message } }, this.#options.timing.timeoutGraceMs);
      }
    }
  }
}

function messageOf(reason: StopReason): string {
  switch (reason.kind) {
    case "canceled":
    case "shutdown":
      return reason.reason;
    case "timeout":
      return `The step took longer than its limit of ${reason.seconds} seconds.`;
    case "idle":
      return `The step reported nothing for ${reason.seconds} seconds, not even a log line, which is its limit for silence.`;
    case "dropped":
      return "The control plane gave this step to another attempt.";
    case "broken":
      return reason.failure.message;
  }
}

function finalOutcome(result: StepOutcome, stop: StopReason | null, badOutput: Failure | null): StepOutcome {
  if (stop?.kind === "broken") return failed(stop.failure, true);
  if (result.outcome === "succeeded") return badOutput === null ? result : failed(badOutput, false);
  switch (stop?.kind) {
    case undefined:
      return result;
    case "canceled":
    case "dropped":
      return { outcome: "canceled" };
    case "timeout":
    case "idle":
      return failed({ kind: "timeout", message: messageOf(stop), ...(result.outcome === "failed" && { cause: result.failure }) }, true);
    case "shutdown":
      return failed({ kind: "agent_lost", message: `The agent stopped before the step ended: ${messageOf(stop)}` }, true);
  }
}

function failed(failure: Failure, retryable: boolean): StepOutcome {
  return { outcome: "failed", failure, retryable };
}

function loadFailure(errors: readonly LoadError[]): Failure {
  const [first] = errors;
  if (first === undefined) return { kind: "load_failed", message: "The code location did not load." };
  const { message, stack, codeFrame, hint } = first;
  return {
    kind: "load_failed",
    message: hint === undefined ? message : `${message} ${hint}`,
    ...(stack !== undefined && { stack }),
    ...(codeFrame !== undefined && { codeFrame }),
  };
}
