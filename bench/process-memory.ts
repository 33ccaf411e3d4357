/** Resident memory of a process and all it started, in megabytes. Linux only: reads /proc. */
import { readFileSync } from "node:fs";
import { descendants } from "../e2e/support/stack.ts";

export function residentMb(pid: number): number {
  try {
    const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return line ? Number(line[1]) / 1024 : 0;
  } catch {
    return 0;
  }
}

export function familyMb(pid: number): number {
  return [pid, ...descendants(pid).map((row) => row.pid)].reduce((sum, member) => sum + residentMb(member), 0);
}
