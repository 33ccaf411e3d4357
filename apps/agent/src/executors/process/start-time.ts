/** When a process started, which tells it from a later one with the same id. */
import { readFileSync } from "node:fs";

/** In `/proc/<pid>/stat`, counted from the field after the program's name. */
const START_TIME_FIELD = 19;

/**
 * When a process started, in clock ticks since the machine booted. Together with the process id it names one process for good, because
 * process ids are used again. Null when the process is gone or the system has no /proc.
 */
export function startTimeOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name stands in parentheses and may itself contain spaces and parentheses.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[START_TIME_FIELD] ?? null;
  } catch {
    return null;
  }
}
