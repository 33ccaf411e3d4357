/** Schedules and sensors: when they fire, what they start, and what is never started twice. */
import { describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { fireTimers, newDeployment, publish, rows } from "./support/deployment.ts";
import { FakeAgent } from "./support/fake-agent.ts";
import { assetsOf, manifest } from "./support/manifests.ts";

const jobs = [{ name: "nightly", selection: "*" }];

describe("a schedule", () => {
  const scheduled = manifest({
    ...assetsOf({ a: [] }),
    jobs,
    schedules: [{ name: "daily", job: "nightly", cron: ["0 2 * * *"], timezone: "Europe/Berlin", tags: { by: "clock" } }],
  });

  it("is planned when its version becomes active, and keeps its time over a publish", async () => {
    const stub = newDeployment();
    await publish(stub, scheduled);
    const [next] = unwrap(await stub.home()).nextTicks;
    expect(next).toMatchObject({ schedule: "daily", location: "lake", job: "nightly", timezone: "Europe/Berlin" });
    expect(new Date(next?.at ?? 0).toLocaleTimeString("en-GB", { timeZone: "Europe/Berlin" })).toBe("02:00:00");
    await rows(stub, "UPDATE timer SET at = 5");
    await publish(stub, manifest({ ...assetsOf({ a: [], b: [] }), jobs, schedules: scheduled.schedules }));
    expect(await rows(stub, "SELECT kind, at FROM timer")).toEqual([{ kind: "schedule", at: 5 }]);
    await publish(stub, manifest(assetsOf({ a: [] })));
    expect(await rows(stub, "SELECT kind FROM timer")).toEqual([]);
    expect(unwrap(await stub.home()).nextTicks).toEqual([]);
  });

  it("that missed several times while asleep fires once, for the latest", async () => {
    const stub = newDeployment();
    await publish(stub, scheduled);
    await rows(stub, `UPDATE automation SET next_at = ${Date.now() - 5 * 86_400_000}`);
    await fireTimers(stub, "schedule");
    const runs = unwrap(await stub.runs({ filter: {}, limit: 10 })).items;
    expect(runs).toMatchObject([{ job: "nightly", tags: { by: "clock" }, trigger: { type: "schedule", name: "daily", location: "lake" } }]);
    const [tick] = await rows(stub, "SELECT state, scheduled_for FROM tick");
    expect(tick?.["state"]).toBe("requested");
    expect(Date.now() - Number(tick?.["scheduled_for"])).toBeLessThan(86_400_000 + 7_200_000);
    expect(unwrap(await stub.home()).nextTicks[0]?.at).toBeGreaterThan(Date.now());
  });

  it("that is stopped by default does not fire", async () => {
    const stub = newDeployment();
    await publish(
      stub,
      manifest({
        ...assetsOf({ a: [] }),
        jobs,
        schedules: [{ name: "daily", job: "nightly", cron: ["@daily"], defaultStatus: "stopped" }],
      }),
    );
    expect(await rows(stub, "SELECT kind FROM timer")).toEqual([]);
  });

  it("with a function that finds no agent leaves a tick that says so", async () => {
    const stub = newDeployment();
    const schedules = [{ name: "daily", job: "nightly", cron: ["@daily"], evaluated: true }];
    await publish(stub, manifest({ ...assetsOf({ a: [] }), jobs, schedules }));
    await fireTimers(stub, "schedule");
    const [tick] = await rows(stub, "SELECT state, message FROM tick");
    expect(tick).toMatchObject({ state: "failed", message: expect.stringContaining("No agent was connected") as unknown });
    expect((await rows(stub, "SELECT kind FROM timer")).map((row) => row["kind"])).toEqual(["schedule"]);
  });

  it("with an impossible time is refused when it is published", async () => {
    const stub = newDeployment();
    const bad = manifest({ ...assetsOf({ a: [] }), jobs, schedules: [{ name: "daily", job: "nightly", cron: ["61 * * * *"] }] });
    await expect(publish(stub, bad)).rejects.toThrow("daily");
  });
});

describe("a sensor", () => {
  const sensed = manifest({
    ...assetsOf({ a: [] }),
    jobs,
    sensors: [{ name: "files", kind: "polling", job: "nightly", intervalSeconds: 60 }],
  });

  it("is evaluated on an agent with its cursor, one at a time", async () => {
    const stub = newDeployment();
    await publish(stub, sensed);
    expect(await rows(stub, "SELECT kind FROM timer")).toEqual([]);
    const agent = new FakeAgent();
    await agent.start(stub);
    const tick = await agent.next("tick");
    expect(tick).toMatchObject({ kind: "sensor", name: "files", cursor: null });
    await fireTimers(stub, "sensor");
    expect(agent.frames.filter((frame) => frame.t === "tick")).toHaveLength(1);
    await agent.reported({
      k: "tick",
      tick: tick.tick,
      result: {
        outcome: "evaluated",
        cursor: "file-2",
        runs: [
          { runKey: "file-1", tags: { file: "1" } },
          { runKey: "file-2", tags: {} },
          { runKey: "file-1", tags: {} },
        ],
        logs: [],
      },
    });
    expect(unwrap(await stub.runs({ filter: {}, limit: 10 })).items.map((run) => [run.job, run.trigger.type, run.tags])).toEqual([
      ["nightly", "sensor", {}],
      ["nightly", "sensor", { file: "1" }],
    ]);
    await fireTimers(stub, "sensor");
    await agent.waitFor(() => agent.frames.filter((frame) => frame.t === "tick").length === 2);
    const second = agent.frames.findLast((frame) => frame.t === "tick");
    expect(second).toMatchObject({ cursor: "file-2" });
    if (second)
      await agent.reported({
        k: "tick",
        tick: second.tick,
        result: { outcome: "evaluated", cursor: "file-2", runs: [{ runKey: "file-2", tags: {} }], logs: [] },
      });
    expect(unwrap(await stub.runs({ filter: {}, limit: 10 })).items).toHaveLength(2);
    expect((await rows(stub, "SELECT state, message FROM tick ORDER BY scheduled_for")).map((row) => row["state"])).toEqual([
      "requested",
      "skipped",
    ]);
  });

  it("is not given to an agent that has been silent for the time of a lease, and goes on with another", async () => {
    const stub = newDeployment();
    await publish(stub, sensed);
    const [dead, alive] = [new FakeAgent(), new FakeAgent()];
    await dead.start(stub);
    await dead.next("tick");
    await fireTimers(stub, "tick_timeout");
    await rows(stub, "UPDATE agent SET last_seen_at = last_seen_at - 120000");
    await fireTimers(stub, "sensor");
    expect(await rows(stub, "SELECT kind FROM timer")).toEqual([{ kind: "sensor" }]);
    await alive.start(stub);
    await fireTimers(stub, "sensor");
    await alive.next("tick");
    expect(dead.frames.filter((frame) => frame.t === "tick")).toHaveLength(1);
  });

  it("that asks for a run nobody can make says so in its tick, and goes on", async () => {
    const stub = newDeployment();
    await publish(stub, sensed);
    const agent = new FakeAgent();
    await agent.start(stub);
    const { tick } = await agent.next("tick");
    const runs = [{ tags: {} }, { tags: {}, config: "x".repeat(300_000) }];
    await agent.reported({ k: "tick", tick, result: { outcome: "evaluated", cursor: "on", runs, logs: [] } });
    const [row] = await rows(stub, "SELECT state, message, cursor_after FROM tick");
    expect(row).toMatchObject({ state: "failed", message: expect.stringContaining("The run config has") as unknown, cursor_after: "on" });
    expect(unwrap(await stub.runs({ filter: {}, limit: 10 })).items).toHaveLength(1);
  });

  it("whose answer cannot be carried out keeps its cursor, and a late answer changes nothing", async () => {
    const stub = newDeployment();
    await publish(stub, sensed);
    const agent = new FakeAgent();
    await agent.start(stub);
    const tick = await agent.next("tick");
    await agent.reported({
      k: "tick",
      tick: tick.tick,
      result: { outcome: "evaluated", cursor: "x", runs: [{ tags: {} }, { job: "no_such_job", tags: {} }], logs: [] },
    });
    expect(await rows(stub, "SELECT state, cursor_after FROM tick")).toEqual([{ state: "failed", cursor_after: null }]);
    expect(await rows(stub, "SELECT id FROM run")).toEqual([]);
    await fireTimers(stub, "sensor");
    await agent.waitFor(() => agent.frames.filter((frame) => frame.t === "tick").length === 2);
    await fireTimers(stub, "tick_timeout");
    const late = agent.frames.findLast((frame) => frame.t === "tick");
    if (late)
      await agent.reported({
        k: "tick",
        tick: late.tick,
        result: { outcome: "evaluated", cursor: "late", runs: [{ tags: {} }], logs: [] },
      });
    expect(await rows(stub, "SELECT id FROM run")).toEqual([]);
    expect(await rows(stub, "SELECT cursor FROM automation")).toEqual([{ cursor: null }]);
  });
});
