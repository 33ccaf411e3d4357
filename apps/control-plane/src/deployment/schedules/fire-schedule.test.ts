/** Schedules: when they fire, which runs they start, and that no tick happens twice. */
import { afterEach, describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { ManifestAsset, ManifestSchedule } from "@headgate/shared/manifest/schema.ts";
import { ringAlarm, setClock, useRealClock } from "../../../test/support/clock.ts";
import { type DeploymentObject, fireTimers, newDeployment, person, publish, rows } from "../../../test/support/deployment.ts";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";

const jobs = [{ name: "nightly", selection: "*" }];
const HOUR = 3_600_000;
const NOON = Date.UTC(2027, 5, 15, 12);

describe("plans of schedules", () => {
  const scheduled = manifest({
    ...assetsOf({ a: [] }),
    jobs,
    schedules: [{ name: "daily", job: "nightly", cron: ["0 2 * * *"], timezone: "Europe/Berlin", tags: { by: "clock" } }],
  });

  it("an activation plans a schedule, and a publish keeps its time", async () => {
    const stub = newDeployment();
    await publish(stub, scheduled);
    const [next] = unwrap(await stub.ask("home.get", undefined)).nextTicks;
    expect(next).toMatchObject({ schedule: "daily", location: "lake", job: "nightly", timezone: "Europe/Berlin" });
    expect(new Date(next?.at ?? 0).toLocaleTimeString("en-GB", { timeZone: "Europe/Berlin" })).toBe("02:00:00");
    await rows(stub, "UPDATE timer SET at = 5");
    await publish(stub, manifest({ ...assetsOf({ a: [], b: [] }), jobs, schedules: scheduled.schedules }));
    expect(await rows(stub, "SELECT kind, at FROM timer")).toEqual([{ kind: "schedule", at: 5 }]);
    await publish(stub, manifest(assetsOf({ a: [] })));
    expect(await rows(stub, "SELECT kind FROM timer")).toEqual([]);
    expect(unwrap(await stub.ask("home.get", undefined)).nextTicks).toEqual([]);
  });

  it("a schedule that missed several ticks fires once, for the latest", async () => {
    const stub = newDeployment();
    await publish(stub, scheduled);
    await rows(stub, `UPDATE automation SET next_at = ${Date.now() - 5 * 86_400_000}`);
    await fireTimers(stub, "schedule");
    const runs = unwrap(await stub.ask("runs.list", { filter: {}, limit: 10 })).items;
    expect(runs).toMatchObject([{ job: "nightly", tags: { by: "clock" }, trigger: { type: "schedule", name: "daily", location: "lake" } }]);
    const [tick] = await rows(stub, "SELECT state, scheduled_for FROM tick");
    expect(tick?.["state"]).toBe("requested");
    expect(Date.now() - Number(tick?.["scheduled_for"])).toBeLessThan(86_400_000 + 7_200_000);
    expect(unwrap(await stub.ask("home.get", undefined)).nextTicks[0]?.at).toBeGreaterThan(Date.now());
  });

  it("a schedule that is off by default does not fire", async () => {
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

  it("a schedule with an impossible time is refused at publishing", async () => {
    const stub = newDeployment();
    const bad = manifest({ ...assetsOf({ a: [] }), jobs, schedules: [{ name: "daily", job: "nightly", cron: ["61 * * * *"] }] });
    await expect(publish(stub, bad)).rejects.toThrow("daily");
  });
});

describe("a schedule without a function while the clock moves", () => {
  afterEach(useRealClock);

  async function planned(schedule: Partial<ManifestSchedule> & { readonly cron: string[] }, extra: Record<string, unknown> = {}) {
    setClock(NOON);
    const stub = newDeployment();
    await publish(stub, manifest({ ...assetsOf({ a: [] }), jobs, schedules: [{ name: "s", job: "nightly", ...schedule }], ...extra }));
    return stub;
  }
  const at = async (stub: DeploymentObject, time: number) => {
    setClock(time);
    await ringAlarm(stub);
  };

  it("a tick records how late it was", async () => {
    const stub = await planned({ cron: ["@hourly"] });
    await at(stub, NOON + HOUR + 137);
    expect(unwrap(await stub.ask("automations.ticks", { limit: 10 })).items).toMatchObject([
      { state: "requested", cause: "clock", scheduledFor: NOON + HOUR, startedAt: NOON + HOUR + 137, lateMs: 137, runCount: 1 },
    ]);
  });

  it("a clock set back and ahead repeats and loses no tick", async () => {
    const stub = await planned({ cron: ["@hourly"], catchUp: { type: "within", ms: 86_400_000 } });
    await at(stub, NOON + 5 * HOUR);
    await at(stub, NOON + HOUR);
    for (let hour = 2; hour <= 6; hour++) await at(stub, NOON + hour * HOUR);
    await at(stub, NOON + 9 * HOUR);
    const times = await rows(stub, "SELECT scheduled_for FROM tick ORDER BY scheduled_for");
    expect(times.map((row) => (Number(row["scheduled_for"]) - NOON) / HOUR)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it.each([
    [{ type: "none" }, [], 5],
    [{ type: "latest" }, [5], 4],
    [{ type: "last", count: 2 }, [4, 5], 3],
    [{ type: "within", ms: 3 * 3_600_000 }, [3, 4, 5], 2],
  ] as const)("a schedule catches up by %j and counts the skipped ticks", async (catchUp, hours, dropped) => {
    const stub = await planned({ cron: ["@hourly"], catchUp });
    await at(stub, NOON + 5 * HOUR + 120_000);
    const ticks = await rows(stub, "SELECT scheduled_for, state, cause, dropped FROM tick ORDER BY scheduled_for");
    const requested = ticks.filter((tick) => tick["state"] === "requested");
    expect(requested.map((tick) => (Number(tick["scheduled_for"]) - NOON) / HOUR)).toEqual(hours);
    expect(ticks.every((tick) => tick["cause"] === "catch_up")).toBe(true);
    expect(ticks.map((tick) => tick["dropped"])).toEqual(ticks.map((_tick, index) => (index === 0 ? dropped : 0)));
    await at(stub, NOON + 5 * HOUR + 121_000);
    expect(await rows(stub, "SELECT id FROM tick")).toHaveLength(ticks.length);
  });

  it("many missed ticks are made once each, in limited transactions", async () => {
    const stub = await planned({ cron: ["* * * * *"], catchUp: { type: "last", count: 130 }, overlap: "skip" });
    setClock(NOON + 5 * HOUR);
    let rings = 0;
    for (; (await rows(stub, `SELECT id FROM timer WHERE at <= ${NOON + 5 * HOUR}`)).length > 0; rings++) await ringAlarm(stub);
    expect(rings).toBe(3);
    const [count] = await rows(stub, "SELECT count(*) AS ticks, min(scheduled_for) AS first FROM tick");
    expect(count).toEqual({ ticks: 130, first: NOON + 5 * HOUR - 129 * 60_000 });
  });

  it("every tick is delayed by the same share of the jitter", async () => {
    const stub = await planned({ cron: ["@hourly"], jitterSeconds: 1800 });
    const [timer] = await rows(stub, "SELECT at FROM timer WHERE kind = 'schedule'");
    const share = Number(timer?.["at"]) - NOON - HOUR;
    expect(share).toBeGreaterThan(0);
    expect(share).toBeLessThan(1_800_000);
    await at(stub, NOON + HOUR + share - 1);
    expect(await rows(stub, "SELECT id FROM tick")).toEqual([]);
    await at(stub, NOON + HOUR + share);
    expect(await rows(stub, "SELECT scheduled_for, cause FROM tick")).toEqual([{ scheduled_for: NOON + HOUR, cause: "clock" }]);
    expect(await rows(stub, "SELECT at FROM timer WHERE kind = 'schedule'")).toEqual([{ at: NOON + 2 * HOUR + share }]);
    // The jitter does not count as a delay.
    const ref = { location: "lake", kind: "schedule", name: "s" } as const;
    expect(unwrap(await stub.ask("automations.ticks", { ...ref, limit: 1 })).items).toMatchObject([
      { scheduledFor: NOON + HOUR, lateMs: 0 },
    ]);
    expect(unwrap(await stub.ask("automations.get", ref)).automation).toMatchObject({ recent: [{ lateMs: 0 }] });
  });

  it("a schedule that is turned on does not fire missed ticks", async () => {
    const stub = await planned({ cron: ["@hourly"] });
    const ref = { location: "lake", kind: "schedule", name: "s" } as const;
    unwrap(await stub.perform("automations.setEnabled", { ...ref, enabled: false }, person));
    expect(await rows(stub, "SELECT kind FROM timer")).toEqual([]);
    expect(unwrap(await stub.ask("home.get", undefined)).nextTicks).toEqual([]);
    await at(stub, NOON + 5 * HOUR);
    await publish(stub, manifest({ ...assetsOf({ a: [], b: [] }), jobs, schedules: [{ name: "s", job: "nightly", cron: ["@hourly"] }] }));
    expect(unwrap(await stub.ask("automations.get", ref)).automation).toMatchObject({
      enabled: false,
      nextAt: null,
      changed: { by: person.name, at: NOON },
    });
    const view = unwrap(await stub.perform("automations.setEnabled", { ...ref, enabled: null }, person));
    expect(view).toMatchObject({ enabled: true, nextAt: NOON + 6 * HOUR });
    await ringAlarm(stub);
    expect(await rows(stub, "SELECT id FROM tick")).toEqual([]);
    await at(stub, NOON + 6 * HOUR);
    expect(await rows(stub, "SELECT id FROM tick")).toHaveLength(1);
  });

  it("a changed cron expression still fires the tick that was due", async () => {
    const stub = await planned({ cron: ["@hourly"] });
    setClock(NOON + HOUR + 5);
    await publish(
      stub,
      manifest({ ...assetsOf({ a: [] }), jobs, schedules: [{ name: "s", job: "nightly", cron: ["0 * * * *", "30 * * * *"] }] }),
    );
    await ringAlarm(stub);
    expect(await rows(stub, "SELECT scheduled_for FROM tick")).toEqual([{ scheduled_for: NOON + HOUR }]);
    expect(unwrap(await stub.ask("home.get", undefined)).nextTicks).toMatchObject([{ at: NOON + 1.5 * HOUR }]);
  });

  it("a person can tick a schedule that is off", async () => {
    const stub = await planned({ cron: ["@daily"], defaultStatus: "stopped" });
    const ref = { location: "lake", kind: "schedule", name: "s" } as const;
    const view = unwrap(await stub.perform("automations.tickNow", ref, person));
    expect(view).toMatchObject({ enabled: false, lastTick: { state: "requested", cause: "person", lateMs: 0, runCount: 1 } });
    const unknown = await stub.perform("automations.tickNow", { ...ref, name: "t" }, person);
    expect(unknown).toMatchObject({
      ok: false,
      error: { code: "not_found", message: expect.stringContaining("Did you mean s") as unknown },
    });
  });
});

describe("a schedule whose last run is active", () => {
  afterEach(useRealClock);

  async function overlapping(overlap: ManifestSchedule["overlap"]) {
    setClock(NOON);
    const stub = newDeployment();
    await publish(stub, manifest({ ...assetsOf({ a: [] }), jobs, schedules: [{ name: "s", job: "nightly", cron: ["@hourly"], overlap }] }));
    const tickAt = async (hour: number) => {
      setClock(NOON + hour * HOUR);
      await ringAlarm(stub);
    };
    for (const hour of [1, 2, 3]) await tickAt(hour);
    const look = async () => ({
      ticks: (await rows(stub, "SELECT state FROM tick ORDER BY scheduled_for")).map((row) => row["state"]),
      runs: (await rows(stub, "SELECT status FROM run ORDER BY no")).map((row) => row["status"]),
    });
    const run = async () => String((await rows(stub, "SELECT id FROM run WHERE status = 'queued' ORDER BY no LIMIT 1"))[0]?.["id"]);
    return { stub, look, tickAt, run };
  }

  it("the overlap policy 'allow' starts another run", async () => {
    const { look } = await overlapping("allow");
    expect(await look()).toEqual({ ticks: ["requested", "requested", "requested"], runs: ["queued", "queued", "queued"] });
  });

  it("the overlap policy 'skip' skips ticks until the run has ended", async () => {
    const { stub, look, tickAt, run } = await overlapping("skip");
    expect(await look()).toEqual({ ticks: ["requested", "skipped", "skipped"], runs: ["queued"] });
    const [tick] = unwrap(await stub.ask("automations.ticks", { limit: 1 })).items;
    expect(tick?.message).toContain(`run …${(await run()).slice(-8)} of an earlier tick has not ended`);
    unwrap(await stub.perform("runs.cancel", { run: await run() }, person));
    await tickAt(4);
    expect((await look()).ticks).toEqual(["requested", "skipped", "skipped", "requested"]);
  });

  it("the overlap policy 'cancel_previous' cancels the run and starts another", async () => {
    const { stub, look } = await overlapping("cancel_previous");
    expect(await look()).toEqual({ ticks: ["requested", "requested", "requested"], runs: ["canceled", "canceled", "queued"] });
    expect(await rows(stub, "SELECT cancel_by FROM run WHERE status = 'canceled' LIMIT 1")).toEqual([{ cancel_by: "schedule s" }]);
  });

  it("turning a schedule off ends its waiting tick", async () => {
    const { stub, look } = await overlapping("queue");
    unwrap(await stub.perform("automations.setEnabled", { location: "lake", kind: "schedule", name: "s", enabled: false }, person));
    expect((await look()).ticks).toEqual(["requested", "skipped", "skipped"]);
  });
});

describe("a schedule of a partitioned job", () => {
  afterEach(useRealClock);

  const daily = { type: "time", cadence: "daily", start: "2027-01-01" } as const;
  const regions = { type: "static", keys: ["eu", "us"] } as const;
  const partitionsOf = async (partitions: ManifestAsset["partitions"]) => {
    setClock(NOON);
    const stub = newDeployment();
    const schedules = [{ name: "s", job: "nightly", cron: ["0 2 * * *"] }];
    await publish(stub, manifest({ ...assetsOf({ a: [] }, { asset: { partitions } }), jobs, schedules }));
    // Three hours later the next partition has not ended either.
    setClock(NOON + 17 * HOUR);
    await ringAlarm(stub);
    return { stub, runs: (await rows(stub, "SELECT partition FROM run ORDER BY no")).map((row) => row["partition"]) };
  };

  it("a tick makes a run of the latest ended window", async () => {
    expect((await partitionsOf(daily)).runs).toEqual(["2027-06-15"]);
  });

  it("a tick makes a run for each listed key", async () => {
    expect((await partitionsOf(regions)).runs).toEqual(["eu", "us"]);
  });

  it("a tick combines the latest ended window with each listed key", async () => {
    const dimensions = [
      { name: "date", partitions: daily },
      { name: "region", partitions: regions },
    ];
    expect((await partitionsOf({ type: "multi", dimensions })).runs).toEqual(["2027-06-15|eu", "2027-06-15|us"]);
  });

  it("no partition skips the tick, and too many partitions fail it", async () => {
    const none = await partitionsOf({ type: "time", cadence: "daily", start: "2028-01-01" });
    expect(await rows(none.stub, "SELECT state, message FROM tick")).toEqual([
      { state: "skipped", message: "No partition has ended yet." },
    ]);
    const keys = Array.from({ length: 1001 }, (_, index) => `k${index}`);
    const many = await partitionsOf({ type: "static", keys });
    expect(many.runs).toEqual([]);
    expect(await rows(many.stub, "SELECT state, message FROM tick")).toMatchObject([
      { state: "failed", message: expect.stringContaining("1001 partitions") as unknown },
    ]);
  });
});
