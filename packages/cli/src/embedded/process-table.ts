/** What the system knows about another process: whether it is alive, since when, and its command line. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // It exists but belongs to another user.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  return stateOf(pid) !== "Z";
}

/** A text that differs if the pid was given to another process; null if the system does not tell. */
export function startMark(pid: number): string | null {
  return statFields(pid)?.[19] ?? null;
}

export function commandLine(pid: number): string | null {
  try {
    if (process.platform === "linux") return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return null;
  }
}

/** A process that ended and was not waited for yet. It holds no resources any more. */
function stateOf(pid: number): string | null {
  return statFields(pid)?.[0] ?? null;
}

/** Fields of /proc/<pid>/stat after the command, which may itself contain spaces and parentheses. */
function statFields(pid: number): readonly string[] | null {
  if (process.platform !== "linux") return null;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null;
  }
}
