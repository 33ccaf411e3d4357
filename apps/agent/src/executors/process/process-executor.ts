/** Runs user code in worker processes on this machine. They end with their agent, so nothing can be adopted. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { JobFrame, TickFrame } from "@headgate/shared/protocol/down.ts";
import { attemptKey } from "../../step-ref.ts";
import { BlobStore } from "../../versions/blob-store.ts";
import { VersionStore } from "../../versions/version-store.ts";
import type { Evaluation, EvaluationSink, Execution, ExecutionSink, Executor, ExecutorHost, ExecutorLocations } from "../executor.ts";
import { WorkerPool } from "./pool.ts";
import { ProcessEvaluation } from "./process-evaluation.ts";
import { ProcessExecution } from "./process-execution.ts";
import { workerEnv } from "./worker-env.ts";
import { endLeftWorkers, WorkerFiles } from "./worker-files.ts";
import type { WorkFolders } from "./worker-process.ts";

const KEPT_VERSIONS = 3;

/** The part of the agent's configuration that concerns worker processes. */
export interface ProcessExecutorConfig {
  readonly slots: number;
  /** A node_modules folder where packages that are not in a bundle are found. */
  readonly modules: string | null;
  /** Names of environment variables that workers get besides the basic ones. */
  readonly workerEnv: readonly string[];
  readonly workerMemoryMb: number;
  /** Workers kept ready per active code location version. */
  readonly warmWorkers: number;
}

export interface ProcessExecutorOptions {
  readonly config: ProcessExecutorConfig;
  /** The agent's own environment, from which workers get a part. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The module that each worker process runs. */
  readonly workerMain: URL;
}

/** The executor that the agent uses unless its entry chooses another. */
export class ProcessExecutor implements Executor {
  readonly kind = "process";
  readonly adoption = null;
  readonly labels = {};
  readonly capacity: number;
  readonly locations: ExecutorLocations;
  readonly #host: ExecutorHost;
  readonly #versions: VersionStore;
  readonly #pool: WorkerPool;

  constructor({ config, env, workerMain }: ProcessExecutorOptions, host: ExecutorHost) {
    this.capacity = config.slots;
    this.#host = host;
    const { dataDir, folder, http, now, timing, log } = host;
    const files = new WorkerFiles(join(folder, "workers"));
    this.#versions = new VersionStore({
      dir: join(dataDir, "versions"),
      buildDir: join(folder, "building"),
      modules: config.modules,
      http,
      blobs: new BlobStore(join(dataDir, "blobs"), http),
      keep: KEPT_VERSIONS,
      now,
    });
    this.#pool = new WorkerPool({
      main: workerMain,
      // One clock, on a laptop and in a cluster: dbt, Python, DuckDB and dates of JavaScript go by it.
      env: { TZ: "UTC", ...workerEnv(env, config.workerEnv) },
      memoryMb: config.workerMemoryMb,
      warm: config.warmWorkers,
      timing,
      log,
      onWorker: (pid, alive) => (alive ? files.add(pid) : files.remove(pid)),
    });
    this.locations = this.#locations();
  }

  get processes(): readonly number[] {
    return this.#pool.processes;
  }

  get deaths(): number {
    return this.#pool.deaths;
  }

  start(job: JobFrame, sink: ExecutionSink): Execution {
    return new ProcessExecution({
      job,
      sink,
      folders: this.#foldersOf(job.location, hash(attemptKey(job))),
      versions: this.#versions,
      pool: this.#pool,
      now: this.#host.now,
      log: this.#host.log,
    });
  }

  evaluate(frame: TickFrame, sink: EvaluationSink): Evaluation {
    const folders = this.#foldersOf(frame.location, `tick-${hash(frame.tick)}`);
    return new ProcessEvaluation({ frame, sink, folders, versions: this.#versions, pool: this.#pool });
  }

  sweep(folder: string): void {
    endLeftWorkers(join(folder, "workers"));
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  kill(): void {
    this.#pool.kill();
  }

  #locations(): ExecutorLocations {
    return {
      load: async (location, version) => await this.#pool.warmUp(await this.#versions.prepare(location, version)),
      setActive: (isActive) => this.#pool.setActive(isActive),
      removeUnused: async (location, isNeeded) => {
        const busy = new Set(this.#pool.busyVersions.filter((entry) => entry.location === location).map((entry) => entry.version));
        return await this.#versions.cleanUp(location, (version) => busy.has(version) || isNeeded(version));
      },
    };
  }

  #foldersOf(location: string, scratch: string): WorkFolders {
    return { storage: join(this.#host.dataDir, "storage", location), scratch: join(this.#host.folder, "scratch", scratch) };
  }
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 24);
}
