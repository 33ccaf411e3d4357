#!/usr/bin/env node
/** The agent as a process: reads its configuration, runs until it is told to stop, and ends with an exit code that says why. */
import type { AgentExit, AgentHandle, AgentSnapshot } from "./agent-handle.ts";
import { errorText, lineLog, type AgentLog } from "./agent-log.ts";
import { checkConnection } from "./check.ts";
import { AGENT_USAGE, parseAgentConfig, type AgentConfig } from "./config.ts";
import { AGENT_VERSION } from "./connection/hello.ts";
import { chooseExecutor } from "./executors/choose-executor.ts";
import { HealthListener } from "./health/health-listener.ts";
import { startAgent } from "./main.ts";
import { DEFAULT_TIMING } from "./timing.ts";

/** 0 stopped, 1 failed, 2 wrong configuration, 3 token refused, 4 version refused, 5 replaced. */
const EXIT_CODES: Readonly<Record<AgentExit["exit"], number>> = { stopped: 0, token_refused: 3, upgrade_required: 4, replaced: 5 };

const workerMain = new URL(import.meta.url.endsWith(".ts") ? "./executors/process/worker-main.ts" : "./worker-main.js", import.meta.url);

const now = (): number => Date.now();

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help")) {
    process.stdout.write(`${AGENT_USAGE}\n`);
    return 0;
  }
  if (args.includes("--version")) {
    process.stdout.write(`${AGENT_VERSION}\n`);
    return 0;
  }
  const isCheck = args[0] === "check";
  const config = parseAgentConfig(isCheck ? args.slice(1) : args, process.env);
  if (!config.ok) {
    process.stderr.write(`${config.error.message}\n`);
    return 2;
  }
  if (isCheck) return await runCheck(config.value);
  const log = lineLog({ level: config.value.logLevel, now, write: (line) => process.stdout.write(line) });
  try {
    return await runAgent(config.value, log);
  } catch (error) {
    log.error(errorText(error));
    return 1;
  }
}

/** Its line is for a person, so the log of the connection goes elsewhere. */
async function runCheck(config: AgentConfig): Promise<number> {
  const log = lineLog({ level: config.logLevel, now, write: (line) => process.stderr.write(line) });
  const { line, failure } = await checkConnection(config, { log, now, timing: DEFAULT_TIMING });
  if (failure === null) process.stdout.write(`${line}\n`);
  else process.stderr.write(`${line}\n`);
  return failure === null ? 0 : failure === "failed" ? 1 : EXIT_CODES[failure];
}

async function runAgent(config: AgentConfig, log: AgentLog): Promise<number> {
  let agent: AgentHandle | null = null;
  const snapshot = (): AgentSnapshot | null => agent?.snapshot() ?? null;
  const health = config.health === null ? null : await HealthListener.open({ ...config.health, snapshot, now });
  const started = await startAgent(config, {
    log,
    env: process.env,
    openExecutor: (host) => chooseExecutor({ config, env: process.env, workerMain }, host),
    now,
    random: Math.random,
  });
  agent = started;
  let asked = 0;
  const stop = (signal: NodeJS.Signals): void => {
    asked++;
    if (asked === 1) return void started.stop(signal);
    started.kill();
    process.exit(1);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  const { exit } = await started.exited;
  await health?.close();
  return EXIT_CODES[exit];
}

process.exit(await main(process.argv.slice(2)));
