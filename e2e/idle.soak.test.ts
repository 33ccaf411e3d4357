/** With nothing to do there is no message beside pings, no armed alarm, no write, and the control plane uses next to no processor time. */
import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goodLocation, writeProject } from "./support/bad-project.ts";
import { findFiles } from "./support/find-files.ts";
import { recordingProxy, type RecordingProxy } from "./support/recording-proxy.ts";
import { removeFolder, ROOT, stackEnv, startStack, stopProcess, temporaryFolder, until, type Stack } from "./support/stack.ts";

const IDLE_MS = 20_000;
/** Share of one core. */
const MAX_SHARE = 0.01;
/** Linux counts in hundredths of a second for every program. */
const TICKS_PER_SECOND = 100;

describe("an idle deployment", () => {
  const folder = temporaryFolder("idle");
  let stack: Stack;
  let proxy: RecordingProxy;
  let agent: ChildProcess;
  let seen: {
    readonly awake: number;
    readonly awakened: number;
    readonly frames: readonly string[];
    readonly share: number;
    readonly written: boolean;
    readonly alarms: number;
  };

  beforeAll(async () => {
    const project = join(folder, "project");
    writeProject(project, [goodLocation("calm")]);
    stack = await startStack({ project, data: join(folder, "data") });
    proxy = await recordingProxy(stack.url);
    const { secret } = await stack.api.tokens.create.mutate({ name: "idle", kind: "agent" });
    agent = spawn(process.execPath, [join(ROOT, "apps/agent/dist/agent.js"), "--url", proxy.url, "--data", join(folder, "agent")], {
      env: { ...stackEnv(), HEADGATE_AGENT_TOKEN: secret },
      stdio: "ignore",
    });
    // A run, so that what work leaves behind is idle too: leases, log chunks, live readers.
    const run = await stack.api.runs.launch.mutate({ target: { selection: "*" } });
    await until("the run succeeds", async () => (await stack.api.runs.get.query({ run: run.id })).run.status === "succeeded");
    await until(
      "both agents are ready",
      async () => (await stack.api.agents.list.query()).filter((one) => one.status === "connected").length === 2,
    );
    const [workerd = 0] = stack.children().workerd;
    const awake = openObjects(workerd).length;
    await until("the object hibernates", () => Promise.resolve(openObjects(workerd).length === 0), 40_000);
    const before = { frames: proxy.frames.length, seconds: processorSeconds(workerd), state: stateOf(stack.data) };
    await sleep(IDLE_MS);
    seen = {
      awake,
      awakened: openObjects(workerd).length,
      frames: proxy.frames.slice(before.frames).map((frame) => frame.text),
      share: ((processorSeconds(workerd) - before.seconds) * 1000) / IDLE_MS,
      written: stateOf(stack.data) !== before.state,
      alarms: armedAlarms(stack.data),
    };
    console.log(
      `idle for ${IDLE_MS / 1000} s: workerd used ${(seen.share * 100).toFixed(2)} % of a core, the agent's socket carried ${JSON.stringify(seen.frames)}`,
    );
  }, 120_000);
  afterAll(async () => {
    if (agent) await stopProcess(agent);
    await proxy?.close();
    await stack?.stop();
    removeFolder(folder);
  });

  it("sends nothing but pings over the agent's socket", () => {
    expect(seen.frames.filter((text) => text !== "p" && text !== "P")).toEqual([]);
    expect(seen.frames.length).toBeLessThanOrEqual(4);
  });

  it("the object hibernates: its database stays closed with both agents connected", () => {
    expect(seen).toMatchObject({ awake: 1, awakened: 0 });
  });

  it("no alarm is armed", () => {
    expect(seen.alarms).toBe(0);
  });

  it("writes nothing", () => {
    expect(seen.written).toBe(false);
  });

  it("uses well below one percent of a core", () => {
    expect(seen.share).toBeLessThan(MAX_SHARE);
  });

  it("the object wakes at once when there is something to do", async () => {
    const run = await stack.api.runs.launch.mutate({ target: { selection: "*" } });
    await until("the run succeeds", async () => (await stack.api.runs.get.query({ run: run.id })).run.status === "succeeded", 15_000);
  });
});

function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Databases of deployment objects that the runtime holds open: exactly those of objects that are in memory. */
function openObjects(workerd: number): string[] {
  const files = readdirSync(`/proc/${workerd}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${workerd}/fd/${fd}`)];
    } catch {
      return [];
    }
  });
  return [...new Set(files)].filter((file) => /\/headgate-Deployment\/[0-9a-f]{64}\.sqlite$/.test(file));
}

/** Size and last change of every file of the deployment's object. */
function stateOf(data: string): string {
  return ["", "-wal"]
    .flatMap((ending) => findFiles(join(data, "state/do"), `.sqlite${ending}`))
    .map((file) => [file, statSync(file).size, statSync(file).mtimeMs].join())
    .join("\n");
}

/** The runtime keeps each object's alarm in a table beside the objects. */
function armedAlarms(data: string): number {
  const counts = findFiles(join(data, "state/do"), "metadata.sqlite").map((file) => {
    const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
    const row = database.prepare("select count(*) as armed from _cf_ALARM").get();
    database.close();
    return Number(row?.["armed"]);
  });
  return counts.reduce((sum, count) => sum + count, 0);
}
