import { describe, expect, it } from "vitest";
import {
  defineJob,
  defineResource,
  defineRunStatusSensor,
  defineSchedule,
  defineSensor,
  defineAssetSensor,
  runRequest,
  select,
  skip,
} from "@headgate/sdk";
import { evaluateSchedule, evaluateSensor } from "@headgate/sdk/testing";
import { airbyte, airbyteSensor, dailyRefresh } from "./lakehouse-program.ts";

const job = defineJob("j", { selection: "*" });

describe("a sensor", () => {
  it("asks for runs, remembers its cursor and logs", async () => {
    const seen: unknown[] = [];
    const jobs = async (filter: unknown) => {
      seen.push(filter);
      return await Promise.resolve([{ jobId: 1, lastUpdatedAt: "2025-01-05T00:00:00Z" }]);
    };
    const { runs, cursor, skipReason } = await evaluateSensor(airbyteSensor, {
      cursor: "2025-01-01T00:00:00Z",
      resources: { airbyte: { jobs } },
    });
    expect(runs).toEqual([{ runKey: "airbyte_1", job: "bronze_refresh", tags: { source: "airbyte", airbyte_sync_id: "1" } }]);
    expect(cursor).toBe("2025-01-05T00:00:00Z");
    expect(skipReason).toBeUndefined();
    expect(seen).toEqual([{ status: "succeeded", updatedAfter: new Date("2025-01-01T00:00:00Z") }]);
  });

  it("keeps its cursor and says why when it skips", async () => {
    const result = await evaluateSensor(airbyteSensor, { cursor: "c", resources: { airbyte: { jobs: () => Promise.resolve([]) } } });
    expect(result).toMatchObject({ runs: [], cursor: "c", skipReason: "no new syncs" });
  });

  it("may return one request, a list, a skip or nothing", async () => {
    const of = (evaluate: Parameters<typeof defineSensor>[0]["evaluate"]) => evaluateSensor(defineSensor({ name: "s", job, evaluate }));
    expect((await of(() => runRequest({ partition: "p" }))).runs).toEqual([{ job: "j", partition: "p", tags: {} }]);
    expect(
      (await of(async () => await Promise.resolve([runRequest({ selection: select.groups("x") }), runRequest({ job: "other" })]))).runs,
    ).toEqual([
      { selection: "group:x", tags: {} },
      { job: "other", tags: {} },
    ]);
    expect((await of(() => skip("later"))).skipReason).toBe("later");
    expect((await of(() => undefined)).skipReason).toBe("the function asked for nothing");
  });

  it("tears its resources down and fails with the user's error", async () => {
    const seen: string[] = [];
    const client = defineResource("client", { setup: () => 1, teardown: () => void seen.push("closed") });
    const sensor = defineSensor({ name: "s", requires: [client], evaluate: () => Promise.reject(new TypeError("no route")) });
    await expect(evaluateSensor(sensor)).rejects.toThrow("TypeError: no route");
    expect(seen).toEqual(["closed"]);
  });

  it("needs a job or a selection for each request", async () => {
    await expect(evaluateSensor(defineSensor({ name: "s", evaluate: () => runRequest() }))).rejects.toThrow(
      "needs a 'job' or a 'selection'",
    );
  });

  it("receives the event that woke it", async () => {
    const failed = defineRunStatusSensor({
      name: "f",
      statuses: ["failed"],
      evaluate: ({ event, log }) => log.warn(`${event.run} ${event.status}`),
    });
    const result = await evaluateSensor(failed, { event: { run: "r1", job: null, status: "failed", tags: {}, message: "x" } });
    expect(result.logs).toMatchObject([{ level: "warn", message: "r1 failed" }]);
    const plain = defineAssetSensor({ name: "a", assets: ["x"], job });
    expect((await evaluateSensor(plain)).runs).toEqual([{ job: "j", tags: {} }]);
  });

  it("sets up resources that are not given", async () => {
    const real = defineSensor({
      name: "s",
      job,
      requires: [airbyte],
      evaluate: async ({ resources }) =>
        (await resources.airbyte.jobs({ status: "x" })).map((sync) => runRequest({ runKey: `${sync.jobId}` })),
    });
    expect((await evaluateSensor(real)).runs).toMatchObject([{ runKey: "7" }]);
  });
});

describe("a schedule", () => {
  it("without a function asks for its job", async () => {
    expect((await evaluateSchedule(dailyRefresh)).runs).toEqual([{ job: "daily_refresh", tags: {} }]);
  });

  it("with a function decides by the tick's time and adds its tags", async () => {
    const schedule = defineSchedule({
      job,
      cron: "@daily",
      tags: { team: "x" },
      evaluate: ({ scheduledFor }) =>
        scheduledFor.getUTCDay() === 0
          ? skip("Sunday")
          : runRequest({ partition: scheduledFor.toISOString().slice(0, 10), tags: { day: "work" } }),
    });
    expect((await evaluateSchedule(schedule, { now: new Date("2025-01-06T00:00:00Z") })).runs).toEqual([
      { job: "j", partition: "2025-01-06", tags: { team: "x", day: "work" } },
    ]);
    expect((await evaluateSchedule(schedule, { now: new Date("2025-01-05T00:00:00Z") })).skipReason).toBe("Sunday");
  });
});
