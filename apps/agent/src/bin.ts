#!/usr/bin/env node
/** The agent as a process: reads its configuration, runs until it is told to stop, and ends with an exit code that says why. */
import type { AgentExit } from "./agent-handle.ts";
import { errorText, lineLog } from "./agent-log.ts";
import { AGENT_USAGE, parseAgentConfig } from "./config.ts";
import { chooseExecutor } from "./executors/choose-executor.ts";
import { startAgent } from "./main.ts";

/** 0 stopped, 1 failed, 2 wrong configuration, 3 token refused, 4 version refused, 5 replaced. */
const EXIT_CODES: Readonly<Record<AgentExit["exit"], number>> = { stopped: 0, token_refused: 3, upgrade_required: 4, replaced: 5 };

const workerMain = new URL(import.meta.url.endsWith(".ts") ? "./executors/process/worker-main.ts" : "./worker-main.js", import.meta.url);

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help")) {
    process.stdout.write(`${AGENT_USAGE}\n`);
    return 0;
  }
  const config = parseAgentConfig(args, process.env);
  if (!config.ok) {
    process.stderr.write(`${config.error.message}\n`);
    return 2;
  }
  const now = (): number => Date.now();
  const log = lineLog({ level: config.value.logLevel, now, write: (line) => process.stdout.write(line) });
  try {
    const agent = await startAgent(config.value, {
      log,
      env: process.env,
      openExecutor: (host) => chooseExecutor({ config: config.value, env: process.env, workerMain }, host),
      now,
      random: Math.random,
    });
    let asked = 0;
    const stop = (signal: NodeJS.Signals): void => {
      asked++;
      if (asked === 1) return void agent.stop(signal);
      agent.kill();
      process.exit(1);
    };
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
    return EXIT_CODES[(await agent.exited).exit];
  } catch (error) {
    log.error(errorText(error));
    return 1;
  }
}

process.exit(await main(process.argv.slice(2)));
