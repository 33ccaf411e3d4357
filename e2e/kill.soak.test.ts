/** Kills workerd, agents, workers and sockets at random instants of 20 runs, and looks whether anything was lost, doubled or left behind. */
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";
import { auditRun } from "./support/run-audit.ts";
import { cuttableProxy } from "./support/cuttable-proxy.ts";
import { keepAgent, killAtRandom, randomSource } from "./support/chaos.ts";
import { removeFolder, startStack, temporaryFolder, until, type Stack } from "./support/stack.ts";
import { LOGS, writeStepsProject } from "./support/steps-project.ts";

const RUNS = 20;
const SEEDS = (process.env["HEADGATE_KILL_SEEDS"] ?? "1,2").split(",").map(Number);

const cleanups: (() => Promise<void> | void)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

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

    // Every kind at least once, whatever the dice say.
    const chaos = killAtRandom({ stack, proxy, second, random }, [
      "worker",
      "socket",
      "agent",
      "workerd",
      "worker",
      "socket",
      "worker",
      "agent",
      "socket",
    ]);
    const ids = await launchRuns(stack, random);
    const killed = await chaos;
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
