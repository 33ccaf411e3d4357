/** Processor seconds and peak memory of a process and all it ever started. Linux only: reads /proc. */
import { readFileSync } from "node:fs";
import { descendants } from "../e2e/support/stack.ts";
import { memoryMb } from "./process-memory.ts";

const EVERY_MS = 200;
/** What /proc counts in; the same on every Linux of today. */
const TICKS_A_SECOND = 100;

export interface Watch {
  /** So far; of processes that live for less than a look some is missed. */
  cpuSeconds(): number;
  peakMb(): number;
  stop(): void;
}

export function watchFamily(pid: number): Watch {
  // No process adds up children that it does not wait for, so each child is counted by itself, and stays counted after its end.
  const seen = new Map<number, number>();
  let peak = 0;
  const look = (): void => {
    let memory = 0;
    for (const member of [pid, ...descendants(pid).map((row) => row.pid)]) {
      seen.set(member, Math.max(seen.get(member) ?? 0, ownCpuSeconds(member)));
      memory += memoryMb(member);
    }
    peak = Math.max(peak, memory);
  };
  look();
  const timer = setInterval(look, EVERY_MS);
  return {
    cpuSeconds() {
      look();
      return [...seen.values()].reduce((sum, seconds) => sum + seconds, 0);
    },
    peakMb: () => peak,
    stop: () => clearInterval(timer),
  };
}

export function ownCpuSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
  } catch {
    return 0;
  }
}
