/** When schedules fire, what they start, what they catch up on, and what they do while an earlier run goes on. */
import { describe, expect, it } from "vitest";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";
import { person, START, TestDeployment } from "../../testing/test-deployment.ts";
import { setAutomation, tickNow } from "../automations/change-automation.ts";

const HOUR = 3_600_000;
const NAME = { location: "lake", kind: "schedule", name: "hourly" } as const;
const withSchedule = (schedule: object, parts: object = {}) =>
  manifest({
    ...assetsOf({ a: [] }),
    jobs: [{ name: "load", selection: "a" }],
    schedules: [{ name: "hourly", job: "load", cron: ["0 * * * *"], ...schedule }],
    ...parts,
  });
const ticks = (deployment: TestDeployment) =>
  deployment.rows("SELECT (scheduled_for - ?) / 3600000.0 AS hour, state, cause, run_count AS runs FROM tick ORDER BY no", START);
const messages = (deployment: TestDeployment) => deployment.rows("SELECT message FROM tick ORDER BY no").map(({ message }) => message);
const count = (deployment: TestDeployment) => deployment.rows("SELECT count(*) AS n FROM run")[0]?.["n"];

describe("schedules", () => {
  it("a schedule makes a run at each time of its expression", async () => {
    const deployment = await TestDeployment.with(withSchedule({ tags: { from: "clock" }, overlap: "allow" }));
    deployment.pass(HOUR - 1);
    expect(ticks(deployment)).toEqual([]);
    deployment.pass(1 + HOUR);
    expect(ticks(deployment)).toEqual([
      { hour: 1, state: "requested", cause: "clock", runs: 1 },
      { hour: 2, state: "requested", cause: "clock", runs: 1 },
    ]);
    const [run] = deployment.rows("SELECT job, tags, trigger ->> 'type' AS cause, trigger ->> 'name' AS name FROM run");
    expect(run).toEqual({ job: "load", tags: '{"from":"clock"}', cause: "schedule", name: "hourly" });
  });

  it("a schedule in a time zone fires at local times", async () => {
    const deployment = await TestDeployment.with(withSchedule({ cron: ["0 9 * * *"], timezone: "America/New_York" }));
    deployment.pass(24 * HOUR);
    expect(ticks(deployment)).toMatchObject([{ hour: 2 }]);
  });

  it("a schedule with jitter starts later by a fixed share", async () => {
    const deployment = await TestDeployment.with(withSchedule({ jitterSeconds: 600 }));
    const [timer] = deployment.rows("SELECT at FROM timer WHERE kind = 'schedule'");
    const late = (timer?.["at"] as number) - (START + HOUR);
    expect(late).toBeGreaterThan(0);
    expect(late).toBeLessThanOrEqual(600_000);
    deployment.pass(HOUR + late - 1);
    expect(ticks(deployment)).toEqual([]);
    deployment.pass(1);
    expect(ticks(deployment)).toMatchObject([{ hour: 1, state: "requested" }]);
    expect(deployment.rows("SELECT at FROM timer WHERE kind = 'schedule'")).toEqual([{ at: START + 2 * HOUR + late }]);
  });

  it("a schedule that is turned off fires nothing of that time", async () => {
    const deployment = await TestDeployment.with(withSchedule({}));
    deployment.done((tx) => setAutomation(tx, { ...NAME, enabled: false }, person));
    deployment.pass(3 * HOUR);
    deployment.done((tx) => setAutomation(tx, { ...NAME, enabled: true }, person));
    deployment.pass(HOUR);
    expect(ticks(deployment)).toMatchObject([{ hour: 4 }]);
    expect(deployment.rows("SELECT changed_by AS by FROM automation")).toEqual([{ by: "ada@example.com" }]);
  });

  it("a stopped schedule fires nothing until a person turns it on", async () => {
    const deployment = await TestDeployment.with(withSchedule({ defaultStatus: "stopped" }));
    deployment.pass(2 * HOUR);
    expect(ticks(deployment)).toEqual([]);
    expect(deployment.rows("SELECT kind FROM timer")).toEqual([]);
  });

  it("a schedule makes its run at once when a person asks", async () => {
    const deployment = await TestDeployment.with(withSchedule({}));
    deployment.done((tx) => tickNow(tx, NAME));
    expect(ticks(deployment)).toEqual([{ hour: 0, state: "requested", cause: "person", runs: 1 }]);
    expect(deployment.commit((tx) => tickNow(tx, { ...NAME, name: "none" }))).toMatchObject({ ok: false, error: { code: "not_found" } });
  });

  it("a schedule keeps its next time over an unrelated publish", async () => {
    const deployment = await TestDeployment.with(withSchedule({}));
    deployment.now += 3 * HOUR;
    deployment.publish(withSchedule({ tags: { new: "yes" }, catchUp: { type: "last", count: 5 } }));
    deployment.pass(1);
    expect(ticks(deployment).map(({ hour }) => hour)).toEqual([1, 2, 3]);
  });

  it("a schedule that a version removes does not fire any more", async () => {
    const deployment = await TestDeployment.with(withSchedule({}));
    deployment.publish(withSchedule({}, { schedules: [] }));
    deployment.pass(2 * HOUR);
    expect(ticks(deployment)).toEqual([]);
  });

  it("a schedule whose job cannot be launched makes no run", async () => {
    const deployment = await TestDeployment.with(
      withSchedule({}, assetsOf({ a: [] }, { asset: { partitions: { type: "dynamic", name: "customers" } } })),
    );
    deployment.pass(HOUR);
    expect(ticks(deployment)).toMatchObject([{ runs: 0 }]);
    expect(count(deployment)).toBe(0);
  });

  it("a schedule of a partitioned job starts the partition that ended last", async () => {
    const partitions = { type: "time", cadence: "daily", start: "2030-01-01" } as const;
    const deployment = await TestDeployment.with(withSchedule({}, assetsOf({ a: [] }, { asset: { partitions } })));
    deployment.pass(HOUR);
    expect(deployment.rows("SELECT partition FROM run")).toEqual([{ partition: "2030-01-06" }]);
  });

  it("a schedule makes one run for each listed partition", async () => {
    const partitions = { type: "static", keys: ["eu", "us"] } as const;
    const deployment = await TestDeployment.with(withSchedule({}, assetsOf({ a: [] }, { asset: { partitions } })));
    deployment.pass(HOUR);
    expect(deployment.rows("SELECT partition FROM run ORDER BY no")).toEqual([{ partition: "eu" }, { partition: "us" }]);
    expect(ticks(deployment)).toMatchObject([{ runs: 2 }]);
  });
});

describe("catching up after five missed hours", () => {
  const after = async (catchUp: object | undefined) => {
    const deployment = await TestDeployment.with(withSchedule({ overlap: "allow", ...(catchUp && { catchUp }) }));
    deployment.now += 5.5 * HOUR;
    deployment.pass(1);
    return deployment;
  };

  it.each([
    [undefined, [5]],
    [{ type: "latest" }, [5]],
    [{ type: "last", count: 3 }, [3, 4, 5]],
    [{ type: "within", ms: 2 * HOUR }, [4, 5]],
  ])("catching up by %j starts the ticks of hours %j", async (catchUp, hours) => {
    const deployment = await after(catchUp);
    expect(ticks(deployment).map(({ hour, cause }) => [hour, cause])).toEqual(hours.map((hour) => [hour, "catch_up"]));
    expect(count(deployment)).toBe(hours.length);
  });

  it("catching up by none writes down how many ticks were missed", async () => {
    const deployment = await after({ type: "none" });
    expect(ticks(deployment)).toMatchObject([{ hour: 5, state: "skipped", runs: 0 }]);
    expect(messages(deployment)).toEqual(["5 ticks were missed, and the catch-up policy skips missed ticks."]);
  });

  it("catching up repeats no tick when the clock goes back", async () => {
    const deployment = await after({ type: "last", count: 9 });
    deployment.now -= 3 * HOUR;
    deployment.pass(4 * HOUR);
    expect(ticks(deployment).map(({ hour }) => hour)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe("overlapping runs", () => {
  const second = async (overlap: string | undefined) => {
    const deployment = await TestDeployment.with(withSchedule({ ...(overlap && { overlap }) }));
    deployment.pass(2 * HOUR);
    return deployment;
  };

  it("a tick starts another run when that is allowed", async () => {
    const deployment = await second("allow");
    expect(count(deployment)).toBe(2);
  });

  it("a tick is skipped by the policy that skips, and says why", async () => {
    const deployment = await second("skip");
    expect(ticks(deployment).map(({ state }) => state)).toEqual(["requested", "skipped"]);
    expect(messages(deployment)[1]).toMatch(/^Not started: run …\w+ of an earlier tick has not ended\.$/);
  });

  it("only one tick waits by the policy that queues", async () => {
    const deployment = await second("queue");
    deployment.pass(HOUR);
    expect(ticks(deployment).map(({ state }) => state)).toEqual(["requested", "open", "skipped"]);
    deployment.agent().succeed("a");
    expect(ticks(deployment).map(({ state }) => state)).toEqual(["requested", "requested", "skipped"]);
    expect(count(deployment)).toBe(2);
  });

  it("a tick cancels the earlier run by the policy that says so", async () => {
    const deployment = await second("cancel_previous");
    expect(deployment.rows("SELECT status, cancel_by AS by FROM run ORDER BY no")).toEqual([
      { status: "canceled", by: "schedule hourly" },
      { status: "queued", by: null },
    ]);
  });
});

describe("schedules with functions", () => {
  it("a schedule's function waits for an agent, which decides", async () => {
    const deployment = await TestDeployment.with(withSchedule({ evaluated: true }));
    deployment.pass(HOUR);
    expect(ticks(deployment)).toMatchObject([{ state: "open" }]);
    const agent = deployment.agent({ slots: 0 });
    const tick = agent.last("tick");
    expect(tick).toMatchObject({ kind: "schedule", name: "hourly", scheduledFor: START + HOUR });
    agent.report({ k: "tick", tick: tick.tick, result: { outcome: "evaluated", cursor: null, runs: [{ tags: { by: "me" } }], logs: [] } });
    expect(ticks(deployment)).toMatchObject([{ state: "requested", runs: 1 }]);
    expect(deployment.rows("SELECT tags FROM run")).toEqual([{ tags: '{"by":"me"}' }]);
  });

  it("a schedule's function whose function throws fails its tick with the message", async () => {
    const deployment = await TestDeployment.with(withSchedule({ evaluated: true }));
    const agent = deployment.agent({ slots: 0 });
    for (let waited = 0; waited < HOUR; waited += 30_000) {
      agent.ping();
      deployment.pass(30_000);
    }
    agent.report({ k: "tick", tick: agent.last("tick").tick, result: { outcome: "failed", message: "boom" } });
    expect(ticks(deployment)).toMatchObject([{ state: "failed" }]);
    expect(messages(deployment)).toEqual(["boom"]);
  });

  it("a schedule's function does not get ticks that are given up", async () => {
    const deployment = await TestDeployment.with(withSchedule({ evaluated: true }));
    deployment.pass(2 * HOUR);
    expect(ticks(deployment).map(({ hour, state }) => [hour, state])).toEqual([
      [1, "skipped"],
      [2, "open"],
    ]);
    expect(messages(deployment)[0]).toBe("No agent was connected in time, and the catch-up policy skips it.");
  });
});
