/**
 * `npm start`: sets up what is missing, then runs the embedded Headgate with the lakehouse example. Flags are handed on to
 * `headgate dev`, e.g. `npm start -- --once`, `--port 5000`, `--data DIR`.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { join, resolve } from "node:path";
import { requireNode } from "./node-version.mjs";
import { CommandFailed, stopRunningCommands } from "./run-command.mjs";

requireNode();
const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");
const flags = process.argv.slice(2);

let server = null;
let signals = 0;
for (const [signal, number] of [
  ["SIGINT", 2],
  ["SIGTERM", 15],
  ["SIGHUP", 1],
]) {
  process.on(signal, () => {
    signals++;
    if (server !== null) return void server.kill(signal);
    stopRunningCommands(signals > 1 ? "SIGKILL" : "SIGTERM");
    process.exit(128 + number);
  });
}

try {
  const { setUp } = await import("./setup.mjs");
  const { node, env } = await setUp({ root, onProgress: (text) => console.error(`headgate: ${text}`) });
  process.exitCode = await runServer(node, env);
} catch (error) {
  console.error(error instanceof CommandFailed || error?.name === "PythonEnvError" ? `error: ${error.message}` : error);
  process.exitCode = 2;
}

/** In a process group of its own, so that Ctrl-C reaches it once, through us; the channel tells it when we are gone. */
function runServer(node, env) {
  const data = flags.some((flag) => flag === "--data" || flag.startsWith("--data=")) ? [] : ["--data", join(root, ".headgate")];
  const args = [
    "--enable-source-maps",
    join(root, "packages/cli/dist/headgate.js"),
    "dev",
    "--project",
    join(root, "examples/lakehouse"),
    ...data,
    "--launch-if-empty",
    "full_refresh",
    ...flags,
  ];
  return new Promise((done) => {
    server = spawn(node, args, {
      cwd: resolve(process.env.INIT_CWD ?? root),
      env,
      detached: process.platform !== "win32",
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    server.once("error", (error) => {
      console.error(`error: ${node} could not be started: ${error.message}`);
      done(1);
    });
    server.once("close", (code, signal) => done(code ?? (signal === "SIGINT" ? 130 : 1)));
  });
}
