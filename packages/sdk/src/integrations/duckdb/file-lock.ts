/**
 * Lets one step at a time open a DuckDB file. DuckDB lets one process write at a time and refuses the others at once, so steps take turns with a
 * lock file beside the database. A lock whose process is gone is taken over.
 */
import { readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Logger } from "../../values/log.ts";

const ownerSchema = z.object({ holder: z.string(), pid: z.number(), host: z.string(), started: z.string().nullable() });
type Owner = z.infer<typeof ownerSchema>;

export interface LockRequest {
  /** The database file. */
  readonly path: string;
  /** Shown to those who wait, e.g. `step gold/top_customers`. */
  readonly holder: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Parts of one step attempt have the same owner: an idle one of them makes room for the other. */
  readonly owner: string;
  /** Closes the connection and releases the lock; resolves when the file is free. */
  lend?(): Promise<void>;
}

export interface FileLock {
  release(): void;
}

const FIRST_WAIT_MS = 25;
const LONGEST_WAIT_MS = 100;
const STEAL_TIMEOUT_MS = 10_000;

/** Locks of this process that their holders lend to others of the same step, by lock file. */
const lendable = new Map<string, { readonly owner: string; lend(): Promise<void> }>();

export async function lockDatabase(request: LockRequest): Promise<FileLock> {
  const file = lockFileOf(request.path);
  let announced = "";
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    request.signal.throwIfAborted();
    const mine: Owner = { holder: request.holder, pid: process.pid, host: hostname(), started: processStart(process.pid) };
    if (create(file, JSON.stringify(mine))) {
      if (request.lend) lendable.set(file, { owner: request.owner, lend: () => request.lend?.() ?? Promise.resolve() });
      return { release: () => release(file) };
    }
    const owner = readOwner(file);
    if (owner === null) continue;
    if (owner !== "unreadable" && owner.pid === process.pid && owner.host === mine.host) {
      const idle = lendable.get(file);
      if (idle?.owner === request.owner) {
        await idle.lend();
        continue;
      }
    }
    if (owner === "unreadable" ? olderThan(file, STEAL_TIMEOUT_MS) : isGone(owner)) {
      takeOver(file, owner === "unreadable" ? null : owner);
      continue;
    }
    const by =
      owner === "unreadable" ? "another step" : `${owner.holder} (pid ${owner.pid}${owner.host === mine.host ? "" : ` on ${owner.host}`})`;
    if (by !== announced) request.log.info(`waiting for ${basename(request.path)}, held by ${by}`);
    announced = by;
    await sleep(wait, undefined, { signal: request.signal });
  }
}

/** The same file through another path (a link) must give the same lock. */
function lockFileOf(path: string): string {
  try {
    return `${realpathSync(path)}.headgate-lock`;
  } catch {
    return join(realpathSync(dirname(path)), `${basename(path)}.headgate-lock`);
  }
}

function create(file: string, content: string): boolean {
  try {
    writeFileSync(file, content, { flag: "wx" });
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
}

function release(file: string): void {
  lendable.delete(file);
  rmSync(file, { force: true });
}

/** Null: no lock. `unreadable`: just being written, or cut short by a crash. */
function readOwner(file: string): Owner | "unreadable" | null {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT")) return null;
    throw error;
  }
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch {
    return "unreadable";
  }
}

/** On another host nothing can be known, so its locks are respected. */
function isGone(owner: Owner): boolean {
  if (owner.host !== hostname()) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return isCode(error, "ESRCH");
  }
  const started = processStart(owner.pid);
  return owner.started !== null && started !== null && started !== owner.started;
}

/** Tells a process from a later one with the same number; null where the system has no /proc. */
function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

/** Removes a dead lock. A second file makes sure that of several who noticed only one removes, and removes only what it saw. */
function takeOver(file: string, dead: Owner | null): void {
  const guard = `${file}.takeover`;
  if (!create(guard, String(process.pid))) {
    if (olderThan(guard, STEAL_TIMEOUT_MS)) rmSync(guard, { force: true });
    return;
  }
  try {
    const now = readOwner(file);
    const same =
      now !== null && (now === "unreadable" ? dead === null : dead !== null && now.pid === dead.pid && now.started === dead.started);
    if (same) rmSync(file, { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
}

function olderThan(file: string, ms: number): boolean {
  try {
    // Both times are the file system's, not a clock of ours.
    return statSync(file).mtimeMs < newestTime(dirname(file)) - ms;
  } catch {
    return false;
  }
}

function newestTime(folder: string): number {
  const probe = join(folder, `.headgate-time-${process.pid}`);
  writeFileSync(probe, "");
  const { mtimeMs } = statSync(probe);
  rmSync(probe, { force: true });
  return mtimeMs;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
