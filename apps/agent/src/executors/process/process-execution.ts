/** One step attempt in a worker process: prepare the version, take a worker, run, and turn the death of a worker into a failure. */
import { rm } from "node:fs/promises";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import type { StepOutcome } from "@headgate/shared/domain/run/event.ts";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import { errorText, type AgentLog } from "../../agent-log.ts";
import { isTransient } from "../../versions/control-plane-http.ts";
import type { PreparedVersion, VersionStore } from "../../versions/version-store.ts";
import type { Execution, ExecutionEnd, ExecutionSink } from "../executor.ts";
import type { Acquired, WorkerPool } from "./pool.ts";
import { deathFailure } from "./worker-death.ts";
import type { StepEnd, WorkerProcess, WorkFolders } from "./worker-process.ts";

/** A worker that died before user code began is no fault of the step. */
const MAX_STARTS = 3;

export interface ProcessExecutionOptions {
  readonly job: JobFrame;
  readonly sink: ExecutionSink;
  readonly folders: WorkFolders;
  readonly versions: Pick<VersionStore, "prepare">;
  readonly pool: Pick<WorkerPool, "acquire" | "release">;
  readonly now: () => number;
  readonly log: AgentLog;
}

/** Starts with its creation. It may use up to three workers, if they die before user code begins. */
export class ProcessExecution implements Execution {
  readonly #options: ProcessExecutionOptions;
  readonly #interrupted: Promise<null>;
  #interrupt: () => void = () => {};
  #canceled = false;
  /** User code began. */
  #started = false;
  #position = 0;
  #worker: WorkerProcess | null = null;
  #outputRead: Promise<void> = Promise.resolve();
  readonly ended: Promise<ExecutionEnd>;
  readonly outputEnded: Promise<void>;

  constructor(options: ProcessExecutionOptions) {
    this.#options = options;
    this.#interrupted = new Promise<null>((resolve) => {
      this.#interrupt = () => resolve(null);
    });
    this.ended = this.#execute().catch((error: unknown) => {
      const { job, log } = options;
      log.error("a step attempt failed inside the agent", { run: job.run, step: job.step, error: errorText(error) });
      return this.#end(failed({ kind: "internal", message: `The agent failed: ${errorText(error)}` }, true));
    });
    this.outputEnded = this.ended.then(async () => {
      await this.#outputRead;
      await rm(options.folders.scratch, { recursive: true, force: true }).catch(() => {});
    });
  }

  cancel(reason: string): void {
    this.#canceled = true;
    this.#interrupt();
    this.#worker?.cancel(reason);
  }

  terminate(): void {
    this.#canceled = true;
    this.#interrupt();
    void this.#worker?.terminate();
  }

  /** A worker ends with its agent. */
  leave(): boolean {
    return false;
  }

  #end(result: StepOutcome): ExecutionEnd {
    return { at: this.#options.now(), result };
  }

  async #execute(): Promise<ExecutionEnd> {
    const { job, versions, pool, sink } = this.#options;
    let version: PreparedVersion | null;
    try {
      version = await Promise.race([versions.prepare(job.location, job.version), this.#interrupted]);
    } catch (error) {
      return this.#end(failed({ kind: "load_failed", message: errorText(error) }, isTransient(error)));
    }
    if (version === null) return this.#end({ outcome: "canceled" });
    for (let start = 1; ; start++) {
      const taking = pool.acquire(version);
      const taken = await Promise.race([taking, this.#interrupted]);
      if (taken === null || (this.#canceled && "worker" in taken)) {
        this.#giveBackLater(version, taking);
        return this.#end({ outcome: "canceled" });
      }
      if ("errors" in taken) return this.#end(failed(loadFailure(taken.errors), false));
      const end = await this.#runOn(taken.worker, version);
      if (end.end === "done") return { at: end.at, result: end.result };
      if (this.#started || this.#canceled || start >= MAX_STARTS) return this.#end(failed(deathFailure(end.death), true));
      sink.onRestarting();
    }
  }

  #giveBackLater(version: PreparedVersion, taking: Promise<Acquired>): void {
    void taking.then((taken) => {
      if ("worker" in taken) this.#options.pool.release(version, taken.worker, { reuse: true });
    });
  }

  async #runOn(worker: WorkerProcess, version: PreparedVersion): Promise<StepEnd> {
    const { job, folders, sink, pool } = this.#options;
    this.#worker = worker;
    sink.onRunning(worker.ref);
    const end = await worker.run(job, folders, {
      onEvent: (event, at) => {
        if (event.type === "step_started") this.#started = true;
        sink.onEvent({ position: ++this.#position, at, event });
      },
      onOutput: (stream, bytes) => sink.onOutput(stream, bytes),
    });
    this.#worker = null;
    if (end.end === "done") this.#outputRead = worker.outputRead();
    pool.release(version, worker, { reuse: end.end === "done" && !this.#canceled && leavesCleanWorker(end.result) });
    return end;
  }
}

/** After an internal failure or a cancel the state of the worker is unknown. */
function leavesCleanWorker(result: StepOutcome): boolean {
  return result.outcome === "succeeded" || (result.outcome === "failed" && result.failure.kind !== "internal");
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
