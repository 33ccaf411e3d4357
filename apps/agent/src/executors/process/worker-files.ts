/**
 * One small file per worker in the agent's instance folder. An agent that was killed cannot end its workers, and a worker that is too
 * busy does not notice that its agent is gone: the next agent process ends the workers it finds here.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { signalGroup } from "./process-group.ts";
import { startTimeOf } from "./start-time.ts";

/** The workers that run now. */
export class WorkerFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  add(pid: number): void {
    writeFileSync(join(this.#folder, String(pid)), startTimeOf(pid) ?? "");
  }

  remove(pid: number): void {
    rmSync(join(this.#folder, String(pid)), { force: true });
  }
}

/** Ends the workers that an agent process that is gone wrote down in this folder. */
export function endLeftWorkers(folder: string): void {
  for (const name of namesIn(folder)) {
    const pid = Number(name);
    if (pid > 0 && isSameWorker(pid, readText(join(folder, name)) ?? "")) signalGroup(pid, "SIGKILL");
  }
}

/**
 * Process ids are used again. A process counts as the worker when it runs the worker program and, if the file says when the worker
 * started, started at that moment. Nothing is ended on systems without /proc.
 */
function isSameWorker(pid: number, startedAt: string): boolean {
  if (readText(`/proc/${pid}/cmdline`)?.includes("worker-main") !== true) return false;
  return startedAt === "" || startTimeOf(pid) === startedAt;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
