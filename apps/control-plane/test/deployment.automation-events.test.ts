/** Sensors on assets, ends of runs and checks, with and without user code. */
import { evictDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { TickFrame } from "@headgate/shared/protocol/down.ts";
import { MAX_TICK_EVENTS } from "@headgate/shared/protocol/tick-limits.ts";
import type { TickResult } from "@headgate/shared/protocol/tick-result.ts";
import { ringAlarm, setClock, useRealClock } from "./support/clock.ts";
import { type DeploymentObject, launch, newDeployment, person, publish, raw, rows } from "./support/deployment.ts";
import { FakeAgent } from "./support/fake-agent.ts";
import { assetsOf, manifest, type SensorInput } from "./support/manifests.ts";

const NOON = Date.UTC(2027, 5, 15, 12);
const jobs = [{ name: "after", selection: "b" }];
const SENSOR = { location: "lake", kind: "sensor", name: "s" } as const;

beforeEach(() => setClock(NOON));
afterEach(useRealClock);

async function started(sensor: Partial<SensorInput>, graph: Record<string, string[]> = { a: [], b: [] }) {
  const stub = newDeployment();
  const sensors = [{ name: "s", kind: "asset" as const, assets: ["a"], job: "after", evaluated: false, ...sensor }];
  await publish(stub, manifest({ ...assetsOf(graph), jobs, sensors }));
  const agent = new FakeAgent();
  await agent.start(stub, { slots: 100 });
  /** Materializes one asset with a run. */
  const materialize = async (asset: string) => {
    const run = await launch(stub, { selection: asset });
    await agent.waitFor(() => agent.jobs().some((job) => job.run === run.id));
    const job = agent.jobs().find((one) => one.run === run.id);
    if (job) await agent.reported(...agent.success(job));
    return run.id;
  };
  return { stub, agent, materialize };
}
const ticks = (agent: FakeAgent) => agent.frames.filter((frame): frame is TickFrame => frame.t === "tick");
const answer = (frame: TickFrame | undefined, result: Partial<TickResult> = {}) => ({
  k: "tick" as const,
  tick: frame?.tick ?? "",
  result: { outcome: "evaluated", cursor: null, runs: [], logs: [], ...result } as TickResult,
});
const sensed = (stub: DeploymentObject) => rows(stub, "SELECT trigger FROM run WHERE trigger ->> 'type' = 'sensor' ORDER BY no");
const states = async (stub: DeploymentObject) => (await rows(stub, "SELECT state FROM tick ORDER BY no")).map((row) => row["state"]);

describe("asset sensors without a function", () => {
  it("a sensor on all assets fires each time all were materialized", async () => {
    const { stub, materialize } = await started({ assets: ["a", "c"], match: "all" }, { a: [], b: [], c: [] });
    await materialize("a");
    await materialize("a");
    expect(unwrap(await stub.ask("automations.get", SENSOR)).automation.waiting).toContain("Waits for c");
    expect(await sensed(stub)).toEqual([]);
    await evictDurableObject(raw(stub));
    await materialize("c");
    expect(await sensed(stub)).toHaveLength(1);
    await materialize("c");
    expect(await sensed(stub)).toHaveLength(1);
    await materialize("a");
    expect(await sensed(stub)).toHaveLength(2);
  });
});

describe("sensors with a function", () => {
  it("a sensor gets events in batches, one tick at a time", async () => {
    const { stub, agent, materialize } = await started({ evaluated: true });
    await materialize("a");
    await ringAlarm(stub);
    await agent.waitFor(() => ticks(agent).length === 1);
    expect(ticks(agent)[0]?.events).toMatchObject([{ type: "asset", asset: "a", metadata: { row_count: { type: "int", value: 3 } } }]);
    for (let count = 0; count < MAX_TICK_EVENTS + 5; count++) await materialize("a");
    expect(unwrap(await stub.ask("automations.get", SENSOR)).automation).toMatchObject({ pendingEvents: MAX_TICK_EVENTS + 6 });
    await evictDurableObject(raw(stub));
    await agent.reported(answer(ticks(agent)[0], { runs: [{ tags: {} }] }));
    await ringAlarm(stub);
    await agent.waitFor(() => ticks(agent).length === 2);
    expect(ticks(agent)[1]?.events).toHaveLength(MAX_TICK_EVENTS);
    await agent.reported(answer(ticks(agent)[1]));
    await ringAlarm(stub);
    await agent.waitFor(() => ticks(agent).length === 3);
    expect(ticks(agent)[2]?.events).toHaveLength(5);
    await agent.reported(answer(ticks(agent)[2]));
    expect(await states(stub)).toEqual(["requested", "skipped", "skipped"]);
    expect(await rows(stub, "SELECT no FROM sensor_event")).toEqual([]);
    const events = ticks(agent).flatMap((frame) => (frame.events ?? []).map((event) => (event.type === "asset" ? event.seq : 0)));
    expect(events).toEqual([...new Set(events)].toSorted((x, y) => x - y));
    expect(JSON.parse(String((await sensed(stub))[0]?.["trigger"]))).toMatchObject({
      event: expect.stringContaining("a was materialized") as unknown,
    });
  });

  const report = async (stub: DeploymentObject) =>
    unwrap(await stub.perform("assets.report", { type: "materialized", asset: "a", metadata: {} }, person));
  const left = async (stub: DeploymentObject, agent: FakeAgent) => {
    agent.disconnect();
    await expect.poll(async () => unwrap(await stub.ask("agents.list", undefined))[0]?.status).toBe("disconnected");
  };

  it("events wait for an agent and are delivered when one connects", async () => {
    const { stub, agent } = await started({ evaluated: true });
    await left(stub, agent);
    await report(stub);
    await report(stub);
    expect(unwrap(await stub.ask("automations.get", SENSOR)).automation).toMatchObject({
      pendingEvents: 2,
      waiting: expect.stringContaining("No agent is connected") as unknown,
    });
    expect(await rows(stub, "SELECT id FROM tick UNION ALL SELECT id FROM timer")).toEqual([]);
    await evictDurableObject(raw(stub));
    await agent.start(stub);
    await agent.waitFor(() => ticks(agent).length === 1);
    expect(ticks(agent)[0]?.events).toHaveLength(2);
  });
});
