/**
 * Folders that belong to one agent process (spool, scratch) and the list of its workers. What a process that was killed left behind
 * is removed by the next one: its folders, and workers that were too busy to notice that their agent is gone.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { signalGroup } from "./workers/process-group.ts";

export interface InstanceFolder {
  readonly spool: string;
  readonly building: string;
  readonly scratch: string;
  readonly noteWorker: (pid: number, alive: boolean) => void;
  readonly remove: () => void;
}

const OWNER = "owner.pid";

export function openInstanceFolder(dataDir: string, instance: string): InstanceFolder {
  const all = join(dataDir, "instances");
  mkdirSync(all, { recursive: true });
  for (const name of readdirSync(all)) sweep(join(all, name));
  const own = join(all, instance);
  const workers = join(own, "workers");
  mkdirSync(workers, { recursive: true });
  writeFileSync(join(own, OWNER), String(process.pid));
  return {
    spool: join(own, "spool"),
    building: join(own, "building"),
    scratch: join(own, "scratch"),
    noteWorker: (pid, alive) => {
      if (alive) writeFileSync(join(workers, String(pid)), "");
      else rmSync(join(workers, String(pid)), { force: true });
    },
    remove: () => rmSync(own, { recursive: true, force: true }),
  };
}

function sweep(folder: string): void {
  const owner = Number(readText(join(folder, OWNER)) ?? "0");
  // In a container every agent has the same process id: a folder of this very id is an older one's.
  if (owner > 0 && owner !== process.pid && isAlive(owner)) return;
  const workers = join(folder, "workers");
  if (existsSync(workers)) for (const pid of readdirSync(workers).map(Number)) if (isWorker(pid)) signalGroup(pid, "SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Process ids are used again; only a process that runs the worker program is ended. Without /proc nothing is. */
function isWorker(pid: number): boolean {
  return readText(`/proc/${pid}/cmdline`)?.includes("worker-main") === true;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
