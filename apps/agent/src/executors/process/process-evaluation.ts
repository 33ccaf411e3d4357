/** One evaluation of a schedule or sensor in a worker process. */
import { rm } from "node:fs/promises";
import type { TickFrame } from "@headgate/shared/protocol/down.ts";
import type { TickResult } from "@headgate/shared/protocol/tick-result.ts";
import { errorText } from "../../agent-log.ts";
import type { PreparedVersion, VersionStore } from "../../versions/version-store.ts";
import type { Evaluation, EvaluationEnd, EvaluationSink } from "../executor.ts";
import type { WorkerPool } from "./pool.ts";
import { deathFailure, type Death } from "./worker-death.ts";
import type { WorkerProcess, WorkFolders } from "./worker-process.ts";

export interface ProcessEvaluationOptions {
  readonly frame: TickFrame;
  readonly sink: EvaluationSink;
  readonly folders: WorkFolders;
  readonly versions: Pick<VersionStore, "prepare">;
  readonly pool: Pick<WorkerPool, "acquire" | "release">;
}

/** Starts with its creation. */
export class ProcessEvaluation implements Evaluation {
  readonly #options: ProcessEvaluationOptions;
  #worker: WorkerProcess | null = null;
  #killed = false;
  readonly ended: Promise<EvaluationEnd>;

  constructor(options: ProcessEvaluationOptions) {
    this.#options = options;
    this.ended = this.#evaluate().catch((error: unknown) => unanswered(errorText(error)));
  }

  kill(): void {
    this.#killed = true;
    this.#worker?.kill();
  }

  async #evaluate(): Promise<EvaluationEnd> {
    const { frame, versions, pool } = this.#options;
    const version = await versions.prepare(frame.location, frame.version);
    const taken = await pool.acquire(version);
    if ("errors" in taken) return unanswered(taken.errors[0]?.message ?? "The code location did not load.");
    return await this.#evaluateOn(taken.worker, version);
  }

  async #evaluateOn(worker: WorkerProcess, version: PreparedVersion): Promise<EvaluationEnd> {
    const { frame, sink, folders, pool } = this.#options;
    this.#worker = worker;
    if (this.#killed) worker.kill();
    sink.onRunning();
    const end = await worker.tick(frame, folders, (part) => sink.onPart(part));
    this.#worker = null;
    pool.release(version, worker, { reuse: end.end === "done" && !this.#killed });
    await rm(folders.scratch, { recursive: true, force: true });
    return end.end === "done" ? { answered: true, result: end.result } : { answered: false, result: deathResult(end.death) };
  }
}

function deathResult(death: Death): TickResult {
  const { message, stack } = deathFailure(death);
  return { outcome: "failed", message, ...(stack !== undefined && { stack }) };
}

function unanswered(message: string): EvaluationEnd {
  return { answered: false, result: { outcome: "failed", message } };
}
