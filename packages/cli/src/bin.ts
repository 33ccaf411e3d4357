#!/usr/bin/env node
/** The process: its streams, environment, clock and exit code. */
import { main } from "./main.ts";

// It is not an error if the reader ends early (`headgate runs | head`).
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
});

process.exitCode = await main(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  now: Date.now,
  random: Math.random,
});

// An IPC channel to the parent must not keep this process alive.
if (process.connected) process.disconnect();
