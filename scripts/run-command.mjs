/** Runs a program to its end; its output is shown at once, or kept and shown only when it fails. */
import { spawn } from "node:child_process";
import { constants, setPriority } from "node:os";

export class CommandFailed extends Error {}

/** Children end with us: the ones that run now get the signal we got. */
const running = new Set();

export function stopRunningCommands(signal) {
  for (const child of running) {
    try {
      process.kill(-child.pid, signal);
    } catch {
      child.kill(signal);
    }
  }
}

export async function runCommand(command, args, { cwd, env = process.env, show = false, what }) {
  const code = await exitOf(command, args, { cwd, env, show });
  if (code.code !== 0)
    throw new CommandFailed(
      `${what} failed (${command} ${args.join(" ")} ended with ${code.signal ?? `exit code ${code.code}`}).${code.output ? `\n${code.output}` : ""}`,
    );
}

/** `yields`: takes only the processor time that others leave. */
export function exitOf(command, args, { cwd, env = process.env, show = false, yields = false }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env,
      detached: process.platform !== "win32",
      stdio: ["ignore", show ? "inherit" : "pipe", show ? "inherit" : "pipe"],
    });
    running.add(child);
    if (yields) lowerPriority(child.pid);
    let output = "";
    const keep = (chunk) => {
      output = (output + chunk).slice(-20_000);
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    child.once("error", (error) => {
      running.delete(child);
      reject(new CommandFailed(`${command} could not be started: ${error.message}`));
    });
    child.once("close", (code, signal) => {
      running.delete(child);
      resolve({ code, signal, output: output.trim() });
    });
  });
}

function lowerPriority(pid) {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended, or could not be started.
  }
}
