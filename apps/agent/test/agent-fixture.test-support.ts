/** Starts a real agent with real worker processes against the fake control plane, and cleans up after the test. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogFields } from "../src/agent-log.ts";
import { parseAgentConfig, type AgentConfig } from "../src/config.ts";
import { ProcessExecutor } from "../src/executors/process/process-executor.ts";
import type { AgentHandle } from "../src/agent-handle.ts";
import { startAgent } from "../src/main.ts";
import type { AgentTiming } from "../src/timing.ts";
import { FakeControlPlane } from "./fake-control-plane.ts";
import { testVersion } from "./test-location.ts";

interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

export interface Fixture {
  readonly plane: FakeControlPlane;
  readonly dataDir: string;
  readonly lines: LogLine[];
  start(options?: StartOptions): Promise<AgentHandle>;
  close(): Promise<void>;
}

interface StartOptions {
  readonly config?: Partial<AgentConfig>;
  readonly timing?: Partial<AgentTiming>;
  readonly env?: Readonly<Record<string, string>>;
  readonly random?: () => number;
}

const WORKER_MAIN = new URL("../src/executors/process/worker-main.ts", import.meta.url);

/** Short, so that tests do not wait; none of them asserts a time. */
const QUICK: Partial<AgentTiming> = {
  reconnectMinMs: 10,
  reconnectMaxMs: 200,
  batchDelayMs: 5,
  killDelayMs: 200,
  timeoutGraceMs: 200,
  logChunkDelayMs: 50,
  tailDelayMs: 5,
  tokenCheckMs: 20,
  farewellMs: 3000,
};

export async function openFixture(): Promise<Fixture> {
  const dataDir = mkdtempSync(join(tmpdir(), "headgate-agent-"));
  const plane = await FakeControlPlane.start();
  plane.addVersion(testVersion());
  const lines: LogLine[] = [];
  const agents: AgentHandle[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) =>
      void lines.push({ level, message, fields });
  return {
    plane,
    dataDir,
    lines,
    start: async ({ config, timing, env, random } = {}) => {
      const parsed = parseAgentConfig(["--url", plane.url, "--data", dataDir], { HEADGATE_AGENT_TOKEN: plane.token });
      if (!parsed.ok) throw new Error(parsed.error.message);
      const whole = { ...parsed.value, slots: 2, warmWorkers: 1, drainGraceMs: 500, ...config };
      const environment = { PATH: process.env["PATH"] ?? "", ...env };
      const agent = await startAgent(whole, {
        log: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") },
        env: environment,
        openExecutor: (host) => new ProcessExecutor({ config: whole, env: environment, workerMain: WORKER_MAIN }, host),
        now: Date.now,
        random: random ?? Math.random,
        timing: { ...QUICK, ...timing },
      });
      agents.push(agent);
      return agent;
    },
    close: async () => {
      await Promise.all(agents.map((agent) => agent.stop("end of test")));
      await plane.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Fields of the first event of a type. */
export function eventOf<T extends { readonly type: string }, K extends T["type"]>(events: readonly T[], type: K): Extract<T, { type: K }> {
  const found = events.find((event): event is Extract<T, { type: K }> => event.type === type);
  if (found === undefined) throw new Error(`no event '${type}' among ${events.map((event) => event.type).join(", ")}`);
  return found;
}
