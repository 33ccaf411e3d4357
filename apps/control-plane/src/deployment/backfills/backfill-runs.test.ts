/** Backfills through the API: preview, order, limits and failures. */
import { PROCEDURES } from "@headgate/shared/contract/table.ts";
import { describe, expect, it } from "vitest";
import type { TimeWindowPartitions } from "@headgate/shared/domain/partitions/definition.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import { fireTimers, launch, newDeployment, person, publish, rows } from "../../../test/support/deployment.ts";
import { FakeAgent } from "../../../test/support/fake-agent.ts";
import { LiveClient } from "../../../test/support/live-client.ts";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";
import { daily, weekly, deploy, start, get, steer, preview, fail, work, range, type Target } from "../../../test/support/backfills.ts";

describe("backfills", () => {
  it("a preview shows what the backfill would do", async () => {
    const stub = await deploy({ a: [], b: ["a"], report: ["b"], ext: [] }, { report: undefined });
    const seen = await preview(stub, { selection: "a or b or report", partitions: range });
    expect(seen).toEqual({
      assets: [
        { asset: "a", partitions: 3, ranges: ["2025-01-02...2025-01-04"] },
        { asset: "b", partitions: 3, ranges: ["2025-01-02...2025-01-04"] },
        { asset: "report", partitions: 1, ranges: [] },
      ],
      runs: 4,
      first: [
        { assets: ["a", "b"], partition: "2025-01-02", after: 0 },
        { assets: ["a", "b"], partition: "2025-01-03", after: 0 },
        { assets: ["a", "b"], partition: "2025-01-04", after: 0 },
        { assets: ["report"], partition: null, after: 3 },
      ],
      partitions: "2025-01-02...2025-01-04",
      warnings: [],
    });
    expect(await rows(stub, "SELECT no FROM backfill")).toEqual([]);
  });

  it("a backfill makes every partition of every asset in dependency order", async () => {
    const stub = await deploy({ a: [], b: ["a"], w: ["b"], report: ["w"] }, { w: weekly, report: undefined });
    const agent = new FakeAgent();
    await agent.start(stub, { slots: 3 });
    const backfill = await start(
      stub,
      { selection: "*", partitions: { type: "range", first: "2025-01-05", last: "2025-01-10" } },
      { tags: { team: "x" } },
    );
    expect(backfill).toMatchObject({
      id: "bf_1",
      status: "running",
      runs: { active: 6, waiting: 2 },
      assetCount: 4,
      createdBy: person.name,
    });
    const done = await work(stub, agent, backfill.id);
    expect(done).toHaveLength(6 * 2 + 2);
    expect(done.slice(-2)).toEqual(["w[2025-01-05]", "report"]);
    const ended = await get(stub, backfill.id);
    expect(ended.backfill).toMatchObject({
      status: "succeeded",
      runs: { waiting: 0, active: 0, succeeded: 8, failed: 0, canceled: 0, blocked: 0 },
      error: null,
    });
    expect(ended.assets.map(({ asset, total, succeeded }) => [asset, total, succeeded])).toEqual([
      ["a", 6, 6],
      ["b", 6, 6],
      ["w", 1, 1],
      ["report", 1, 1],
    ]);
    const { items } = unwrap(await stub.ask("runs.list", { filter: { backfill: backfill.id }, limit: 100 }));
    expect(items).toHaveLength(8);
    expect(items[0]).toMatchObject({
      backfill: backfill.id,
      priority: -10,
      tags: { team: "x" },
      trigger: { type: "backfill", backfill: "bf_1", by: person.name },
    });
    expect(unwrap(await stub.ask("runs.list", { filter: { backfill: "bf_2" }, limit: 100 })).items).toEqual([]);
  });

  it("a backfill keeps to its limit of active runs", async () => {
    const stub = await deploy({ a: [] }, { a: daily("2025-12-31") });
    const agent = new FakeAgent();
    await agent.start(stub, { slots: 10 });
    const backfill = await start(stub, { selection: "a", partitions: { type: "all" } }, { maxActive: 2 });
    expect(backfill.runs).toMatchObject({ active: 2, waiting: 362 });
    for (let tx = 1; tx <= 5; tx++) {
      const jobs = agent.jobs();
      await agent.waitFor(() => agent.jobs().length >= tx + 1);
      await agent.reported(...agent.success(agent.jobs()[tx - 1] as JobFrame));
      expect(jobs.length).toBeLessThanOrEqual(tx + 1);
      expect(await rows(stub, "SELECT count(*) AS n FROM run WHERE status NOT IN ('succeeded')")).toEqual([{ n: 2 }]);
    }
    expect((await get(stub, backfill.id)).backfill.runs).toMatchObject({ active: 2, succeeded: 5 });
    expect(await rows(stub, "SELECT count(*) AS n FROM backfill_plan")).toEqual([{ n: 2 }]);
  });

  it("a backfill with a high limit makes a few runs at once", async () => {
    const stub = await deploy({ a: [] }, { a: daily("2025-12-31") });
    const backfill = await start(stub, { selection: "a", partitions: { type: "all" } }, { maxActive: 120 });
    const seen = [backfill.runs.active];
    for (let tx = 0; tx < 3; tx++) {
      await fireTimers(stub, "backfill");
      seen.push((await get(stub, backfill.id)).backfill.runs.active);
    }
    expect(seen).toEqual([50, 100, 120, 120]);
    expect(await rows(stub, "SELECT id FROM timer WHERE kind = 'backfill'")).toEqual([]);
  });

  it("a failed slice blocks only the slices that need it", async () => {
    const stub = await deploy({ a: [], b: ["a"], report: ["b"] }, { b: daily(), report: undefined });
    const agent = new FakeAgent();
    await agent.start(stub);
    const backfill = await start(stub, { selection: "*", partitions: range });
    await work(stub, agent, backfill.id, (step) => step === "a[2025-01-03]");
    const ended = await get(stub, backfill.id);
    expect(ended.backfill).toMatchObject({ status: "failed", runs: { succeeded: 2, failed: 1, blocked: 1, waiting: 0 }, error: "no luck" });
    expect(ended.failures).toMatchObject([{ message: "no luck", count: 1, partitions: ["2025-01-03"] }]);
    expect(unwrap(await stub.ask("home.get", undefined)).problems).toContainEqual(
      expect.objectContaining({ kind: "backfill_failed", title: `Backfill of ${ended.backfill.title}: 1 of 4 failed` }),
    );

    const again = unwrap(await steer(stub, "backfills.retry", backfill.id));
    expect(again).toMatchObject({
      status: "running",
      endedAt: null,
      error: null,
      runs: { active: 1, waiting: 1, succeeded: 2, failed: 0, blocked: 0 },
    });
    expect((await work(stub, agent, backfill.id)).slice(-3)).toEqual(["a[2025-01-03]", "b[2025-01-03]", "report"]);
    expect((await get(stub, backfill.id)).backfill).toMatchObject({ status: "succeeded", runs: { succeeded: 4 } });
    expect(unwrap(await stub.ask("home.get", undefined)).problems.map((problem) => problem.kind)).not.toContain("backfill_failed");
    expect(await steer(stub, "backfills.retry", backfill.id)).toMatchObject({ ok: false, error: { code: "conflict" } });
  });

  it("a request id launches one backfill, even if nothing is missing anymore", async () => {
    const stub = await deploy({ a: [] });
    const agent = new FakeAgent();
    await agent.start(stub);
    const target: Target = { selection: "a", partitions: { type: "missing" } };
    const first = await start(stub, target, { requestId: "once" });
    await work(stub, agent, first.id);
    expect((await start(stub, target, { requestId: "once" })).id).toBe(first.id);
    expect(await rows(stub, "SELECT count(*) AS n FROM backfill")).toEqual([{ n: 1 }]);
    expect(await stub.perform("backfills.launch", PROCEDURES["backfills.launch"].input.parse({ target }), person)).toMatchObject({
      ok: false,
      error: { message: "There is nothing to do: no partition of a is missing." },
    });
  });

  it("a backfill makes only the missing or failed partitions of each asset", async () => {
    const stub = await deploy({ a: [], b: ["a"] });
    const agent = new FakeAgent();
    await agent.start(stub);
    await launch(stub, { selection: "a", partition: "2025-01-01...2025-01-08" });
    await agent.reported(...agent.success(await agent.job("a[2025-01-01...2025-01-08]")));
    await launch(stub, { selection: "b", partition: "2025-01-02" });
    await fail(agent, await agent.job("b[2025-01-02]"));
    const within = { first: "2025-01-02", last: "2025-01-09" };
    const of = async (type: "missing" | "failed" | "missing_or_failed", part: object = within) =>
      (await preview(stub, { selection: "*", partitions: { type, ...part } })).assets.map(({ asset, ranges }) => [asset, ...ranges]);
    expect(await of("missing")).toEqual([
      ["a", "2025-01-09"],
      ["b", "2025-01-03...2025-01-09"],
    ]);
    expect(await of("failed")).toEqual([["b", "2025-01-02"]]);
    expect(await of("missing_or_failed", {})).toEqual([
      ["a", "2025-01-09...2025-01-10"],
      ["b", "2025-01-01...2025-01-10"],
    ]);
  });

  it("a run makes several partitions if the request or assets say so", async () => {
    const stub = await deploy({ a: [] });
    const runs = async (partitionsPerRun: number | null | undefined) =>
      (
        await preview(stub, { selection: "a", partitions: { type: "all" }, ...(partitionsPerRun !== undefined && { partitionsPerRun }) })
      ).first.map((run) => run.partition);
    expect(await runs(null)).toEqual(["2025-01-01...2025-01-10"]);
    expect(await runs(4)).toEqual(["2025-01-01...2025-01-04", "2025-01-05...2025-01-08", "2025-01-09...2025-01-10"]);
    expect(await runs(undefined)).toHaveLength(10);
    await publish(stub, manifest(assetsOf({ a: [] }, { asset: { partitions: daily(), backfill: { maxPartitionsPerRun: null } } })));
    expect(await runs(undefined)).toEqual(["2025-01-01...2025-01-10"]);
    const agent = new FakeAgent();
    await agent.start(stub);
    const backfill = await start(stub, { selection: "a", partitions: range });
    expect(await work(stub, agent, backfill.id)).toEqual(["a[2025-01-02...2025-01-04]"]);
    expect((await get(stub, backfill.id)).assets).toMatchObject([{ total: 3, succeeded: 3 }]);
    expect(unwrap(await stub.ask("assets.states", { limit: 1 })).items[0]?.partitions).toMatchObject({ materialized: 3 });
  });

  it("a range of one dimension means all combinations within it", async () => {
    const stub = newDeployment();
    const dimensions = [
      { name: "day", partitions: daily() as TimeWindowPartitions },
      { name: "region", partitions: { type: "static" as const, keys: ["eu", "us"] } },
    ];
    await publish(stub, manifest(assetsOf({ a: [] }, { asset: { partitions: { type: "multi", dimensions } } })));
    const ranges = async (partitions: Target["partitions"]) => (await preview(stub, { selection: "a", partitions })).assets[0]?.ranges;
    expect(await ranges(range)).toEqual(["2025-01-02|eu...2025-01-04|us"]);
    expect(await ranges({ type: "missing", first: "2025-01-09" })).toEqual(["2025-01-09|eu...2025-01-10|us"]);
    expect(await ranges({ type: "keys", keys: ["us", "2025-01-10", "2025-01-01|eu"] })).toHaveLength(9);
    expect(await ranges({ type: "range", first: "2025-01-02|us", last: "2025-01-03|us" })).toEqual(["2025-01-02|us", "2025-01-03|us"]);
    expect(await ranges({ type: "missing", first: "2025-01-09|us" })).toEqual(["2025-01-09|us", "2025-01-10|us"]);
  });

  it("dashboards get only the latest state after several changes", async () => {
    const stub = await deploy({ a: [] });
    const live = new LiveClient();
    await live.connect(stub);
    const agent = new FakeAgent();
    await agent.start(stub);
    const { id } = await start(stub, { selection: "a", partitions: range });
    await work(stub, agent, id);
    const change = () =>
      live
        .changes()
        .filter((entry) => entry.type === "backfill")
        .at(-1);
    await live.until(() => change()?.backfill.status === "succeeded");
    expect(change()).toMatchObject({ backfill: { id, runs: { succeeded: 3 } } });
  });

  it("a backfill without a title is named by its assets", async () => {
    const stub = await deploy({ a: [] });
    await start(stub, { selection: 'key:"a"', partitions: range });
    const { items } = unwrap(await stub.ask("backfills.list", { limit: 1 }));
    expect(items[0]?.title).toMatch(/^a: /);
    await start(stub, { selection: 'key:"a"', partitions: { type: "all" } });
    expect(unwrap(await stub.ask("backfills.list", { limit: 1 })).items[0]?.title).toBe("a, all partitions");
  });

  it("backfills are listed newest first, by status and in pages", async () => {
    const stub = await deploy({ a: [] });
    for (let index = 0; index < 3; index++) await start(stub, { selection: "a", partitions: range }, { title: `number ${index}` });
    unwrap(await steer(stub, "backfills.pause", "bf_2"));
    const page = unwrap(await stub.ask("backfills.list", { limit: 2 }));
    expect(page.items.map((item) => item.title)).toEqual(["number 2", "number 1"]);
    const rest = unwrap(await stub.ask("backfills.list", { limit: 2, cursor: page.next }));
    expect(rest).toMatchObject({ items: [{ title: "number 0" }], next: null });
    expect(unwrap(await stub.ask("backfills.list", { limit: 5, statuses: ["paused"] })).items.map((item) => item.id)).toEqual(["bf_2"]);
  });

  it("unpartitioned assets are made once; partitions for them are refused", async () => {
    const stub = await deploy({ a: [], b: ["a"] }, { a: undefined, b: undefined });
    const agent = new FakeAgent();
    await agent.start(stub);
    const { id } = await start(stub, { selection: "*", partitions: { type: "all" } });
    expect(await work(stub, agent, id)).toEqual(["a", "b"]);
    expect(
      await stub.ask("backfills.preview", PROCEDURES["backfills.preview"].input.parse({ target: { selection: "a", partitions: range } })),
    ).toMatchObject({
      ok: false,
      error: { code: "invalid_input" },
    });
  });
});
