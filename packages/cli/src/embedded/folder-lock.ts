/** A lock file with the owner's pid. A lock whose owner is gone is taken over; a pid that now belongs to another program counts as gone. */
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { isAlive, startMark } from "./process-table.ts";

interface LockOwner {
  readonly pid: number;
  /** Tells two processes with the same pid apart; null where the system does not say. */
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
        `The data folder ${folder} is used by another headgate (process ${owner.pid}). Stop that one, or choose another folder with --data and another --port.`,
        {
          details: { pid: owner.pid },
        },
      );
    }
    removeStale(file, folder);
  }
  throw new AppError("conflict", `The lock ${file} could not be taken: other processes take it at the same moment. Try again.`);
}

export function isHeld(folder: string): boolean {
  const owner = readOwner(join(folder, "lock.json"));
  return owner !== null && isRunning(owner);
}

function isRunning(owner: LockOwner): boolean {
  return isAlive(owner.pid) && (owner.started === null || owner.started === startMark(owner.pid));
}

/** Two starters may see the same stale lock: only the one that holds the guard looks again and removes it. */
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

/** It is there with its owner in it or not at all: who sees it empty would take it for one that nobody owns. */
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
