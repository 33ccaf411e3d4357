import { setTimeout as sleep } from "node:timers/promises";

const LOOK_MS = 50;

/** Signals to a worker and everything it started: each worker leads its own process group. */
export function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody is left in the group.
  }
}

/** SIGINT first, on which programs like dbt cancel the queries that they have on other machines; a SIGKILL would leave those running. */
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
