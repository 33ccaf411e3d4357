/** Runs over ranges and combinations, and the map of an asset's partitions. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { launch, person, runStatus } from "../../../test/support/deployment.ts";
import { FakeAgent } from "../../../test/support/fake-agent.ts";
import { deployPartitioned, materializePartition, partitionMap, statusesOf } from "../../../test/support/partitioned.ts";

const daily: PartitionsDefinition = { type: "time", cadence: "daily", start: "2025-01-01", end: "2025-01-11" };
const customers: PartitionsDefinition = { type: "dynamic", name: "customers" };
const regions: PartitionsDefinition = { type: "static", keys: ["eu", "us"] };
const byDayAndRegion: PartitionsDefinition = {
  type: "multi",
  dimensions: [
    { name: "region", partitions: regions },
    { name: "day", partitions: daily },
  ],
};

describe("runs over a range", () => {
  it("the agent gets the range's ends, window, count and keys", async () => {
    const stub = await deployPartitioned(daily, { a: [], b: ["a"] });
    const agent = new FakeAgent();
    await agent.start(stub);
    const run = await launch(stub, { selection: "*", partition: "2025-01-02...2025-01-04" });
    expect(run.partition).toBe("2025-01-02...2025-01-04");
    expect(await statusesOf(stub)).toMatchObject({ "2025-01-01": "missing", "2025-01-02": "in_progress", "2025-01-04": "in_progress" });
    const job = await agent.job("a[2025-01-02...2025-01-04]");
    expect(job.partition).toEqual({
      key: "2025-01-02...2025-01-04",
      start: Date.UTC(2025, 0, 2),
      end: Date.UTC(2025, 0, 5),
      range: { first: "2025-01-02", last: "2025-01-04", count: 3 },
      keys: ["2025-01-02", "2025-01-03", "2025-01-04"],
    });
    await agent.reported(...agent.success(job));
    expect(await statusesOf(stub)).toMatchObject({
      "2025-01-01": "missing",
      "2025-01-02": "materialized",
      "2025-01-03": "materialized",
      "2025-01-04": "materialized",
      "2025-01-05": "missing",
    });
    const page = unwrap(await stub.ask("assets.partitions", { key: "a", limit: 100 }));
    expect(page.items.find((item) => item.key === "2025-01-03")).toMatchObject({ run: run.id });
    expect(unwrap(await stub.ask("assets.events", { key: "a", limit: 10 })).items[0]).toMatchObject({
      partition: "2025-01-02...2025-01-04",
    });
  });

  it("a failed range keeps the partitions that were reported before", async () => {
    const stub = await deployPartitioned(daily);
    const agent = new FakeAgent();
    await agent.start(stub);
    const run = await launch(stub, { selection: "a", partition: "2025-01-02...2025-01-05" });
    const job = await agent.job("a[2025-01-02...2025-01-05]");
    await agent.reported(
      agent.started(job),
      agent.event(job, { type: "asset_materialized", asset: "a", partition: "2025-01-03", metadata: {} }),
    );
    expect(unwrap(await stub.ask("runs.get", { run: run.id })).run.materialized).toBe(0);
    await agent.reported(agent.done(job, { outcome: "failed", failure: { kind: "user_code", message: "disk full" }, retryable: false }));
    expect(await statusesOf(stub)).toMatchObject({
      "2025-01-02": "failed",
      "2025-01-03": "materialized",
      "2025-01-04": "failed",
      "2025-01-05": "failed",
      "2025-01-06": "missing",
    });
    const page = unwrap(await stub.ask("assets.partitions", { key: "a", limit: 100 }));
    expect(page.items.find((item) => item.key === "2025-01-04")).toMatchObject({ message: "disk full", run: run.id });
    expect(page).toMatchObject({ materialized: 1, failed: 3, inProgress: 0 });
  });

  it("partitions of some states alone are listed in pages", async () => {
    const stub = await deployPartitioned(daily);
    const agent = new FakeAgent();
    await agent.start(stub);
    await launch(stub, { selection: "a", partition: "2025-01-02...2025-01-04" });
    await agent.reported(...agent.success(await agent.job("a[2025-01-02...2025-01-04]")));
    const listed = async (statuses: readonly ("missing" | "materialized" | "failed" | "in_progress")[], limit: number) => {
      const pages: string[][] = [];
      let cursor: string | null = null;
      do {
        const page: { items: readonly { key: string }[]; next: string | null } = unwrap(
          await stub.ask("assets.partitions", { key: "a", statuses: [...statuses], limit, cursor }),
        );
        pages.push(page.items.map(({ key }) => key.slice(-2)));
        cursor = page.next;
      } while (cursor !== null);
      return pages;
    };
    expect(await listed(["missing"], 4)).toEqual([
      ["10", "09", "08", "07"],
      ["06", "05", "01"],
    ]);
    expect(await listed(["materialized", "failed"], 3)).toEqual([["04", "03", "02"]]);
    expect(await listed(["failed"], 3)).toEqual([[]]);
    expect((await listed(["missing", "materialized", "failed", "in_progress"], 7)).flat()).toHaveLength(10);
  });

  it("reporting each partition of a range materializes none twice", async () => {
    const stub = await deployPartitioned(daily);
    const agent = new FakeAgent();
    await agent.start(stub);
    const run = await launch(stub, { selection: "a", partition: "2025-01-02...2025-01-03" });
    const job = await agent.job("a[2025-01-02...2025-01-03]");
    const part = (partition: string, value: number) =>
      agent.event(job, { type: "asset_materialized", asset: "a", partition, metadata: { row_count: { type: "int", value } } });
    await agent.reported(agent.started(job), part("2025-01-02", 2), part("2025-01-03", 3), agent.done(job, { outcome: "succeeded" }));
    expect(unwrap(await stub.ask("assets.events", { key: "a", limit: 10 })).items.map((item) => item.partition)).toEqual([
      "2025-01-03",
      "2025-01-02",
    ]);
    const detail = unwrap(await stub.ask("runs.get", { run: run.id }));
    expect(detail.run).toMatchObject({ status: "succeeded", materialized: 1 });
    expect(detail.stepAssets).toMatchObject([{ status: "succeeded" }]);
  });

  it("a range with unknown or reversed ends is refused", async () => {
    const stub = await deployPartitioned(daily);
    const problem = (partition: string) =>
      launch(stub, { selection: "a", partition }).then(
        () => "launched",
        (error: Error) => error.message,
      );
    expect(await problem("2025-01-02...2025-02-01")).toContain(
      'a has no partition "2025-02-01". There are 10, from 2025-01-01 to 2025-01-10.',
    );
    expect(await problem("2025-01-05...2025-01-02")).toContain("Swap its two keys");
    expect(await problem("2025-01-05...last")).toBe("launched");
    const { items } = unwrap(await stub.ask("runs.list", { filter: {}, limit: 1 }));
    expect(items[0]?.partition).toBe("2025-01-05...2025-01-10");
  });
});

describe("partitions of several dimensions", () => {
  it("the step gets each dimension's key and the time window", async () => {
    const stub = await deployPartitioned(byDayAndRegion);
    const agent = new FakeAgent();
    await agent.start(stub);
    await launch(stub, { selection: "a", partition: "2025-01-02|eu" });
    const job = await agent.job("a[2025-01-02|eu]");
    expect(job.partition).toEqual({
      key: "2025-01-02|eu",
      start: Date.UTC(2025, 0, 2),
      end: Date.UTC(2025, 0, 3),
      dimensions: { day: "2025-01-02", region: "eu" },
    });
    await agent.reported(...agent.success(job));
    await launch(stub, { selection: "a", partition: "2025-01-03|eu...2025-01-04|us" });
    const range = await agent.job("a[2025-01-03|eu...2025-01-04|us]");
    expect(range.partition).toMatchObject({ start: Date.UTC(2025, 0, 3), end: Date.UTC(2025, 0, 5), range: { count: 4 } });
    const view = await partitionMap(stub);
    expect(view.counts).toEqual({ total: 20, materialized: 1, failed: 0, inProgress: 4, missing: 15 });
    expect(view.rows.map((row) => row.key)).toEqual(["eu", "us"]);
    expect(view.rows.map((row) => row.buckets.map((bucket) => bucket.materialized + 2 * bucket.inProgress).join(""))).toEqual([
      "0122000000",
      "0022000000",
    ]);
  });
});

describe("ranges over several dimensions", () => {
  const both = (first: string, last: string) => ({ selection: "a", partition: `${first}...${last}` });

  it("adjacent partitions are one run; others are refused with advice", async () => {
    const stub = await deployPartitioned(byDayAndRegion);
    const agent = new FakeAgent();
    await agent.start(stub);
    // Dimensions are sorted by name, so days come before regions.
    await launch(stub, both("2025-01-02|eu", "2025-01-03|us"));
    await agent.reported(...agent.success(await agent.job("a[2025-01-02|eu...2025-01-03|us]")));
    const made = Object.entries(await statusesOf(stub)).filter(([, status]) => status === "materialized");
    expect(made.map(([key]) => key).toSorted()).toEqual(["2025-01-02|eu", "2025-01-02|us", "2025-01-03|eu", "2025-01-03|us"]);
    const refused = await stub.ask("runs.preview", { target: { ...both("2025-01-02|us", "2025-01-04|us"), checksOnly: false } });
    expect(refused).toMatchObject({ ok: false, error: { code: "invalid_input" } });
    expect(refused.ok ? "" : refused.error.message).toBe(
      `"2025-01-02|us...2025-01-04|us" stands for 3 partitions of a that are not adjacent, because a range applies to each dimension. One run makes only adjacent partitions. Start a backfill of them: 'headgate backfill launch --from "2025-01-02|us" --to "2025-01-04|us"'.`,
    );
  });

  it("a backfill makes scattered partitions in few runs that can be repeated", async () => {
    const stub = await deployPartitioned(byDayAndRegion);
    const agent = new FakeAgent();
    await agent.start(stub);
    const target = {
      selection: "a",
      partitions: { type: "range" as const, first: "2025-01-02|us", last: "2025-01-04|us" },
      partitionsPerRun: null,
    };
    unwrap(await stub.perform("backfills.launch", { target, tags: {}, maxActive: 5, priority: 0 }, person));
    const jobs = await Promise.all(["2025-01-02|us", "2025-01-03|us", "2025-01-04|us"].map((key) => agent.job(`a[${key}]`)));
    expect(jobs).toHaveLength(3);
    // The plan may give a run adjacent partitions that are not a range in each dimension.
    const all = { ...target, partitions: { type: "keys" as const, keys: ["2025-01-05|us", "2025-01-06|eu"] } };
    unwrap(await stub.perform("backfills.launch", { target: all, tags: {}, maxActive: 5, priority: 0 }, person));
    const stretch = await agent.job("a[2025-01-05|us...2025-01-06|eu]");
    await agent.reported(...agent.success(stretch));
    expect(await runStatus(stub, stretch.run)).toBe("succeeded");
    unwrap(await stub.perform("runs.reexecute", { run: stretch.run, mode: "all" }, person));
    await agent.waitFor(() => agent.jobs().filter((job) => job.step === stretch.step).length === 2);
  });

  it("only adjacent partitions can be reported as a range", async () => {
    const stub = await deployPartitioned(byDayAndRegion);
    const report = (partition: string) =>
      stub.perform("assets.report", { type: "materialized", asset: "a", partition, metadata: {} }, person);
    unwrap(await report("2025-01-02|eu...2025-01-02|us"));
    const refused = await report("2025-01-02|us...2025-01-04|us");
    expect(refused.ok ? "" : refused.error.message).toContain("Report them one by one");
  });
});

describe("the map of partitions", () => {
  it("the map has the requested buckets with ends, times and counts", async () => {
    const stub = await deployPartitioned(daily);
    const agent = new FakeAgent();
    await agent.start(stub);
    await materializePartition(stub, agent, "2025-01-01...2025-01-04");
    await materializePartition(stub, agent, "2025-01-07");
    const view = await partitionMap(stub, { buckets: 3 });
    expect(view).toMatchObject({ first: "2025-01-01", last: "2025-01-10", moreRows: 0, rows: [{ key: null }] });
    expect(view.rows[0]?.buckets).toEqual([
      {
        first: "2025-01-01",
        last: "2025-01-03",
        start: Date.UTC(2025, 0, 1),
        end: Date.UTC(2025, 0, 4),
        total: 3,
        materialized: 3,
        failed: 0,
        inProgress: 0,
        missing: 0,
      },
      {
        first: "2025-01-04",
        last: "2025-01-06",
        start: Date.UTC(2025, 0, 4),
        end: Date.UTC(2025, 0, 7),
        total: 3,
        materialized: 1,
        failed: 0,
        inProgress: 0,
        missing: 2,
      },
      {
        first: "2025-01-07",
        last: "2025-01-10",
        start: Date.UTC(2025, 0, 7),
        end: Date.UTC(2025, 0, 11),
        total: 4,
        materialized: 1,
        failed: 0,
        inProgress: 0,
        missing: 3,
      },
    ]);
    const zoomed = await partitionMap(stub, { first: "2025-01-04", last: "2025-01-05" });
    expect(zoomed.rows[0]?.buckets.map((bucket) => [bucket.first, bucket.materialized])).toEqual([
      ["2025-01-04", 1],
      ["2025-01-05", 0],
    ]);
    expect(await stub.ask("partitions.map", { key: "a", first: "1999-01-01", buckets: 4 })).toMatchObject({
      ok: false,
      error: { code: "not_found" },
    });
  });

  it("the map of a million partitions lists none of them", async () => {
    const stub = await deployPartitioned({
      type: "time",
      cadence: "cron",
      cron: "* * * * *",
      start: "2023-01-01-00:00",
      format: "%Y-%m-%d-%H:%M",
    });
    const view = await partitionMap(stub, { buckets: 400 });
    expect(view.counts.total).toBeGreaterThan(1_000_000);
    expect(view.rows[0]?.buckets).toHaveLength(400);
    expect(view.rows[0]?.buckets.reduce((sum, bucket) => sum + bucket.missing, 0)).toBe(view.counts.total);
  });

  it("the map of a set without keys is empty", async () => {
    const stub = await deployPartitioned(customers);
    expect(await partitionMap(stub)).toMatchObject({
      counts: { total: 0, missing: 0 },
      rows: [{ key: null, buckets: [] }],
      first: null,
      last: null,
    });
  });

  it("the map shows a hundred rows and counts the rest", async () => {
    const keys = Array.from({ length: 250 }, (_, index) => `r${index}`);
    const dimensions = [
      { name: "day", partitions: daily },
      { name: "region", partitions: { type: "static" as const, keys } },
    ];
    const stub = await deployPartitioned({ type: "multi", dimensions });
    const view = await partitionMap(stub);
    expect(view.rows).toHaveLength(100);
    expect(view.moreRows).toBe(150);
  });

  it("the map agrees with the list of partitions at every zoom", { timeout: 60_000 }, async () => {
    fc.configureGlobal({ seed: 7 });
    const random = fc.sample(
      fc.tuple(fc.nat(29), fc.nat(29), fc.integer({ min: 1, max: 12 }), fc.constantFrom("made", "failed", "open")),
      24,
    );
    for (const [index, outer] of (["area", "region"] as const).entries()) {
      const dimensions = [
        { name: outer, partitions: { type: "static" as const, keys: ["eu", "us", "jp"] } },
        { name: "day", partitions: daily },
      ];
      const stub = await deployPartitioned({ type: "multi", dimensions });
      const agent = new FakeAgent();
      await agent.start(stub, { slots: 20 });
      const keys = unwrap(await stub.ask("assets.partitions", { key: "a", limit: 100 })).items.map((item) => item.key);
      expect(keys).toHaveLength(30);
      for (const [from, to, buckets, outcome] of random.slice(index * 12, index * 12 + 12)) {
        // A run makes adjacent partitions: here those of one key of the slower dimension.
        const row = outer === "area" ? 10 : 3;
        const start = Math.min(from, to);
        const [first = "", last = ""] = [keys[start], keys[Math.min(Math.max(from, to), start - (start % row) + row - 1)]];
        const partition = first === last ? first : `${first}...${last}`;
        const known = agent.jobs().length;
        await launch(stub, { selection: "a", partition });
        await agent.waitFor(() => agent.jobs().length > known);
        const job = agent.jobs()[known];
        if (job && outcome === "made") await agent.reported(...agent.success(job));
        if (job && outcome === "failed")
          await agent.reported(agent.done(job, { outcome: "failed", failure: { kind: "user_code", message: "no" }, retryable: false }));
        const list = await statusesOf(stub);
        const view = await partitionMap(stub, { buckets });
        const of = (status: string, inBucket: (key: string) => boolean) =>
          Object.entries(list).filter(([key, own]) => own === status && inBucket(key)).length;
        for (const row of view.rows) {
          for (const bucket of row.buckets) {
            const isIn = (key: string) => {
              const parts = key.split("|");
              const day = parts[outer < "day" ? 1 : 0] ?? "";
              return parts[outer < "day" ? 0 : 1] === row.key && day >= bucket.first && day <= bucket.last;
            };
            const { materialized, failed, inProgress, missing } = bucket;
            expect({ materialized, failed, inProgress, missing }).toEqual({
              materialized: of("materialized", isIn),
              failed: of("failed", isIn),
              inProgress: of("in_progress", isIn),
              missing: of("missing", isIn),
            });
          }
        }
      }
    }
  });
});
