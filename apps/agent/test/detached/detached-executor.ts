/**
 * A second executor, for the tests of the port: each attempt is a process of its own that outlives the agent, as a Kubernetes Job would.
 * What it reports stands in files under the data folder, which a later agent process reads from the beginning.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, openSync, closeSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import { attemptKey } from "../../src/step-ref.ts";
import { BlobStore } from "../../src/versions/blob-store.ts";
import { VersionStore } from "../../src/versions/version-store.ts";
import type {
  Adoption,
  Evaluation,
  Execution,
  ExecutionSink,
  Executor,
  ExecutorHost,
  ExecutorLocations,
} from "../../src/executors/executor.ts";
import { signalGroup } from "../../src/executors/process/process-group.ts";
import { DetachedExecution } from "./detached-execution.ts";
import { isSameProcess, pidOf, refOfProcess } from "./process-ref.ts";

/** What the process of an attempt reads at its start. */
export interface DetachedTask {
  readonly job: JobFrame;
  readonly entry: string;
  readonly root: string;
  readonly storage: string;
}

const RUNNER = new URL("./runner.ts", import.meta.url).pathname;

export class DetachedExecutor implements Executor {
  readonly kind = "detached";
  readonly labels = {};
  readonly capacity: number;
  readonly processes: readonly number[] = [];
  readonly deaths = 0;
  readonly adoption: Adoption;
  readonly locations: ExecutorLocations;
  readonly #host: ExecutorHost;
  readonly #versions: VersionStore;
  readonly #executions = new Set<DetachedExecution>();

  constructor(capacity: number, host: ExecutorHost) {
    this.capacity = capacity;
    this.#host = host;
    const { dataDir, folder, http, now } = host;
    this.#versions = new VersionStore({
      dir: join(dataDir, "versions"),
      buildDir: join(folder, "building"),
      modules: null,
      http,
      blobs: new BlobStore(join(dataDir, "blobs"), http),
      keep: 3,
      now,
    });
    this.locations = {
      load: async (location, version) => {
        await this.#versions.prepare(location, version);
        return [];
      },
      setActive: () => {},
      removeUnused: async (location, isNeeded) => await this.#versions.cleanUp(location, isNeeded),
    };
    this.adoption = {
      adopt: async ({ job, ref }, sink) => {
        // Without a process that ran there is nothing to read; one that ended left its end.
        const folder = this.#folderOf(job);
        if (ref === null || !existsSync(folder) || !(isSameProcess(ref) || existsSync(join(folder, "end.json")))) return null;
        return this.#follow(job, { ref, sink });
      },
      discard: async ({ job, ref }) => {
        if (ref !== null && isSameProcess(ref)) signalGroup(pidOf(ref), "SIGKILL");
        rmSync(this.#folderOf(job), { recursive: true, force: true });
      },
    };
  }

  start(job: JobFrame, sink: ExecutionSink): Execution {
    return this.#follow(job, { sink, launch: async () => await this.#launch(job) });
  }

  evaluate(): Evaluation {
    const result = { outcome: "failed" as const, message: "The detached executor evaluates nothing." };
    return { ended: Promise.resolve({ answered: false, result }), kill: () => {} };
  }

  sweep(): void {
    // What an earlier agent process left is adopted or discarded by its list.
  }

  async close(): Promise<void> {
    this.kill();
  }

  kill(): void {
    for (const execution of this.#executions) execution.letGo();
  }

  #follow(
    job: JobFrame,
    { ref, sink, launch }: { readonly ref?: string; readonly sink: ExecutionSink; readonly launch?: () => Promise<string> },
  ): DetachedExecution {
    const execution = new DetachedExecution({
      folder: this.#folderOf(job),
      ref: ref ?? null,
      launch: launch ?? null,
      sink,
      now: this.#host.now,
    });
    this.#executions.add(execution);
    void execution.outputEnded.then(() => this.#executions.delete(execution));
    return execution;
  }

  async #launch(job: JobFrame): Promise<string> {
    const { root, entry } = await this.#versions.prepare(job.location, job.version);
    const folder = this.#folderOf(job);
    mkdirSync(folder, { recursive: true });
    const task: DetachedTask = { job, entry, root, storage: join(this.#host.dataDir, "storage", job.location) };
    writeFileSync(join(folder, "task.json"), JSON.stringify(task));
    const out = openSync(join(folder, "stdout"), "a");
    const err = openSync(join(folder, "stderr"), "a");
    const child = spawn(process.execPath, [RUNNER, folder], { cwd: root, detached: true, stdio: ["ignore", out, err] });
    closeSync(out);
    closeSync(err);
    child.unref();
    return refOfProcess(child.pid ?? 0);
  }

  #folderOf(job: JobFrame): string {
    return join(this.#host.dataDir, "detached", createHash("sha256").update(attemptKey(job)).digest("hex").slice(0, 24));
  }
}
