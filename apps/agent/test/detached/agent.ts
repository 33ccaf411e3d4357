/** An agent process with the detached executor, which tests kill and start again. Takes the arguments of the agent. */
import { lineLog } from "../../src/agent-log.ts";
import { parseAgentConfig } from "../../src/config.ts";
import { startAgent } from "../../src/main.ts";
import { DetachedExecutor } from "./detached-executor.ts";

const config = parseAgentConfig(process.argv.slice(2), process.env);
if (!config.ok) throw new Error(config.error.message);
const agent = await startAgent(config.value, {
  log: lineLog({ level: "debug", now: Date.now, write: (line) => process.stdout.write(line) }),
  env: process.env,
  openExecutor: (host) => new DetachedExecutor(config.value.slots, host),
  now: Date.now,
  random: Math.random,
  timing: { reconnectMinMs: 10, reconnectMaxMs: 100, batchDelayMs: 5, timeoutGraceMs: 200, logChunkDelayMs: 50, farewellMs: 500 },
});
process.on("SIGTERM", () => void agent.stop("SIGTERM"));
process.exit((await agent.exited).exit === "stopped" ? 0 : 1);
