/** A viewer in a loop and a flooding agent, measured from outside: each is a process of its own. Latencies are printed, not asserted. */
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeProject } from "./support/project-shell.ts";
import { removeFolder, ROOT, startStack, stopProcess, temporaryFolder, until, type Stack } from "./support/stack.ts";

const CODE = `import { defineAsset, defineCodeLocation } from "@headgate/sdk";
const slow = defineAsset({ key: "slow", run: () => new Promise((done) => setTimeout(done, 12_000)) });
export default defineCodeLocation({ name: "crowd", assets: [slow] });
`;
const ASKED = 40;

describe("a crowded deployment", () => {
  const project = temporaryFolder("crowd");
  let stack: Stack;
  let attackers: ChildProcess | null = null;

  beforeAll(async () => {
    writeProject(project, { name: "crowd", code: CODE });
    stack = await startStack({ project });
  });
  afterAll(async () => {
    if (attackers) await stopProcess(attackers);
    await stack?.stop();
    removeFolder(project);
    if (stack) removeFolder(stack.data);
  });

  const median = async (): Promise<number> => {
    const times: number[] = [];
    for (let asked = 0; asked < ASKED; asked++) {
      const started = performance.now();
      await stack.api.home.get.query();
      times.push(performance.now() - started);
      await new Promise((wake) => setTimeout(wake, 20));
    }
    return times.sort((a, b) => a - b)[ASKED / 2] ?? 0;
  };

  it("a loop of calls and a flood of reports end no step", async () => {
    const run = (await stack.api.runs.launch.mutate({ target: { selection: "slow" } })).id;
    await until("the step runs", async () => (await stack.api.runs.get.query({ run })).steps[0]?.status === "running");
    const viewer = await stack.api.tokens.create.mutate({ name: "viewer", kind: "api", role: "viewer" });
    const agent = await stack.api.tokens.create.mutate({ name: "flood", kind: "agent" });
    const quiet = await median();
    const place = `${stack.deployment.org}/${stack.deployment.name}`;
    const script = join(ROOT, "e2e/support/crowd.ts");
    const args = ["--conditions=headgate-source", script, stack.url, place, viewer.secret, agent.secret, run, "slow"];
    attackers = spawn(process.execPath, args, { stdio: ["pipe", "inherit", "inherit"] });
    await until("the flood has come", async () =>
      (await stack.api.agents.list.query()).some((row) => row.hostname === "raw" && row.status !== "disconnected"),
    );
    const busy = await median();
    console.info(
      `home.get: ${quiet.toFixed(1)} ms, beside a viewer's loop and a flood of reports ${busy.toFixed(1)} ms: ${(busy / quiet).toFixed(1)} times`,
    );
    await stopProcess(attackers);
    const { steps } = await until("the run has ended", async () => {
      const detail = await stack.api.runs.get.query({ run });
      return detail.run.endedAt === null ? null : detail;
    });
    expect(steps.map(({ status, attempt }) => ({ status, attempt }))).toEqual([{ status: "succeeded", attempt: 1 }]);
  });
});
