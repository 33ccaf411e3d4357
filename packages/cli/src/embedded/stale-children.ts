/**
 * Children of a headgate that was killed with SIGKILL. On Linux they end with their parent (setpriv --pdeathsig). On other systems, or
 * without that tool, the next start ends the processes that their pid files name.
 */
import { readFileSync, rmSync } from "node:fs";
import { commandLine, isAlive } from "./process-table.ts";

/** Ends the process that the file names, if it is still the same program. */
export async function endStaleChild(pidFile: string, commandPart: string): Promise<boolean> {
  let pid: number;
  try {
    pid = Number(readFileSync(pidFile, "utf8").trim());
  } catch {
    return false;
  }
  rmSync(pidFile, { force: true });
  if (!Number.isInteger(pid) || pid <= 1 || !isAlive(pid) || commandLine(pid)?.includes(commandPart) !== true) return false;
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
  for (let waited = 0; waited < 100 && isAlive(pid); waited++) await new Promise((wake) => setTimeout(wake, 20));
  return true;
}
