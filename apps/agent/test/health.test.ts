/** The health listener of a real agent, asked over HTTP as a probe asks. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { AgentHandle } from "../src/agent-handle.ts";
import { HealthListener } from "../src/health/health-listener.ts";
import { openFixture, type Fixture } from "./agent-fixture.test-support.ts";
import { testJob } from "./test-location.ts";

let fixture: Fixture;
let agent: AgentHandle | null;
let health: HealthListener;
beforeEach(async () => {
  fixture = await openFixture();
  agent = null;
  health = await HealthListener.open({ host: "127.0.0.1", port: 0, snapshot: () => agent?.snapshot() ?? null, now: Date.now });
});
afterEach(async () => {
  await fixture.close();
  await health.close();
});

async function ask(path: string, method = "GET"): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(`http://127.0.0.1:${health.port}${path}`, { method });
  return { status: response.status, text: (await response.text()).trim() };
}

async function metric(name: string): Promise<number> {
  const { text } = await ask("/metrics");
  return Number(new RegExp(`^headgate_agent_${name} (.*)$`, "m").exec(text)?.[1]);
}

it("an agent is ready after its welcome and not before", async () => {
  expect(await ask("/readyz")).toEqual({ status: 503, text: "The agent is starting." });
  expect((await ask("/livez")).status).toBe(200);
  expect((await ask("/metrics")).status).toBe(503);
  agent = await fixture.start();
  await expect.poll(() => ask("/readyz")).toEqual({ status: 200, text: "The agent is connected." });
  expect(await metric("connected")).toBe(1);
  expect(await metric("slots")).toBe(2);
});

it("a control plane that is down makes the agent only unready", async () => {
  fixture.plane.refuseUpgrade = 503;
  agent = await fixture.start();
  await fixture.plane.until("it tried twice", () => fixture.plane.connectAttempts >= 2);
  const { status, text } = await ask("/readyz");
  expect(status).toBe(503);
  expect(text).toContain("The control plane answered HTTP 503");
  expect((await ask("/livez")).status).toBe(200);
  fixture.plane.refuseUpgrade = null;
  await expect.poll(async () => (await ask("/readyz")).status).toBe(200);
});

it("a refused token makes the agent unready with the remedy", async () => {
  const path = join(fixture.dataDir, "token");
  writeFileSync(path, "wrong");
  agent = await fixture.start({ config: { token: { from: "file", path } } });
  await expect.poll(async () => (await ask("/readyz")).text).toContain("Make a new one on the dashboard's Agents page");
  expect((await ask("/livez")).status).toBe(200);
  writeFileSync(path, fixture.plane.token);
  await expect.poll(async () => (await ask("/readyz")).status).toBe(200);
});

it("a draining agent is alive but not ready", async () => {
  const started = await fixture.start({ config: { drainGraceMs: 60_000 } });
  agent = started;
  fixture.plane.lease(testJob("wait", { config: { ms: 60_000 } }));
  await fixture.plane.until("it runs", () => fixture.plane.eventsOf("wait").length > 0);
  expect(await metric("running_steps")).toBe(1);
  void started.stop("SIGTERM");
  await expect.poll(() => ask("/readyz")).toEqual({ status: 503, text: "The agent stops and takes no new steps (SIGTERM)." });
  expect((await ask("/livez")).status).toBe(200);
  fixture.plane.send({ t: "cancel", run: "run-1", step: "wait", epoch: 1, graceMs: 100, reason: "end of test" });
  await started.exited;
});

it("reports that wait are counted until they are acknowledged", async () => {
  const { plane } = fixture;
  agent = await fixture.start({ timing: { outboxMemoryBytes: 2_000, inflightBatches: 1, batchItems: 5 } });
  await expect.poll(async () => (await ask("/readyz")).status).toBe(200);
  plane.listening = false;
  plane.lease(testJob("chatty", { config: { lines: 100, width: 200, pause: 0 } }));
  await expect.poll(() => metric("spool_bytes")).toBeGreaterThan(0);
  expect(await metric("unacknowledged_reports")).toBeGreaterThan(10);
  plane.listening = true;
  plane.cut();
  await plane.doneOf("chatty");
  await expect.poll(() => metric("unacknowledged_reports")).toBe(0);
  expect(await metric("spool_bytes")).toBe(0);
});

it("a worker that is killed from outside is counted", async () => {
  const started = await fixture.start();
  agent = started;
  fixture.plane.lease(testJob("noop"));
  await fixture.plane.doneOf("noop");
  const [pid] = started.snapshot().workers;
  if (pid === undefined) throw new Error("The agent has no worker.");
  expect(await metric("worker_deaths_total")).toBe(0);
  process.kill(pid, "SIGKILL");
  await expect.poll(() => metric("worker_deaths_total")).toBe(1);
});

it("other paths and methods are refused", async () => {
  expect((await ask("/")).status).toBe(404);
  expect((await ask("/livez", "POST")).status).toBe(405);
});

it("a port in use is refused with its number and the option", async () => {
  await expect(HealthListener.open({ host: "127.0.0.1", port: health.port, snapshot: () => null, now: Date.now })).rejects.toThrow(
    `The health port ${health.port} on 127.0.0.1 is in use. Give another one with --health-port or HEADGATE_HEALTH_PORT.`,
  );
});
