/** Kills workerd, agents, workers and sockets at random instants of 20 runs, and looks whether anything was lost, doubled or left behind. */
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";
import { auditRun } from "./support/run-audit.ts";
import { cuttableProxy } from "./support/cuttable-proxy.ts";
import { CLI, ROOT, removeFolder, stackEnv, startStack, stopProcess, temporaryFolder, until, type Stack } from "./support/stack.ts";
import { LOGS, writeStepsProject } from "./support/steps-project.ts";

const RUNS = 20;
const SEEDS = (process.env["HEADGATE_KILL_SEEDS"] ?? "1,2").split(",").map(Number);
type Victim = "workerd" | "agent" | "worker" | "socket";

function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const cleanups: (() => Promise<void> | void)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

/** A second agent, whose connection goes through the proxy; started again when it was killed, as a supervisor of the system would. */
function keepAgent(options: { readonly url: string; readonly token: string; readonly data: string }): {
  readonly pid: () => number | undefined;
  stop: () => Promise<void>;
} {
  let child: ChildProcess;
  let stopped = false;
  const start = () => {
    child = spawn(
      process.execPath,
      [CLI, "agent", "--url", options.url, "--token", options.token, "--data", options.data, "--slots", "2"],
      { cwd: ROOT, env: stackEnv(), stdio: "ignore" },
    );
    child.once("exit", () => {
      if (!stopped) setTimeout(start, 300);
    });
  };
  start();
  return {
    pid: () => child.pid,
    stop: async () => {
      stopped = true;
      await stopProcess(child);
    },
  };
}

async function launchRuns(stack: Stack, random: () => number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < RUNS; index++) {
    const requestId = `kill-${index}`;
    const run = await until(`launch ${index}`, () => stack.api.runs.launch.mutate({ target: { job: "all" }, requestId }));
    ids.push(run.id);
    await new Promise((wake) => setTimeout(wake, random() * 400));
  }
  return ids;
}

async function allEnded(stack: Stack, ids: readonly string[]): Promise<boolean> {
  for (const run of ids) if (!isTerminalRun((await stack.api.runs.get.query({ run })).run.status)) return false;
  return true;
}

describe("killing things at random instants", () => {
  it.each(SEEDS)("loses nothing, doubles nothing and ends every run (seed %i)", { timeout: 420_000 }, async (seed) => {
    const random = randomSource(seed);
    const project = temporaryFolder("kill-project");
    const agentData = temporaryFolder("kill-agent");
    writeStepsProject(join(project, "p"), { width: 3, depth: 3, sleepMs: 60, retries: 5 });
    const stack = await startStack({ project: join(project, "p") });
    const proxy = await cuttableProxy({ host: "127.0.0.1", port: Number(new URL(stack.url).port) });
    const secret = (await stack.api.tokens.create.mutate({ name: "through the proxy", kind: "agent" })).secret;
    const second = keepAgent({ url: `http://127.0.0.1:${proxy.port}`, token: secret, data: agentData });
    cleanups.push(
      () => removeFolder(project),
      () => removeFolder(agentData),
      () => removeFolder(stack.data),
      () => stack.stop(),
      () => proxy.close(),
      () => second.stop(),
    );
    await until(
      "both agents connect",
      async () => (await stack.api.agents.list.query()).filter((agent) => agent.status === "connected").length >= 2,
    );

    const killed: Record<Victim, number> = { workerd: 0, agent: 0, worker: 0, socket: 0 };
    const kill = (victim: Victim) => {
      const { workerd, agent, workers } = stack.children();
      const pick = (pids: readonly number[]) => pids[Math.floor(random() * pids.length)];
      const pid =
        victim === "workerd"
          ? pick(workerd)
          : victim === "worker"
            ? pick(workers)
            : victim === "agent"
              ? pick([...agent, ...(second.pid() === undefined ? [] : [second.pid() ?? 0])])
              : undefined;
      if (victim === "socket") killed.socket += proxy.cut() > 0 ? 1 : 0;
      else if (pid !== undefined && pid > 0) {
        process.kill(pid, "SIGKILL");
        killed[victim]++;
      }
    };
    let killing = true;
    const chaos = (async () => {
      // Every kind at least once, whatever the dice say.
      const planned: Victim[] = ["worker", "socket", "agent", "workerd", "worker", "socket", "worker", "agent", "socket"];
      for (const victim of planned) {
        if (!killing) return;
        await new Promise((wake) => setTimeout(wake, 400 + random() * 1600));
        try {
          kill(victim);
        } catch {
          // It ended by itself between the look and the shot.
        }
      }
    })();
    const ids = await launchRuns(stack, random);
    await chaos;
    killing = false;
    await until("every run ends", () => allEnded(stack, ids), 300_000);

    const audits = [];
    for (const run of ids) audits.push(await auditRun(stack.api, run, LOGS));
    const steps = ids.length * 9;
    console.log(
      `seed ${seed}: killed ${JSON.stringify(killed)}; ${audits.filter((audit) => audit.status === "succeeded").length} of ${RUNS} runs succeeded, ${audits.reduce((sum, audit) => sum + audit.attempts, 0)} attempts for ${steps} steps`,
    );
    expect(audits.flatMap((audit) => audit.problems)).toEqual([]);
    expect(killed).toMatchObject({ workerd: expect.any(Number) });
    for (const victim of ["workerd", "agent", "worker", "socket"] as const) expect(killed[victim]).toBeGreaterThan(0);
  });
});
