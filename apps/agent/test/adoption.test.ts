/** An agent process that is killed and started again, with an executor whose executions outlive it. */
import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventOf, openFixture, type Fixture } from "./agent-fixture.test-support.ts";
import { testJob, testTick } from "./test-location.ts";

const DETACHED = new URL("./detached/agent.ts", import.meta.url).pathname;
const BIN = new URL("../src/bin.ts", import.meta.url).pathname;

let fixture: Fixture;
const agents: AgentProcess[] = [];

interface AgentProcess {
  output(): string;
  kill(): Promise<void>;
  drain(): Promise<void>;
}

beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.kill();
  expect(fixture.plane.problems).toEqual([]);
  for (const step of new Set(fixture.plane.items.flatMap(({ item }) => ("step" in item ? [item.step] : [])))) endProcessOf(step);
  await fixture.close();
});

function startAgent(program = DETACHED): AgentProcess {
  const child: ChildProcess = spawn(
    process.execPath,
    [program, "--url", fixture.plane.url, "--data", fixture.dataDir, "--slots", "3", "--warm", "1", "--grace", "0"],
    { env: { PATH: process.env["PATH"], HEADGATE_AGENT_TOKEN: fixture.plane.token }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  child.stdout?.on("data", (bytes: Buffer) => (output += bytes.toString()));
  child.stderr?.on("data", (bytes: Buffer) => (output += bytes.toString()));
  const exit = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const agent = {
    output: () => output,
    kill: async () => {
      child.kill("SIGKILL");
      await exit;
    },
    drain: async () => {
      child.kill("SIGTERM");
      await exit;
    },
  };
  agents.push(agent);
  return agent;
}

/** An agent that has connected once more than before. */
async function connectedAgent(): Promise<AgentProcess> {
  const { plane } = fixture;
  const hellos = plane.hellos.length;
  const agent = startAgent();
  await plane.until("an agent connects", () => plane.hellos.length > hellos);
  return agent;
}

function linesOf(step: string): number {
  return fixture.plane.eventsOf(step).filter((event) => event.type === "log").length;
}

function endProcessOf(step: string): void {
  for (const event of fixture.plane.eventsOf(step)) if (event.type === "step_started") endGroup(event.pid);
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

function listPath(): string {
  const instances = join(fixture.dataDir, "instances");
  return join(instances, readdirSync(instances)[0] ?? "", "attempts.jsonl");
}

function expectOnce(step: string, lines: number): void {
  const { plane } = fixture;
  expect(plane.eventsOf(step).map((event) => event.type)).toEqual([
    "step_started",
    ...Array.from({ length: lines }, () => "log"),
    "asset_materialized",
  ]);
  const messages = plane.eventsOf(step).flatMap((event) => (event.type === "log" ? [event.message.trim()] : []));
  expect(messages).toEqual(Array.from({ length: lines }, (_, index) => `line ${index + 1}`));
  expect(plane.donesOf(step)).toEqual([{ outcome: "succeeded" }]);
}

describe("restart with adoption", () => {
  it("an agent adopts a running step and reports each event once", async () => {
    const { plane } = fixture;
    const first = await connectedAgent();
    plane.lease(testJob("chatty", { config: { lines: 400, pause: 40 } }));
    await plane.until("some lines are there", () => linesOf("chatty") > 30);
    await first.kill();
    const second = await connectedAgent();
    expect(plane.hellos.at(-1)).toMatchObject({
      instance: plane.hellos[0]?.instance,
      running: [{ run: "run-1", step: "chatty", epoch: 1 }],
    });
    await plane.doneOf("chatty");
    expectOnce("chatty", 400);
    expect(second.output()).toContain("adopted a step attempt");
  });

  it("an agent killed again and again loses and doubles nothing", async () => {
    const { plane } = fixture;
    let agent = await connectedAgent();
    for (const step of ["a", "b", "c"]) plane.lease(testJob("chatty", { step, config: { lines: 600, pause: 60 } }));
    await plane.until("all run", () => ["a", "b", "c"].every((step) => plane.eventsOf(step).length > 0));
    for (const pause of [5, 400, 90, 700, 250]) {
      await sleep(pause);
      await agent.kill();
      agent = await connectedAgent();
    }
    for (const step of ["a", "b", "c"]) {
      await plane.doneOf(step, 40_000);
      expectOnce(step, 600);
    }
  });

  it("an agent reports a step that ended while no agent ran", async () => {
    const { plane } = fixture;
    const first = await connectedAgent();
    plane.lease(testJob("chatty", { config: { lines: 60, pause: 50 } }));
    await plane.until("it runs", () => plane.eventsOf("chatty").length > 0);
    await first.kill();
    const { pid } = eventOf(plane.eventsOf("chatty"), "step_started");
    await expect.poll(() => isRunning(pid), { timeout: 20_000 }).toBe(false);
    await connectedAgent();
    await plane.doneOf("chatty");
    expectOnce("chatty", 60);
  });

  it("an agent uploads the raw output of an adopted step completely", async () => {
    const { plane } = fixture;
    const first = await connectedAgent();
    plane.lease(testJob("print-slowly"));
    await plane.until("a chunk is stored", () => plane.logs.length > 1);
    await first.kill();
    await connectedAgent();
    await plane.doneOf("print-slowly");
    const final = await plane.until("the last chunk is stored", () =>
      plane.logs.find((chunk) => chunk.final && chunk.path.includes("stdout")),
    );
    const chunks = new Map<string, string>();
    for (const { path, text } of plane.logs.filter((chunk) => chunk.path.includes("stdout"))) {
      expect(chunks.get(path) ?? text).toBe(text);
      chunks.set(path, text);
    }
    expect([...chunks.values()].join("")).toBe(Array.from({ length: 40 }, (_, index) => `slow line ${index}\n`).join(""));
    expect(Number(final.path.split("|").at(-1))).toBe(chunks.size - 1);
  });

  it("an adopted step can be canceled", async () => {
    const { plane } = fixture;
    const first = await connectedAgent();
    plane.lease(testJob("wait"));
    await plane.until("it waits", () => linesOf("wait") > 0);
    await first.kill();
    const second = await connectedAgent();
    await plane.until("it is adopted", () => second.output().includes("adopted a step attempt"));
    plane.send({ t: "cancel", run: "run-1", step: "wait", epoch: 1, graceMs: 5000, reason: "asked by ann" });
    expect(await plane.doneOf("wait")).toEqual({ outcome: "canceled" });
    expect(plane.eventsOf("wait")).toContainEqual({ type: "log", level: "info", message: "aborted: asked by ann" });
  });

  it("the time limit of an adopted step counts from its start", async () => {
    const { plane } = fixture;
    const first = await connectedAgent();
    plane.lease(testJob("wait", { timeoutSeconds: 1.5 }));
    await plane.until("it waits", () => linesOf("wait") > 0);
    await first.kill();
    await sleep(1500);
    const restarted = Date.now();
    await connectedAgent();
    expect(await plane.doneOf("wait")).toMatchObject({ outcome: "failed", failure: { kind: "timeout" } });
    expect(plane.itemsOf("wait").find((item) => item.k === "event")?.at).toBeLessThan(restarted);
  });

  it("a step whose process is gone without an end is lost", async () => {
    const { plane } = fixture;
    const first = await connectedAgent();
    plane.lease(testJob("wait"));
    await plane.until("it waits", () => linesOf("wait") > 0);
    await first.kill();
    endProcessOf("wait");
    const second = await connectedAgent();
    expect(await plane.doneOf("wait")).toMatchObject({ outcome: "failed", retryable: true, failure: { kind: "agent_lost" } });
    expect(second.output()).toContain("a step attempt of the earlier agent process is lost");
    plane.lease(testJob("noop", { step: "wait", epoch: 2 }));
    await plane.until("the next attempt ends", () => plane.donesOf("wait").length === 2);
  });

  it("a step that has a newer attempt is ended, not adopted", async () => {
    const { plane } = fixture;
    const first = await connectedAgent();
    plane.lease(testJob("wait"));
    await plane.until("it waits", () => linesOf("wait") > 0);
    const { pid } = eventOf(plane.eventsOf("wait"), "step_started");
    await first.kill();
    plane.lease(testJob("noop", { step: "wait", epoch: 2 }));
    await connectedAgent();
    expect(await plane.doneOf("wait")).toEqual({ outcome: "succeeded" });
    await expect.poll(() => isRunning(pid), { timeout: 20_000 }).toBe(false);
    expect(plane.itemsOf("wait").filter((item) => item.k === "done")).toMatchObject([{ epoch: 2 }]);
  });

  it("a half-written last line of the list loses nothing", async () => {
    const { plane } = fixture;
    const first = await connectedAgent();
    plane.lease(testJob("chatty", { config: { lines: 300, pause: 40 } }));
    await plane.until("some lines are there", () => linesOf("chatty") > 20);
    await first.kill();
    writeFileSync(listPath(), '{"t":"sent","s":99999,"eve', { flag: "a" });
    await connectedAgent();
    await plane.doneOf("chatty");
    expectOnce("chatty", 300);
  });

  it("a step whose stored events are unknown is lost, not repeated", async () => {
    const { plane } = fixture;
    const first = await connectedAgent();
    plane.lease(testJob("wait"));
    await plane.until("it waits", () => linesOf("wait") > 0);
    const { pid } = eventOf(plane.eventsOf("wait"), "step_started");
    await first.kill();
    const lines = readFileSync(listPath(), "utf8").trimEnd().split("\n");
    writeFileSync(listPath(), `${lines.filter((line) => !line.includes('"t":"sent"')).join("\n")}\n`);
    await connectedAgent();
    expect(await plane.doneOf("wait")).toMatchObject({ outcome: "failed", failure: { kind: "agent_lost" } });
    await expect.poll(() => isRunning(pid), { timeout: 20_000 }).toBe(false);
  });

  it("an agent leaves the list of a newer agent alone", async () => {
    const { plane, dataDir } = fixture;
    const first = await connectedAgent();
    plane.lease(testJob("wait"));
    await plane.until("it waits", () => linesOf("wait") > 0);
    const { pid } = eventOf(plane.eventsOf("wait"), "step_started");
    await first.kill();
    const path = listPath();
    const newer = readFileSync(path, "utf8").replace('"format":1', '"format":2');
    writeFileSync(path, newer);
    await connectedAgent();
    expect(plane.hellos.at(-1)?.instance).not.toBe(plane.hellos[0]?.instance);
    expect(plane.hellos.at(-1)?.running).toEqual([]);
    expect(readFileSync(path, "utf8")).toBe(newer);
    expect(readdirSync(join(dataDir, "instances"))).toHaveLength(2);
    expect(isRunning(pid)).toBe(true);
  });

  it("an agent with another token adopts nothing", async () => {
    const { plane } = fixture;
    const first = await connectedAgent();
    plane.lease(testJob("wait"));
    await plane.until("it waits", () => linesOf("wait") > 0);
    const { pid } = eventOf(plane.eventsOf("wait"), "step_started");
    await first.kill();
    const path = listPath();
    writeFileSync(path, readFileSync(path, "utf8").replace(/"server":"\w+"/, '"server":"another"'));
    await connectedAgent();
    expect(plane.hellos.at(-1)?.instance).not.toBe(plane.hellos[0]?.instance);
    await expect.poll(() => isRunning(pid), { timeout: 20_000 }).toBe(false);
  });

  it("nothing is kept of a step whose end is stored", async () => {
    const { plane, dataDir } = fixture;
    await connectedAgent();
    plane.lease(testJob("noop"));
    await plane.doneOf("noop");
    await expect.poll(() => readdirSync(join(dataDir, "detached")), { timeout: 20_000 }).toEqual([]);
    await expect.poll(() => readFileSync(listPath(), "utf8").trimEnd().split("\n").at(-1)).toContain('"t":"end"');
  });

  it("an agent that drains stops its steps and leaves nothing behind", async () => {
    const { plane, dataDir } = fixture;
    const agent = await connectedAgent();
    plane.lease(testJob("noop"));
    await plane.doneOf("noop");
    plane.lease(testJob("wait"));
    await plane.until("it waits", () => linesOf("wait") > 0);
    await agent.drain();
    expect(plane.donesOf("wait")).toMatchObject([{ outcome: "failed", retryable: true, failure: { kind: "agent_lost" } }]);
    expect(readdirSync(join(dataDir, "instances"))).toEqual([]);
    expect(readdirSync(join(dataDir, "detached"))).toEqual([]);
  });

  it("an evaluation with a stored part is not repeated", async () => {
    const { plane } = fixture;
    const first = await connectedAgent();
    plane.lease(testJob("wait"));
    await plane.until("it waits", () => linesOf("wait") > 0);
    await first.kill();
    writeFileSync(listPath(), '{"t":"part","tick":"tick-looks"}\n', { flag: "a" });
    await connectedAgent();
    plane.send(testTick("looks"));
    const answer = await plane.until("the tick is answered", () => plane.items.find(({ item }) => item.k === "tick")?.item);
    expect(answer).toMatchObject({ result: { outcome: "failed", message: expect.stringContaining("restarted") as unknown } });
  });

  it("an agent whose executor cannot adopt logs the lost steps", async () => {
    const { plane } = fixture;
    const first = startAgent(BIN);
    await plane.until("connected", () => plane.hellos.length === 1);
    plane.lease(testJob("wait"));
    await plane.until("it waits", () => linesOf("wait") > 0);
    await expect.poll(() => readFileSync(listPath(), "utf8"), { timeout: 20_000 }).toContain('"t":"running"');
    await first.kill();
    const second = startAgent(BIN);
    await plane.until("connected again", () => plane.hellos.length === 2);
    expect(plane.hellos[1]?.instance).not.toBe(plane.hellos[0]?.instance);
    const line =
      second
        .output()
        .split("\n")
        .find((text) => text.includes("are lost")) ?? "{}";
    expect(JSON.parse(line)).toMatchObject({ attempts: [{ run: "run-1", step: "wait", epoch: 1, executor: "process" }] });
  });
});
