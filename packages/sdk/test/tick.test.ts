import { describe, expect, it } from "vitest";
import {
  addPartitions,
  defineCheckSensor,
  defineCodeLocation,
  defineJob,
  defineMultiAssetSensor,
  defineWebhookSensor,
  removePartitions,
  reportMaterialization,
  reportObservation,
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
import { createRuntime } from "../src/runtime/create-runtime.ts";
import { airbyte, airbyteSensor, dailyRefresh } from "./lakehouse-program.ts";

const job = defineJob({ name: "j", selection: "*" });

describe("a sensor", () => {
  it("a sensor asks for runs, remembers its cursor and logs", async () => {
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

  it("a sensor keeps its cursor and says why when it skips", async () => {
    const result = await evaluateSensor(airbyteSensor, { cursor: "c", resources: { airbyte: { jobs: () => Promise.resolve([]) } } });
    expect(result).toMatchObject({ runs: [], cursor: "c", skipReason: "no new syncs" });
  });

  it("a sensor may return one request, a list, a skip or nothing", async () => {
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
    // Why there is no run is worth knowing also when something else was done.
    expect((await of(() => [reportObservation("raw/x"), skip("nothing new")])).skipReason).toBe("nothing new");
  });

  it("a sensor tears its resources down and fails with the user's error", async () => {
    const seen: string[] = [];
    const client = defineResource({ key: "client", setup: () => 1, teardown: () => void seen.push("closed") });
    const sensor = defineSensor({ name: "s", requires: [client], evaluate: () => Promise.reject(new TypeError("no route")) });
    await expect(evaluateSensor(sensor)).rejects.toThrow("TypeError: no route");
    expect(seen).toEqual(["closed"]);
  });

  it("a sensor needs a job or a selection for each request", async () => {
    await expect(evaluateSensor(defineSensor({ name: "s", evaluate: () => runRequest() }))).rejects.toThrow(
      "needs a 'job' or a 'selection'",
    );
  });

  it("a sensor receives the event that woke it", async () => {
    const failed = defineRunStatusSensor({
      name: "f",
      statuses: ["failed"],
      evaluate: ({ event, log }) => log.warn(`${event.run} ${event.status}`),
    });
    const result = await evaluateSensor(failed, { events: [{ type: "run", run: "r1", status: "failed" }] });
    expect(result.logs).toMatchObject([{ level: "warn", message: "r1 failed" }]);
    const plain = defineAssetSensor({ name: "a", assets: ["x"], job });
    expect((await evaluateSensor(plain)).runs).toEqual([{ job: "j", tags: {} }]);
  });

  it("a sensor sets up resources that are not given", async () => {
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

describe("events of a tick", () => {
  it("events of a tick are handled in order, each with the latest cursor", async () => {
    const cursors: (string | null)[] = [];
    const sensor = defineAssetSensor({
      name: "a",
      assets: ["x"],
      job,
      evaluate: ({ event, cursor, setCursor }) => {
        cursors.push(cursor);
        setCursor(event.asset + event.at.getUTCFullYear());
        return runRequest({ tags: { asset: event.asset } });
      },
    });
    const events = ["x", "y"].map((asset) => ({ type: "asset" as const, asset, at: new Date("2025-06-01T00:00:00Z") }));
    const { runs, cursor } = await evaluateSensor(sensor, { cursor: "start", events });
    expect(runs.map(({ tags }) => tags)).toEqual([{ asset: "x" }, { asset: "y" }]);
    expect([cursors, cursor]).toEqual([["start", "x2025"], "y2025"]);
  });

  it("events of a tick of checks, of several assets and of webhooks bring what happened", async () => {
    const onCheck = defineCheckSensor({
      name: "c",
      checks: ["x"],
      evaluate: ({ event, log }) => log.info(`${event.check} ${event.outcome}`),
    });
    const both = defineMultiAssetSensor({
      name: "m",
      assets: ["x", "y"],
      evaluate: ({ event, log }) => log.info(Object.keys(event.assets).join("+")),
    });
    const hook = defineWebhookSensor({
      name: "w",
      evaluate: ({ event, log }) => log.info(`${event.method} ${JSON.stringify(event.body)}`),
    });
    const lines = [
      await evaluateSensor(onCheck, { events: [{ type: "check", asset: "x", check: "not_null", outcome: "failed" }] }),
      await evaluateSensor(both, { events: [{ type: "assets", assets: [{ asset: "x" }, { asset: "y" }] }] }),
      await evaluateSensor(hook, { events: [{ type: "webhook", body: { id: 1 } }] }),
    ].map(({ logs }) => logs.map(({ message }) => message));
    expect(lines).toEqual([["not_null failed"], ["x+y"], ['POST {"id":1}']]);
  });
});

describe("requests of a tick", () => {
  const of = (evaluate: Parameters<typeof defineSensor>[0]["evaluate"]) => evaluateSensor(defineSensor({ name: "s", job, evaluate }));

  it("requests of a tick may be for partition keys and for assets of other systems", async () => {
    const { dynamicPartitions, assetEvents, runs, skipReason } = await of(() => [
      addPartitions("customers", ["acme"]),
      removePartitions("customers", ["old"]),
      reportMaterialization("airbyte/customers", { metadata: { rows: 3 } }),
      reportObservation("raw/orders", { dataVersion: "v2", partition: "p" }),
    ]);
    expect(dynamicPartitions).toEqual([
      { name: "customers", add: ["acme"], remove: [] },
      { name: "customers", add: [], remove: ["old"] },
    ]);
    expect(assetEvents).toEqual([
      { type: "materialized", asset: "airbyte/customers", metadata: { rows: { type: "int", value: 3 } } },
      { type: "observed", asset: "raw/orders", partition: "p", metadata: {}, dataVersion: "v2" },
    ]);
    expect([runs, skipReason]).toEqual([[], undefined]);
  });

  it("too many requests end the tick, also from a function that never stops", async () => {
    let asked = 0;
    const flood = of(async function* () {
      for (;;) {
        asked++;
        yield await Promise.resolve(runRequest());
      }
    });
    await expect(flood).rejects.toThrow("more than 1000 runs in one tick");
    expect(asked).toBe(1001);
  });

  it("requests of a tick are refused when they are nonsense", async () => {
    const nonsense = (value: unknown) => of(() => value as never);
    await expect(nonsense({ run: "x" })).rejects.toThrow("asked for an object without a known kind");
    await expect(nonsense("skip")).rejects.toThrow("asked for a string");
    await expect(nonsense([runRequest(), null])).rejects.toThrow("asked for null");
    await expect(of(({ setCursor }) => setCursor({ at: 1 } as never))).rejects.toThrow("setCursor() needs a text");
  });

  it("requests before a checkpoint survive a later failure of the tick", async () => {
    const sensor = defineSensor({
      name: "s",
      job,
      async *evaluate({ setCursor, checkpoint }) {
        yield runRequest({ runKey: "a" });
        setCursor("1");
        checkpoint();
        yield await Promise.resolve(runRequest({ runKey: "b" }));
        throw new Error("lost the connection");
      },
    });
    const parts: unknown[] = [];
    const runtime = createRuntime(defineCodeLocation({ name: "test", sensors: [sensor] }), {});
    const frame = {
      t: "tick",
      tick: "t",
      location: "test",
      version: "v",
      kind: "sensor",
      name: "s",
      cursor: null,
      scheduledFor: 0,
      timeoutSeconds: 9,
    } as const;
    const host = {
      root: "/",
      storage: "/",
      scratch: "/",
      env: {},
      signal: new AbortController().signal,
      log: () => undefined,
      checkpoint: (part: unknown) => void parts.push(part),
    };
    expect(await runtime.tick(frame, host)).toMatchObject({
      outcome: "failed",
      message: expect.stringContaining("lost the connection") as unknown,
    });
    expect(parts).toEqual([{ part: 1, cursor: "1", runs: [{ runKey: "a", job: "j", tags: {} }] }]);
    parts.length = 0;
    await runtime.tick({ ...frame, dryRun: true }, host);
    expect(parts).toEqual([]);
  });
});

describe("a schedule", () => {
  it("a schedule without a function asks for its job", async () => {
    expect((await evaluateSchedule(dailyRefresh)).runs).toEqual([{ job: "daily_refresh", tags: {} }]);
  });

  it("a schedule with a function decides by the tick's time and adds its tags", async () => {
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
