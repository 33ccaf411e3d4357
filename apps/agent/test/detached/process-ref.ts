/** Names one process for good: process ids are used again, so the time of its start stands beside the id. */
import { readFileSync } from "node:fs";
import { startTimeOf } from "../../src/executors/process/start-time.ts";

export function refOfProcess(pid: number): string {
  return `${pid}:${startTimeOf(pid) ?? ""}`;
}

export function pidOf(ref: string): number {
  return Number(ref.split(":")[0]);
}

/** A zombie has ended. */
export function isSameProcess(ref: string): boolean {
  const pid = pidOf(ref);
  if (refOfProcess(pid) !== ref) return false;
  return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}
