/**
 * Starts and ends a server of the engine tests. A pid file in its data folder names it: the next start finds there what a killed test left
 * behind, and ends it.
 */
import { execFileSync, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EngineBroken } from "./engine-files.mjs";

const POLL_MS = 100;
const STOP_MS = 10_000;

/**
 * Starts a program and waits until it answers.
 *
 * @param {{ name: string, command: string, args: string[], dataDir: string, env?: Record<string, string>, isReady: () => Promise<boolean>, timeoutMs?: number, detached?: boolean }} options
 *   `detached`: in a process group of its own, so that Ctrl-C does not reach it before its users are done;
 *   `dataDir` must stand in `args`: a process is only taken for ours when its command line names it
 * @returns {Promise<{ pid: number, stop: (signal?: NodeJS.Signals) => Promise<void> }>}
 */
export async function startProcess({ name, command, args, dataDir, env = process.env, isReady, timeoutMs = 180_000, detached = false }) {
  mkdirSync(dataDir, { recursive: true });
  await stopStale(dataDir);
  const log = openSync(join(dataDir, "server.log"), "w");
  const child = spawn(command, args, { cwd: dataDir, env, stdio: ["ignore", log, log], detached });
  closeSync(log);
  const life = { ended: "" };
  const exited = new Promise((resolve) => {
    child.once("error", (error) => resolve((life.ended = error.message)));
    child.once("exit", (code, signal) => resolve((life.ended = `ended with ${signal ?? `exit code ${code}`}`)));
  });
  if (child.pid !== undefined) writeFileSync(pidFile(dataDir), String(child.pid));
  const stop = async (signal = "SIGTERM") => {
    if (life.ended === "") {
      child.kill(signal);
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await exited;
      clearTimeout(timer);
    }
    rmSync(pidFile(dataDir), { force: true });
  };
  // A process that forgets to stop it, or ends by an error, takes it along; the pid file is for a SIGKILL.
  const onExit = () => child.kill("SIGKILL");
  process.once("exit", onExit);
  void exited.then(() => process.off("exit", onExit));
  for (const deadline = Date.now() + timeoutMs; life.ended === ""; await Promise.race([sleep(POLL_MS), exited])) {
    if (await isReady().catch(() => false)) return { pid: child.pid, stop };
    if (Date.now() < deadline) continue;
    await stop("SIGKILL");
    throw new EngineBroken(`${name} did not start within ${timeoutMs / 1000} seconds; its last words: ${lastWords(dataDir)}`);
  }
  throw new EngineBroken(`${name} did not start, it ${life.ended}; its last words: ${lastWords(dataDir)}`);
}

/** Ends the server that an earlier, killed start left behind in this folder. */
export async function stopStale(dataDir) {
  const file = pidFile(dataDir);
  const pid = readPid(file);
  if (pid !== null && commandLine(pid).includes(dataDir)) {
    process.kill(pid, "SIGTERM");
    for (const deadline = Date.now() + STOP_MS; commandLine(pid).includes(dataDir); await sleep(POLL_MS))
      if (Date.now() > deadline) process.kill(pid, "SIGKILL");
  }
  rmSync(file, { force: true });
}

/** A TCP port of loopback that is free now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

const pidFile = (dataDir) => join(dataDir, "server.pid");

function readPid(file) {
  try {
    return Number(readFileSync(file, "utf8")) || null;
  } catch {
    return null;
  }
}

/** Empty when the process is gone; a zombie has none either. */
function commandLine(pid) {
  try {
    return execFileSync("ps", ["-ww", "-o", "args=", "-p", String(pid)], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return "";
  }
}

/** A frame of a stack trace, as Java and Node write it. */
const STACK_FRAME = /^\s+(at |\.\.\. \d+ more)/;

function lastWords(dataDir) {
  const lines = readFileSync(join(dataDir, "server.log"), "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "" && !STACK_FRAME.test(line));
  // Wrong configuration is a numbered list.
  const reason = lines.find((line) => /^\d+\) /.test(line)) ?? lines.findLast((line) => /error|exception|fail/i.test(line));
  return (reason ?? lines.at(-1) ?? "none").slice(0, 500);
}
