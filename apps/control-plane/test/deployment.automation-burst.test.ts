/** Bursts: a thousand schedules in one second, many ticks and long lists. Prints the duration and asserts only correctness. */
import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import { clock } from "../src/deployment/kernel/clock.ts";
import type { TickSummary } from "@headgate/shared/contract/automations/automation-views.ts";
import type { Page } from "@headgate/shared/contract/view.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { launch, newDeployment, person, publish, raw, rows } from "./support/deployment.ts";
import { FakeAgent } from "./support/fake-agent.ts";
import { assetsOf, manifest } from "./support/manifests.ts";
import { ringAlarm, setClock, useRealClock } from "./support/clock.ts";

const jobs = [{ name: "nightly", selection: "a" }];
/** Whether the test waits for real alarms, up to a minute each. Otherwise it moves the clock and fires the alarm. */
const WAITS = (env as unknown as Record<string, string>)["SIMULATED_DAYS"] !== "";

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
}

describe("a thousand schedules that are due in the same second", () => {
  it.each([false, true])(
    "a thousand due schedules tick once, in slices (user functions: %j)",
    { timeout: 120_000 },
    async (isEvaluated) => {
      const stub = newDeployment();
      const schedules = Array.from({ length: 1000 }, (_, index) => ({
        name: `s${index}`,
        job: "nightly",
        cron: ["* * * * *"],
        evaluated: isEvaluated,
      }));
      await publish(stub, manifest({ ...assetsOf({ a: [] }), jobs, schedules }));
      const [planned] = await rows(stub, "SELECT min(next_at) AS at FROM automation");
      const due = Number(planned?.["at"]);
      if (WAITS) await new Promise((resolve) => setTimeout(resolve, due - 2000 - Date.now()));
      else {
        // From here on it is the minute in which all schedules are due.
        const offset = due - Date.now();
        clock.now = () => Date.now() + offset;
      }
      // An agent that connected before would be silent for up to a minute by now, as long as a lease.
      const agent = new FakeAgent();
      await agent.start(stub, { slots: isEvaluated ? 0 : 2 });
      const answered = new Set<string>();
      await expect
        .poll(
          async () => {
            if (!WAITS) await ringAlarm(stub);
            const frames = agent.frames.flatMap((frame) => (frame.t === "tick" && !answered.has(frame.tick) ? [frame] : []));
            for (const frame of frames) answered.add(frame.tick);
            if (frames.length > 0)
              agent.report(
                ...frames.map((frame) => ({
                  k: "tick" as const,
                  tick: frame.tick,
                  result: { outcome: "evaluated" as const, cursor: null, runs: [{ tags: {} }], logs: [] },
                })),
              );
            return (await rows(stub, `SELECT count(*) AS n FROM tick WHERE state = 'requested' AND scheduled_for = ${due}`))[0]?.["n"];
          },
          { timeout: 50_000, interval: 50 },
        )
        .toBe(1000);
      useRealClock();
      const late = (
        await rows(
          stub,
          `SELECT started_at - scheduled_for AS ms, finished_at - scheduled_for AS done FROM tick WHERE scheduled_for = ${due}`,
        )
      ).map((row) => [Number(row["ms"]), Number(row["done"])] as const);
      const starts = late.map(([ms]) => ms);
      expect(starts).toHaveLength(1000);
      const [runs] = await rows(
        stub,
        `SELECT count(*) AS n FROM run JOIN tick ON tick.id = run.trigger ->> 'tick' WHERE tick.scheduled_for = ${due}`,
      );
      expect(runs).toEqual({ n: 1000 });
      console.info(
        `1000 schedules at once${isEvaluated ? ", evaluated on an agent" : ""}: lateness of the median ${percentile(starts, 0.5)} ms, p99 ${percentile(starts, 0.99)} ms, the last was decided after ${Math.max(...late.map(([, done]) => done))} ms`,
      );
    },
  );
});

describe("schedules that are due together", () => {
  const NOON = Date.UTC(2027, 5, 15, 12);
  const many = Array.from({ length: 300 }, (_, index) => ({ name: `s${index}`, job: "nightly", cron: ["0 12 * * *"] }));
  const requested = "SELECT count(*) AS n FROM tick WHERE state = 'requested'";
  afterEach(useRealClock);

  it("due ticks are stored before their runs and survive an eviction", async () => {
    setClock(NOON - 1000);
    const stub = newDeployment();
    await publish(stub, manifest({ ...assetsOf({ a: [] }), jobs, schedules: many }));
    setClock(NOON + 40);
    await ringAlarm(stub);
    expect(await rows(stub, "SELECT started_at, count(*) AS n FROM tick GROUP BY started_at")).toEqual([{ started_at: NOON + 40, n: 300 }]);
    const [first] = await rows(stub, requested);
    expect(Number(first?.["n"])).toBeLessThan(300);
    const { items } = unwrap(await stub.ask("automations.ticks", { states: ["open"], cursor: null, limit: 1 }));
    expect(items).toMatchObject([{ state: "open", lateMs: 40, agent: null }]);
    await evictDurableObject(raw(stub));
    for (let alarm = 0; alarm < 5; alarm++) {
      setClock(NOON + 5_000 + alarm);
      await ringAlarm(stub);
    }
    expect(await rows(stub, "SELECT state, started_at, count(*) AS n FROM tick GROUP BY state, started_at")).toEqual([
      { state: "requested", started_at: NOON + 40, n: 300 },
    ]);
    expect(await rows(stub, "SELECT count(*) AS n, count(DISTINCT trigger ->> 'tick') AS ticks FROM run")).toEqual([
      { n: 300, ticks: 300 },
    ]);
  });

  it("one schedule whose transaction fails does not disturb the others", async () => {
    setClock(NOON - 1000);
    const stub = newDeployment();
    await publish(stub, manifest({ ...assetsOf({ a: [] }), jobs, schedules: many.slice(0, 50) }));
    // No release writes such a row: s7 cannot be read.
    await rows(stub, "UPDATE automation SET gathered = '{' WHERE name = 's7'");
    setClock(NOON + 40);
    await ringAlarm(stub);
    expect(await rows(stub, requested)).toEqual([{ n: 49 }]);
    expect(await rows(stub, "SELECT kind, at FROM timer WHERE at < " + String(NOON + 3_600_000))).toEqual([
      { kind: "schedule", at: NOON + 40 + 30_000 },
    ]);
    await rows(stub, "UPDATE automation SET gathered = NULL WHERE name = 's7'");
    setClock(NOON + 31_000);
    await ringAlarm(stub);
    expect(await rows(stub, requested)).toEqual([{ n: 50 }]);
  });

  it("one transaction makes a limited number of runs of partitioned jobs", async () => {
    setClock(NOON - 1000);
    const stub = newDeployment();
    const keys = Array.from({ length: 100 }, (_, index) => `k${index}`);
    const { assets, ...others } = assetsOf({ a: [] });
    const partitioned = { ...others, assets: assets.map((asset) => ({ ...asset, partitions: { type: "static" as const, keys } })) };
    await publish(stub, manifest({ ...partitioned, jobs, schedules: many.slice(0, 6) }));
    setClock(NOON);
    const made: number[] = [];
    for (let alarm = 0; alarm < 5; alarm++) {
      await ringAlarm(stub);
      made.push(Number((await rows(stub, "SELECT count(*) AS n FROM run"))[0]?.["n"]));
    }
    // The second alarm handles the rest in both of its passes.
    expect(made).toEqual([200, 600, 600, 600, 600]);
    expect(await rows(stub, "SELECT DISTINCT chain, failure FROM run")).toEqual([{ chain: null, failure: null }]);
    expect(await rows(stub, requested)).toEqual([{ n: 6 }]);
  });

  it("schedules turned off after their ticks were stored start no run", async () => {
    setClock(NOON - 1000);
    const stub = newDeployment();
    await publish(stub, manifest({ ...assetsOf({ a: [] }), jobs, schedules: many }));
    setClock(NOON + 40);
    await ringAlarm(stub);
    const [open] = await rows(stub, "SELECT name FROM tick WHERE state = 'open' LIMIT 1");
    const name = String(open?.["name"]);
    unwrap(await stub.perform("automations.setEnabled", { location: "lake", kind: "schedule", name, enabled: false }, person));
    for (let alarm = 0; alarm < 5; alarm++) await ringAlarm(stub);
    expect(await rows(stub, `SELECT state, message FROM tick WHERE name = '${name}'`)).toEqual([
      { state: "skipped", message: "The schedule was turned off while the tick waited." },
    ]);
    expect(await rows(stub, requested)).toEqual([{ n: 299 }]);
  });
});

describe("catch-up with jitter", () => {
  afterEach(useRealClock);

  it("a schedule's own jitter does not make its tick count as missed", async () => {
    const noon = Date.UTC(2027, 5, 15, 12);
    setClock(noon - 1000);
    const stub = newDeployment();
    const schedule = { name: "s", job: "nightly", cron: ["0 12 * * *"], evaluated: true, catchUp: { type: "none" as const } };
    await publish(stub, manifest({ ...assetsOf({ a: [] }), jobs, schedules: [{ ...schedule, jitterSeconds: 3600 }] }));
    const [timer] = await rows(stub, "SELECT at FROM timer WHERE kind = 'schedule'");
    const at = Number(timer?.["at"]);
    expect(at - noon).toBeGreaterThan(60_000);
    setClock(at);
    const agent = new FakeAgent();
    await agent.start(stub, { slots: 0 });
    await ringAlarm(stub);
    expect(await agent.next("tick", 0)).toMatchObject({ scheduledFor: noon });
  });
});

describe("an asset event", () => {
  it.each([false, true])("an event starts its sensor's run at once (user function: %j)", async (isEvaluated) => {
    const stub = newDeployment();
    const sensors = [{ name: "s", kind: "asset" as const, assets: ["raw"], job: "nightly", evaluated: isEvaluated }];
    await publish(stub, manifest({ ...assetsOf({ raw: [], a: [] }), jobs, sensors }));
    const agent = new FakeAgent();
    await agent.start(stub, { slots: 4 });
    const times: number[] = [];
    for (let round = 0; round < 30; round++) {
      const run = await launch(stub, { selection: "raw" });
      await agent.waitFor(() => agent.jobs().some((job) => job.run === run.id));
      const job = agent.jobs().find((one) => one.run === run.id);
      const before = { jobs: agent.jobs().length, frames: agent.frames.length };
      const started = performance.now();
      if (job) agent.report(...agent.success(job));
      if (isEvaluated) {
        const frame = await agent.next("tick", before.frames);
        agent.report({ k: "tick", tick: frame.tick, result: { outcome: "evaluated", cursor: null, runs: [{ tags: {} }], logs: [] } });
      }
      await agent.waitFor(() => agent.jobs().length > before.jobs);
      times.push(performance.now() - started);
      const made = agent.jobs().at(-1);
      if (made) await agent.reported(...agent.success(made));
    }
    expect((await rows(stub, "SELECT count(*) AS n FROM run WHERE trigger ->> 'type' = 'sensor'"))[0]).toEqual({ n: 30 });
    console.info(
      `from the report of an asset to the first step of its sensor's run${isEvaluated ? ", with a user function" : ""}: median ${percentile(times, 0.5).toFixed(1)} ms, p95 ${percentile(times, 0.95).toFixed(1)} ms`,
    );
  });
});

describe("the history of ticks", () => {
  it("the ticks of a schedule are limited and paged, newest first", { timeout: 60_000 }, async () => {
    try {
      const noon = Date.UTC(2027, 5, 15, 12);
      setClock(noon);
      const stub = newDeployment();
      const common = { job: "nightly", cron: ["* * * * *"] };
      const schedules = [
        { name: "skips", ...common, overlap: "skip" as const, catchUp: { type: "last" as const, count: 1000 } },
        { name: "other", ...common, cron: ["@daily"] },
      ];
      await publish(stub, manifest({ ...assetsOf({ a: [] }), jobs, schedules }));
      setClock(noon + 1000 * 60_000);
      for (let tx = 0; tx < 20; tx++) await ringAlarm(stub);
      const [kept] = await rows(
        stub,
        "SELECT count(*) AS n, max(scheduled_for) AS last FROM tick WHERE name = 'skips' AND state = 'skipped'",
      );
      expect(Number(kept?.["n"])).toBeGreaterThanOrEqual(500);
      expect(Number(kept?.["n"])).toBeLessThan(700);
      expect(kept?.["last"]).toBe(noon + 1000 * 60_000);
      const seen: string[] = [];
      for (let cursor: string | null = null; ;) {
        const page: Page<TickSummary> = unwrap(
          await stub.ask("automations.ticks", {
            location: "lake",
            kind: "schedule",
            name: "skips",
            states: ["skipped", "requested"],
            cursor,
            limit: 77,
          }),
        );
        seen.push(...page.items.map((tick) => tick.id));
        cursor = page.next;
        if (cursor === null) break;
      }
      expect(new Set(seen).size).toBe(Number(kept?.["n"]) + 1);
      expect(await stub.ask("automations.ticks", { cursor: "nonsense", limit: 5 })).toMatchObject({
        ok: false,
        error: { code: "invalid_input" },
      });
      expect(
        unwrap(await stub.ask("automations.get", { location: "lake", kind: "schedule", name: "skips" })).automation.recent,
      ).toHaveLength(40);
      expect(unwrap(await stub.ask("automations.list", { kind: "schedule", limit: 100 })).items).toHaveLength(2);
    } finally {
      useRealClock();
    }
  });
});
