/** Launches: how targets are resolved, and what is refused. */
import { describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { launch, newDeployment, person, publish, rows, type DeploymentObject } from "../../../../test/support/deployment.ts";
import { FakeAgent } from "../../../../test/support/fake-agent.ts";
import { assetsOf, dbtProject, manifest } from "../../../../test/support/manifests.ts";

async function refused(stub: DeploymentObject, target: { selection?: string; job?: string; partition?: string; location?: string }) {
  const answer = await stub.perform("runs.launch", { target: { ...target, checksOnly: false }, tags: {} }, person);
  return answer.ok ? null : answer.error;
}

const daily = { type: "time", cadence: "daily", start: "2025-01-01" } as const;

describe("launching", () => {
  it("a repeated request id returns the first run, even after a publish", async () => {
    const stub = newDeployment();
    await publish(stub, manifest(assetsOf({ a: [] })));
    const first = await launch(stub, { selection: "a" }, { requestId: "click-1" });
    await publish(stub, manifest(assetsOf({ b: [] })));
    const second = await launch(stub, { selection: "a" }, { requestId: "click-1" });
    expect(second.id).toBe(first.id);
    expect(await rows(stub, "SELECT id FROM run")).toHaveLength(1);
  });

  it("an unknown job is refused with the known ones", async () => {
    const stub = newDeployment();
    const one = manifest({ ...assetsOf({ a: [] }), jobs: [{ name: "nightly", selection: "*" }] });
    await publish(stub, one);
    expect(await refused(stub, { job: "nihgtly" })).toMatchObject({
      code: "not_found",
      message: 'There is no job "nihgtly". Did you mean nightly?',
    });
    expect(await refused(stub, { job: "zzzzzzzzz" })).toMatchObject({ message: 'There is no job "zzzzzzzzz". The jobs are nightly.' });
    expect(await refused(stub, { job: "nightly", location: "elsewhere" })).toMatchObject({
      message: `Code location elsewhere has no job "nightly"; it is defined in ${one.location}.`,
    });
  });

  it("a job starts with its tags, config and priority", async () => {
    const stub = newDeployment();
    await publish(
      stub,
      manifest({
        ...assetsOf({ a: [], b: ["a"], c: [] }),
        jobs: [{ name: "nightly", selection: "+b", tags: { team: "data" }, config: { full: true }, priority: 5 }],
      }),
    );
    const agent = new FakeAgent();
    await agent.start(stub);
    const run = await launch(stub, { job: "nightly" }, { tags: { by: "test" }, priority: 7 });
    expect(run).toMatchObject({ job: "nightly", selection: "+b", tags: { team: "data", by: "test" }, steps: { total: 2 } });
    expect(await agent.job("a")).toMatchObject({
      job: "nightly",
      config: { full: true },
      tags: { team: "data", by: "test" },
      attempt: 1,
      epoch: 1,
    });
    expect(unwrap(await stub.ask("runs.get", { run: run.id })).config).toEqual({ full: true });
    // The job's priority counts unless the launch gives one, even if that is 0.
    expect(run.priority).toBe(7);
    expect((await launch(stub, { job: "nightly" })).priority).toBe(5);
    expect((await launch(stub, { job: "nightly" }, { priority: 0 })).priority).toBe(0);
    expect((await launch(stub, { selection: "a" })).priority).toBe(0);
  });

  it("unknown names are refused with similar ones, and selections with positions", async () => {
    const stub = newDeployment();
    await publish(stub, manifest({ ...assetsOf({ "silver/dim_customer": [] }), jobs: [{ name: "full_refresh", selection: "*" }] }));
    expect(await refused(stub, { job: "full_refesh" })).toMatchObject({ code: "not_found", details: { nearest: ["full_refresh"] } });
    expect((await refused(stub, { selection: "silver/dim_custmer" }))?.message).toContain("silver/dim_customer");
    expect(await refused(stub, { selection: "group:" })).toMatchObject({ code: "invalid_selection" });
    expect((await refused(stub, { selection: "group:gold" }))?.code).toBe("invalid_selection");
    expect(await rows(stub, "SELECT id FROM run")).toEqual([]);
  });

  it("a selection of external assets only is refused", async () => {
    const stub = newDeployment();
    await publish(
      stub,
      manifest({
        assets: [
          { key: "airbyte/orders", unit: null },
          { key: "a", unit: "a", deps: [{ key: "airbyte/orders" }, { key: "never/declared" }] },
        ],
        units: [{ id: "a", kind: "asset", assets: ["a"] }],
      }),
    );
    expect(await refused(stub, { selection: "airbyte/orders" })).toMatchObject({
      code: "invalid_selection",
      message: expect.stringContaining("external"),
    });
    expect((await refused(stub, { selection: "never/declared" }))?.message).toContain("external");
    expect((await launch(stub, { selection: "+a" })).assetCount).toBe(1);
  });

  it("a launch before the first publish says that nothing is published", async () => {
    expect((await refused(newDeployment(), { selection: "*" }))?.message).toContain("headgate publish");
  });

  it("the latest partition is the default, and an unknown one is refused", async () => {
    const stub = newDeployment();
    await publish(stub, manifest({ ...assetsOf({ a: [], b: ["a"] }, { asset: { partitions: daily } }) }));
    const agent = new FakeAgent();
    await agent.start(stub);
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    const run = await launch(stub, { selection: "*" });
    expect(run.partition).toBe(yesterday);
    const job = await agent.job(`a[${yesterday}]`);
    expect(job.partition).toEqual({
      key: yesterday,
      start: Date.parse(`${yesterday}T00:00:00Z`),
      end: Date.parse(`${yesterday}T00:00:00Z`) + 86_400_000,
    });
    expect(await refused(stub, { selection: "*", partition: "2024-12-31" })).toMatchObject({ code: "not_found" });

    await agent.reported(...agent.success(job));
    const failing = await agent.job(`b[${yesterday}]`);
    await agent.reported(agent.done(failing, { outcome: "failed", retryable: false, failure: { kind: "user_code", message: "no rows" } }));
    const a = unwrap(await stub.ask("assets.partitions", { key: "a", limit: 3 }));
    expect(a).toMatchObject({ materialized: 1, failed: 0 });
    expect(a.items[0]).toMatchObject({ key: yesterday, status: "materialized", run: run.id });
    expect(a.items[1]?.status).toBe("missing");
    const b = unwrap(await stub.ask("assets.partitions", { key: "b", limit: 1 }));
    expect(b.items[0]).toMatchObject({ status: "failed", message: "no rows" });
    expect(unwrap(await stub.ask("assets.partitions", { key: "b", limit: 1, cursor: b.next })).items[0]?.key).not.toBe(yesterday);
    expect(
      unwrap(await stub.ask("assets.states", { limit: 10 })).items.map((state) => [
        state.partitions?.materialized,
        state.partitions?.failed,
      ]),
    ).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect((await stub.ask("assets.partitions", { key: "b", limit: 1, cursor: "x" })).ok).toBe(false);
  });

  it("a preview shows what would run without running it", async () => {
    const stub = newDeployment();
    await publish(stub, manifest({ ...dbtProject({ x: [], y: ["x"] }, { subset: false }), schedules: [] }));
    const preview = unwrap(await stub.ask("runs.preview", { target: { selection: "y", checksOnly: false } }));
    expect(preview).toMatchObject({ steps: 1, assets: [{ key: "x" }, { key: "y" }] });
    expect(preview.warnings[0]).toContain("x");
    expect(await rows(stub, "SELECT id FROM run")).toEqual([]);
  });

  it("a run keeps the versions that it was launched with", async () => {
    const stub = newDeployment();
    const first = await publish(stub, manifest(assetsOf({ a: [], b: ["a"] })));
    const agent = new FakeAgent();
    await agent.start(stub);
    const run = await launch(stub, { selection: "*" });
    const job = await agent.job("a");
    await publish(stub, manifest(assetsOf({ a: [], b: ["a"], c: [] })));
    await agent.reported(...agent.success(job));
    expect((await agent.job("b")).version).toBe(first);
    expect(unwrap(await stub.ask("runs.get", { run: run.id })).versions).toEqual([{ location: "lake", version: first, number: 1 }]);
  });

  it("at most ten runs start at once, by priority", async () => {
    const stub = newDeployment();
    await publish(stub, manifest(assetsOf({ a: [] })));
    for (let i = 0; i < 11; i++) await launch(stub, { selection: "a" });
    const urgent = await launch(stub, { selection: "a" }, { priority: 5 });
    expect(urgent.waiting?.kind).toBe("no_agent");
    const agent = new FakeAgent();
    await agent.start(stub, { slots: 100 });
    await agent.waitFor(() => agent.jobs().length >= 10);
    expect(agent.jobs()[0]?.run).toBe(urgent.id);
    expect(agent.jobs()).toHaveLength(10);
    const queued = unwrap(await stub.ask("runs.list", { filter: { statuses: ["queued"] }, limit: 10 })).items;
    expect(queued.map((run) => run.waiting?.kind)).toEqual(["run_limit", "run_limit"]);
    const [first] = agent.jobs();
    if (first) await agent.reported(...agent.success(first));
    await agent.waitFor(() => agent.jobs().length === 11);
  });

  it("steps wait while their pool is full", async () => {
    const stub = newDeployment();
    await publish(stub, manifest({ ...assetsOf({ a: [], b: [], c: [] }, { unit: { pool: "warehouse" } }), pools: { warehouse: 2 } }));
    const agent = new FakeAgent();
    await agent.start(stub, { slots: 10 });
    const run = await launch(stub, { selection: "*" });
    await agent.waitFor(() => agent.jobs().length === 2);
    expect(unwrap(await stub.ask("runs.get", { run: run.id })).steps.map((step) => step.waiting?.kind ?? step.status)).toEqual([
      "assigned",
      "assigned",
      "pool",
    ]);
    const [first] = agent.jobs();
    if (first) await agent.reported(...agent.success(first));
    await agent.waitFor(() => agent.jobs().length === 3);
  });
});

describe("a long queue", () => {
  it("urgent queued runs neither starve active runs nor exceed the limit", { timeout: 30_000 }, async () => {
    const stub = newDeployment();
    await publish(stub, manifest(assetsOf({ a: [], b: ["a"] })));
    const agent = new FakeAgent();
    await agent.start(stub, { slots: 50 });
    const old = await launch(stub, { selection: "*" });
    const job = await agent.job("a");
    for (let i = 0; i < 230; i++) await launch(stub, { selection: "a" }, { priority: 9 });
    await agent.waitFor(() => agent.jobs().length === 10);
    await agent.reported(...agent.success(job));
    await agent.waitFor(() => agent.jobs().some((frame) => frame.run === old.id && frame.step === "b"));
    expect(agent.jobs()).toHaveLength(11);
  });
});
