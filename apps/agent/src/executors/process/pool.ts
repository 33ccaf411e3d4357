/**
 * Warm workers per code location version. Active versions keep a few ready; more are started when they are needed and end when they
 * have been idle. `acquire` takes a worker, `release` gives it back and says whether it may be used again.
 */
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import { errorText, type AgentLog } from "../../agent-log.ts";
import type { AgentTiming } from "../../timing.ts";
import { WorkerProcess, type WorkerOptions } from "./worker-process.ts";

/** A code location version on disk that a worker can load. */
export interface PoolVersion {
  readonly location: string;
  readonly version: string;
  /** Absolute path of the module that exports `runtime`. */
  readonly entry: string;
  readonly root: string;
}

export interface PoolOptions extends Pick<WorkerOptions, "main" | "env" | "memoryMb"> {
  readonly warm: number;
  readonly timing: AgentTiming;
  readonly log: AgentLog;
  /** Called when a process begins and when it ends. */
  readonly onWorker: (pid: number, alive: boolean) => void;
}

/** A loaded worker, or why the code location does not load. */
export type Acquired = { readonly worker: WorkerProcess } | { readonly errors: readonly LoadError[] };

interface VersionPool {
  readonly version: PoolVersion;
  active: boolean;
  readonly idle: { readonly worker: WorkerProcess; readonly timer: NodeJS.Timeout | null }[];
  busy: number;
  /** Workers being started to stay warm. */
  starting: number;
}

/** All workers of the agent. */
export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #pools = new Map<string, VersionPool>();
  readonly #all = new Set<WorkerProcess>();
  #nextId = 1;
  #closed = false;
  #deaths = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Starts the warm workers of a version. The errors say why it does not load; none when it does. */
  async warmUp(version: PoolVersion): Promise<readonly LoadError[]> {
    const pool = this.#poolOf(version);
    pool.active = true;
    if (pool.idle.length + pool.busy > 0) return [];
    const acquired = await this.acquire(version);
    if ("errors" in acquired) return acquired.errors;
    this.release(version, acquired.worker, { reuse: true });
    return [];
  }

  /** Versions that are not active end their idle workers. */
  setActive(isActive: (location: string, version: string) => boolean): void {
    for (const pool of this.#pools.values()) {
      pool.active = isActive(pool.version.location, pool.version.version);
      if (pool.active) continue;
      for (const { worker, timer } of pool.idle.splice(0)) {
        if (timer !== null) clearTimeout(timer);
        void worker.terminate();
      }
    }
  }

  async acquire(version: PoolVersion): Promise<Acquired> {
    if (this.#closed) return { errors: [{ kind: "crashed", message: "The agent is stopping." }] };
    const pool = this.#poolOf(version);
    for (let idle = pool.idle.pop(); idle !== undefined; idle = pool.idle.pop()) {
      if (idle.timer !== null) clearTimeout(idle.timer);
      if (!idle.worker.usable) continue;
      pool.busy++;
      // Its replacement starts while it does its last work.
      if (idle.worker.uses + 1 >= this.#options.timing.workerUses) this.#keepWarm(pool, 1);
      return { worker: idle.worker };
    }
    pool.busy++;
    const worker = this.#start(version);
    const errors = await worker.loaded;
    if (errors.length === 0) return { worker };
    pool.busy--;
    return { errors };
  }

  release(version: PoolVersion, worker: WorkerProcess, { reuse }: { readonly reuse: boolean }): void {
    const pool = this.#poolOf(version);
    pool.busy--;
    if (reuse && worker.usable && worker.uses < this.#options.timing.workerUses && !this.#closed) this.#idle(pool, worker);
    else void worker.terminate();
    this.#keepWarm(pool);
  }

  /** Versions of which a worker runs a step or an evaluation. */
  get busyVersions(): PoolVersion[] {
    return [...this.#pools.values()].filter((pool) => pool.busy > 0).map((pool) => pool.version);
  }

  get processes(): number[] {
    return [...this.#all].flatMap((worker) => worker.pid ?? []);
  }

  /** Workers that ended although the pool did not ask them to. */
  get deaths(): number {
    return this.#deaths;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const pool of this.#pools.values()) for (const { timer } of pool.idle.splice(0)) if (timer !== null) clearTimeout(timer);
    await Promise.all([...this.#all].map((worker) => worker.terminate()));
  }

  /** Ends all workers without waiting for them. */
  kill(): void {
    this.#closed = true;
    for (const worker of this.#all) worker.kill();
  }

  #poolOf(version: PoolVersion): VersionPool {
    const key = `${version.location}@${version.version}`;
    const known = this.#pools.get(key);
    if (known !== undefined) return known;
    const pool: VersionPool = { version, active: false, idle: [], busy: 0, starting: 0 };
    this.#pools.set(key, pool);
    return pool;
  }

  #start(version: PoolVersion): WorkerProcess {
    const { main, env, memoryMb, timing, log, onWorker } = this.#options;
    const worker = new WorkerProcess({ id: `w${this.#nextId++}`, main, env, memoryMb, timing, entry: version.entry, root: version.root });
    this.#all.add(worker);
    const { pid } = worker;
    if (pid !== undefined) onWorker(pid, true);
    log.debug("worker started", { worker: worker.id, pid: worker.pid, location: version.location });
    void worker.died.then((death) => {
      this.#all.delete(worker);
      if (death.byItself) this.#deaths++;
      if (pid !== undefined) onWorker(pid, false);
      log.debug("worker ended", { worker: worker.id, code: death.code, signal: death.signal });
      const pool = this.#poolOf(version);
      const at = pool.idle.findIndex((idle) => idle.worker === worker);
      if (at < 0) return;
      for (const { timer } of pool.idle.splice(at, 1)) if (timer !== null) clearTimeout(timer);
      log.warn("an idle worker ended by itself", {
        worker: worker.id,
        code: death.code,
        signal: death.signal,
        stderr: death.stderr.slice(-500),
      });
      this.#keepWarm(pool);
    });
    return worker;
  }

  #idle(pool: VersionPool, worker: WorkerProcess): void {
    const spare = !pool.active || pool.idle.length + pool.busy >= this.#options.warm;
    const timer = spare ? setTimeout(() => this.#endIdle(pool, worker), this.#options.timing.workerIdleMs) : null;
    timer?.unref();
    pool.idle.push({ worker, timer });
  }

  #endIdle(pool: VersionPool, worker: WorkerProcess): void {
    const at = pool.idle.findIndex((idle) => idle.worker === worker);
    // Other workers may have ended meanwhile, so that this one is needed to stay warm.
    if (at < 0 || (pool.active && pool.idle.length + pool.busy <= this.#options.warm)) return;
    pool.idle.splice(at, 1);
    void worker.terminate();
  }

  /** When a warm worker does not load, no other is started until a step needs one: this avoids a crash loop. */
  #keepWarm(pool: VersionPool, retiring = 0): void {
    if (this.#closed || !pool.active || pool.idle.length + pool.busy + pool.starting - retiring >= this.#options.warm) return;
    pool.starting++;
    void this.#warmOne(pool).catch((error: unknown) =>
      this.#options.log.error("could not start a warm worker", { error: errorText(error) }),
    );
  }

  async #warmOne(pool: VersionPool): Promise<void> {
    const worker = this.#start(pool.version);
    const errors = await worker.loaded;
    pool.starting--;
    if (errors.length > 0)
      this.#options.log.warn("a warm worker did not load", { location: pool.version.location, error: errors[0]?.message });
    else if (this.#closed || !pool.active) void worker.terminate();
    else {
      this.#idle(pool, worker);
      this.#keepWarm(pool);
    }
  }
}
