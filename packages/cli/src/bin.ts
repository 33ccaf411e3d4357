#!/usr/bin/env node
/** The process: its streams, environment, clock and exit code. */
import { main } from "./main.ts";

// A reader that went away (`headgate runs | head`) is no error.
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

// A channel to the process that started this one must not keep it alive.
if (process.connected) process.disconnect();
