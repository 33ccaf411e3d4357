/** A lock file with the pid of its owner. A lock is taken over when its owner has ended, or when the pid now belongs to another program. */
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { isAlive, startMark } from "./process-table.ts";

interface LockOwner {
  readonly pid: number;
  /** Tells two processes with the same pid apart; null if the system does not tell. */
  readonly started: string | null;
}

export interface FolderLock {
  release(): void;
}

export function acquireLock(folder: string): FolderLock {
  const file = join(folder, "lock.json");
  for (let attempt = 0; attempt < 20; attempt++) {
    if (createExclusively(file)) return { release: () => releaseIfOwn(file) };
    const owner = readOwner(file);
    if (owner !== null && isRunning(owner)) {
      throw new AppError(
        "conflict",
        `The data folder ${folder} is used by another headgate (process ${owner.pid}). Stop that process, or choose another folder with --data and another --port.`,
        {
          details: { pid: owner.pid },
        },
      );
    }
    removeStale(file, folder);
  }
  throw new AppError(
    "conflict",
    `The lock ${file} could not be taken, because other processes were taking it at the same time. Try again.`,
  );
}

export function isHeld(folder: string): boolean {
  const owner = readOwner(join(folder, "lock.json"));
  return owner !== null && isRunning(owner);
}

function isRunning(owner: LockOwner): boolean {
  return isAlive(owner.pid) && (owner.started === null || owner.started === startMark(owner.pid));
}

/** Two processes may see the same stale lock. Only the one that holds the guard checks again and removes it. */
function removeStale(file: string, folder: string): void {
  const guard = join(folder, "lock.taking-over");
  if (!createExclusively(guard)) {
    const other = readOwner(guard);
    if (other === null || !isRunning(other)) rmSync(guard, { force: true });
    return;
  }
  try {
    const owner = readOwner(file);
    if (owner === null || !isRunning(owner)) rmSync(file, { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
}

/** The file appears together with its content: an empty lock would look as if it had no owner. */
function createExclusively(file: string): boolean {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, JSON.stringify({ pid: process.pid, started: startMark(process.pid) } satisfies LockOwner), { mode: 0o600 });
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

function releaseIfOwn(file: string): void {
  if (readOwner(file)?.pid === process.pid) rmSync(file, { force: true });
}

function readOwner(file: string): LockOwner | null {
  try {
    const owner = JSON.parse(readFileSync(file, "utf8")) as Partial<LockOwner>;
    return typeof owner.pid === "number" ? { pid: owner.pid, started: owner.started ?? null } : null;
  } catch {
    return null;
  }
}
