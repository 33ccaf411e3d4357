/** Signals to process groups, and their end. */
import { setTimeout as sleep } from "node:timers/promises";

const LOOK_MS = 50;

/** Sends a signal to a worker and everything it started. Each worker leads its own process group. */
export function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has no process any more.
  }
}

/** Sends SIGINT first: programs like dbt then cancel their queries on other machines, which a SIGKILL would leave running. */
export async function endGroup(pid: number | undefined, graceMs: number): Promise<void> {
  if (pid === undefined) return;
  signalGroup(pid, "SIGINT");
  for (const end = performance.now() + graceMs; isGroup(pid) && performance.now() < end; await sleep(LOOK_MS));
  signalGroup(pid, "SIGKILL");
}

function isGroup(pid: number): boolean {
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
}
