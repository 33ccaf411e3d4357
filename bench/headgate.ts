/** Measures this product: the real stack as `npm start` runs it, on a generated code location. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";
import { writeProject } from "../e2e/support/project-shell.ts";
import { freePort, removeFolder, ROOT, startStack, stopProcess, temporaryFolder, until, type Stack } from "../e2e/support/stack.ts";
import { familyMb, memoryMb } from "./process-memory.ts";
import { percentile, type Measure } from "./stats.ts";

const CLICKS = 40;
export const NOOPS = 1000;
const LINES = 50_000;

export async function measureHeadgate(): Promise<Measure[]> {
  const startSeconds = await measureStart();
  const project = temporaryFolder("bench");
  writeBenchProject(project);
  const stack = await startStack({ project });
  try {
    await until("the agent has the version", async () =>
      (await stack.api.agents.list.query()).some((agent) => agent.locations.some((location) => location.state === "ready")),
    );
    const clicks = await measureClicks(stack);
    const perStep = await measureNoops(stack);
    const rate = await measureEvents(stack);
    const { workerd, agent, workers } = stack.children();
    const sum = (pids: readonly number[]) => pids.reduce((total, pid) => total + memoryMb(pid), 0);
    return [
      { name: "start to usable, everything installed", unit: "s", value: startSeconds },
      { name: "click to user code, median", unit: "ms", value: percentile(clicks, 0.5), note: `${CLICKS} launches` },
      { name: "click to user code, 95th percentile", unit: "ms", value: percentile(clicks, 0.95) },
      { name: "no-op asset, overhead per step", unit: "ms", value: perStep, note: `${NOOPS} assets in one run` },
      { name: "events into one deployment", unit: "1/s", value: rate, note: `${LINES} log lines of one step` },
      { name: "memory, all processes", unit: "MB", value: familyMb(stack.process.pid ?? 0) },
      { name: "  command", unit: "MB", value: memoryMb(stack.process.pid ?? 0) },
      { name: "  workerd", unit: "MB", value: sum(workerd) },
      { name: "  agent", unit: "MB", value: sum(agent) },
      { name: "  workers", unit: "MB", value: sum(workers), note: `${workers.length} warm` },
    ];
  } finally {
    await stack.stop();
    removeFolder(stack.data);
    removeFolder(project);
  }
}

async function measureStart(): Promise<number> {
  const data = temporaryFolder("bench-start");
  const started = performance.now();
  const child = spawn("npm", ["start", "--silent", "--", "--json", "--data", data, "--port", String(await freePort())], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    return await new Promise<number>((done, failed) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        if (line.includes('"event":"ready"')) done((performance.now() - started) / 1000);
      });
      child.once("exit", (code) => failed(new Error(`npm start ended with ${code}`)));
    });
  } finally {
    await stopProcess(child);
    removeFolder(data);
  }
}

async function launch(stack: Stack, selection: string): Promise<string> {
  return (await stack.api.runs.launch.mutate({ target: { selection } })).id;
}

async function ended(stack: Stack, run: string) {
  return until(
    "the run ends",
    async () => {
      const detail = await stack.api.runs.get.query({ run });
      return isTerminalRun(detail.run.status) ? detail : null;
    },
    300_000,
  );
}

/** From the call until the first line of the user's function, by the clock of this machine. */
async function measureClicks(stack: Stack): Promise<number[]> {
  const values: number[] = [];
  for (let click = -3; click < CLICKS; click++) {
    const before = Date.now();
    await ended(stack, await launch(stack, "click"));
    const detail = await stack.api.assets.get.query({ key: "click" });
    const began = detail.metadata["began"];
    // The first few warm the path and are not counted.
    if (click >= 0 && began?.type === "int") values.push(began.value - before);
  }
  return values;
}

async function measureNoops(stack: Stack): Promise<number> {
  const { run } = await ended(stack, await launch(stack, "group:noop"));
  if (run.status !== "succeeded") throw new Error(`the run of no-op assets ${run.status}: ${run.error}`);
  return ((run.endedAt ?? 0) - run.createdAt) / NOOPS;
}

async function measureEvents(stack: Stack): Promise<number> {
  const { run } = await ended(stack, await launch(stack, "lines"));
  return (LINES * 1000) / ((run.endedAt ?? 0) - (run.startedAt ?? 0));
}

function writeBenchProject(folder: string): void {
  writeProject(folder, {
    name: "bench",
    code: `import { defineAsset, defineCodeLocation, materialization } from "@headgate/sdk";
const noops = Array.from({ length: ${NOOPS} }, (_, index) => defineAsset({ key: \`noop/n\${index}\`, group: "noop", async run() {} }));
const click = defineAsset({ key: "click", async run() { return materialization({ metadata: { began: Date.now() } }); } });
const lines = defineAsset({ key: "lines", async run({ log }) { for (let line = 0; line < ${LINES}; line++) log.info(\`line \${line} of a log that says nothing much\`); } });
export default defineCodeLocation({ name: "bench", assets: [noops, click, lines] });
`,
  });
}
