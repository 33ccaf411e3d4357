/**
 * `npm start`: sets up what is missing, then runs the embedded Headgate with the lakehouse example. Flags are handed on to
 * `headgate dev`, e.g. `npm start -- --once`, `--port 5000`, `--data DIR`; `--engine trino` puts the example on a real Trino.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { join, resolve } from "node:path";
import { requireNode } from "./node-version.mjs";
import { CommandFailed, stopRunningCommands } from "./run-command.mjs";
import { ENGINE_HELP, readFlags, startEngine, StartProblem } from "./start-engine.mjs";

requireNode();
const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");

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
  const { engine, flags, data } = readFlags(process.argv.slice(2), root);
  const isHelp = flags.some((flag) => flag === "--help" || flag === "-h");
  const onProgress = (text) => console.error(`headgate: ${text}`);
  const { setUp } = await import("./setup.mjs");
  const { node, env } = await setUp({ root, onProgress });
  const tables = await startEngine({ engine: isHelp ? "duckdb" : engine, data, onProgress });
  try {
    process.exitCode = await runServer(node, { ...env, ...tables.env }, flags);
  } finally {
    await tables.stop();
  }
  if (isHelp) console.log(`\n${ENGINE_HELP}`);
} catch (error) {
  const isPlain =
    error instanceof CommandFailed || error instanceof StartProblem || ["PythonEnvError", "EngineUnavailable"].includes(error?.name);
  console.error(isPlain ? `error: ${error.message}` : error);
  process.exitCode = 2;
}

/** In a process group of its own, so that Ctrl-C reaches it once, through us; the channel tells it when we are gone. */
function runServer(node, env, flags) {
  const args = [
    "--enable-source-maps",
    join(root, "packages/cli/dist/headgate.js"),
    "dev",
    "--project",
    join(root, "examples/lakehouse"),
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
