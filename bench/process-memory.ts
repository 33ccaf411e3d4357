/** Memory of a process and all it started, in megabytes. Pages that processes share count once (PSS). Linux only: reads /proc. */
import { readFileSync } from "node:fs";
import { descendants } from "../e2e/support/stack.ts";

export function memoryMb(pid: number): number {
  try {
    const line = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
    return line ? Number(line[1]) / 1024 : 0;
  } catch {
    return 0;
  }
}

export function familyMb(pid: number): number {
  return [pid, ...descendants(pid).map((row) => row.pid)].reduce((sum, member) => sum + memoryMb(member), 0);
}
