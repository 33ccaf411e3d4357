/** Schedule and sensor evaluations: user code that answers with a result, with its own time limit; each tick once. */
import { rm } from "node:fs/promises";
import type { TickFrame } from "@headgate/shared/protocol/down.ts";
import type { TickResult } from "@headgate/shared/protocol/tick-result.ts";
import { errorText } from "../agent-log.ts";
import type { Report } from "../connection/report.ts";
import type { PreparedVersion } from "../versions/version-store.ts";
import type { Acquired } from "../workers/pool.ts";
import { deathFailure } from "../workers/worker-death.ts";
import type { WorkerProcess, WorkFolders } from "../workers/worker-process.ts";
import { RecentKeys } from "./recent-keys.ts";

export interface TickOptions {
  readonly prepare: (location: string, version: string) => Promise<PreparedVersion>;
  readonly acquire: (version: PreparedVersion) => Promise<Acquired>;
  readonly release: (version: PreparedVersion, worker: WorkerProcess, options: { readonly reuse: boolean }) => void;
  readonly foldersOf: (frame: TickFrame) => WorkFolders;
  readonly report: (report: Report) => void;
}

export class Ticks {
  readonly #options: TickOptions;
  readonly #running = new Map<string, Promise<void>>();
  readonly #finished = new RecentKeys(10_000);

  constructor(options: TickOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#running.size;
  }

  /** The same tick sent again is ignored: its result is in the outbox or on its way. */
  accept(frame: TickFrame): void {
    if (this.#running.has(frame.tick) || this.#finished.has(frame.tick)) return;
    const running = this.#evaluate(frame).then((result) => {
      this.#running.delete(frame.tick);
      this.#finished.add(frame.tick);
      this.#options.report({ k: "tick", tick: frame.tick, result });
    });
    this.#running.set(frame.tick, running);
  }

  async whenIdle(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  async #evaluate(frame: TickFrame): Promise<TickResult> {
    const { prepare, acquire } = this.#options;
    try {
      const version = await prepare(frame.location, frame.version);
      const taken = await acquire(version);
      if ("errors" in taken) return failed(taken.errors[0]?.message ?? "The code location did not load.");
      return await this.#evaluateOn(taken.worker, version, frame);
    } catch (error) {
      return failed(errorText(error));
    }
  }

  async #evaluateOn(worker: WorkerProcess, version: PreparedVersion, frame: TickFrame): Promise<TickResult> {
    const folders = this.#options.foldersOf(frame);
    let late = false;
    const limit = setTimeout(() => {
      late = true;
      worker.kill();
    }, frame.timeoutSeconds * 1000);
    const end = await worker.tick(frame, folders, (part) => this.#options.report({ k: "tick_part", tick: frame.tick, part }));
    clearTimeout(limit);
    this.#options.release(version, worker, { reuse: end.end === "done" && !late });
    await rm(folders.scratch, { recursive: true, force: true });
    if (end.end === "done") return end.result;
    if (late)
      return failed(`The evaluation of ${frame.kind} '${frame.name}' took longer than its limit of ${frame.timeoutSeconds} seconds.`);
    const { message, stack } = deathFailure(end.death);
    return { outcome: "failed", message, ...(stack !== undefined && { stack }) };
  }
}

function failed(message: string): TickResult {
  return { outcome: "failed", message };
}
