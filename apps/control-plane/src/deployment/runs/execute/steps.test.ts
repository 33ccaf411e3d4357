/** Ends of steps: retries, skipping, checks, and the work of a second attempt. */
import { describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { fireTimers, launch, newDeployment, person, publish, rows, runStatus } from "../../../../test/support/deployment.ts";
import { FakeAgent } from "../../../../test/support/fake-agent.ts";
import { assetsOf, dbtProject, manifest } from "../../../../test/support/manifests.ts";

const broken = { kind: "user_code", message: "KeyError: 'missing'\nmore" } as const;

async function running(parts: Parameters<typeof manifest>[0], selection = "*") {
  const stub = newDeployment();
  await publish(stub, manifest(parts));
  const agent = new FakeAgent();
  await agent.start(stub);
  const run = await launch(stub, { selection });
  return { stub, agent, run: run.id };
}

describe("steps", () => {
  it("a failed step skips the steps after it, and its siblings continue", async () => {
    const { stub, agent, run } = await running(assetsOf({ a: [], b: ["a"], c: ["b"], d: [] }));
    const a = await agent.job("a");
    const d = await agent.job("d");
    await agent.reported(agent.started(a), agent.done(a, { outcome: "failed", failure: broken, retryable: true }));
    expect(await runStatus(stub, run)).toBe("running");
    await agent.reported(...agent.success(d));
    const detail = unwrap(await stub.ask("runs.get", { run }));
    expect(detail.steps.map((step) => [step.key, step.status]).sort()).toEqual([
      ["a", "failed"],
      ["b", "skipped"],
      ["c", "skipped"],
      ["d", "succeeded"],
    ]);
    expect(detail).toMatchObject({
      run: { status: "failed", error: "KeyError: 'missing'", steps: { failed: 1, skipped: 2, succeeded: 1 } },
      failedStep: "a",
      failure: broken,
    });
    const state = unwrap(await stub.ask("assets.states", { limit: 10 })).items.find((item) => item.key === "a");
    expect(state).toMatchObject({ health: "failed", failed: { run, message: broken.message } });
    expect(unwrap(await stub.ask("home.get", undefined)).problems).toMatchObject([{ kind: "asset_failed", subject: "a", run }]);
  });

  it("a failed step is retried after its delay, with another epoch", async () => {
    const { stub, agent, run } = await running(assetsOf({ a: [] }, { unit: { retry: { maxRetries: 1, delaySeconds: 60 } } }));
    const first = await agent.job("a");
    await agent.reported(agent.started(first), agent.done(first, { outcome: "failed", failure: broken, retryable: true }));
    const [waiting] = unwrap(await stub.ask("runs.get", { run })).steps;
    expect(waiting).toMatchObject({ status: "up_for_retry", attempt: 1, waiting: { kind: "retry" } });
    expect(waiting?.retryAt).toBeGreaterThan(Date.now());
    await fireTimers(stub, "step_retry");
    const second = await agent.job("a", 2);
    expect(second.epoch).toBe(first.epoch + 1);
    await agent.reported(agent.done(first, { outcome: "succeeded" }), ...agent.success(second));
    expect(await runStatus(stub, run)).toBe("succeeded");
    const events = unwrap(await stub.ask("runs.events", { run, after: 0, limit: 100 })).events;
    expect(events.filter((row) => row.event.type === "engine").map((row) => row.event)).toMatchObject([
      { message: expect.stringContaining("ignored") },
    ]);
  });

  it("a step that no retry can help fails at once", async () => {
    const { stub, agent, run } = await running(assetsOf({ a: [] }, { unit: { retry: { maxRetries: 5 } } }));
    const job = await agent.job("a");
    await agent.reported(agent.done(job, { outcome: "failed", failure: broken, retryable: false }));
    expect(await runStatus(stub, run)).toBe("failed");
  });

  it("a second attempt makes only the assets that are missing", async () => {
    const project = dbtProject({ x: [], y: ["x"], z: [] }, { retry: { maxRetries: 1 }, checks: ["x:unique", "x:fresh", "y:unique"] });
    const checks = [
      { asset: "x", name: "unique", unit: "dbt:lake" },
      { asset: "x", name: "fresh", unit: "dbt:lake" },
      { asset: "y", name: "unique", unit: "dbt:lake" },
    ];
    const { stub, agent, run } = await running({ ...project, checks });
    const first = await agent.job("dbt:lake");
    expect(first).toMatchObject({ assets: ["x", "y", "z"], checks: ["x:fresh", "x:unique", "y:unique"] });
    await agent.reported(
      agent.started(first),
      agent.event(first, { type: "asset_started", asset: "x" }),
      agent.event(first, { type: "asset_materialized", asset: "x", metadata: {} }),
      agent.event(first, { type: "check_evaluated", asset: "x", check: "unique", passed: true, severity: "error", metadata: {} }),
      agent.event(first, { type: "check_evaluated", asset: "x", check: "fresh", passed: false, severity: "warn", metadata: {} }),
      agent.event(first, { type: "asset_started", asset: "y" }),
      agent.event(first, { type: "asset_failed", asset: "y", failure: { kind: "dbt", message: "division by zero" } }),
      agent.done(first, { outcome: "failed", failure: { kind: "dbt", message: "1 of 3 failed" }, retryable: true }),
    );
    const bars = unwrap(await stub.ask("runs.get", { run })).stepAssets;
    expect(bars.map((bar) => [bar.asset, bar.status])).toEqual([
      ["x", "succeeded"],
      ["y", "failed"],
      ["z", "skipped"],
    ]);
    const second = await agent.job("dbt:lake", 2);
    expect(second).toMatchObject({ assets: ["y", "z"], checks: ["y:unique"], stepAssets: 3 });
    await agent.reported(
      agent.started(second),
      agent.event(second, { type: "asset_materialized", asset: "y", metadata: {} }),
      agent.done(second, { outcome: "succeeded" }),
    );
    const detail = unwrap(await stub.ask("runs.get", { run }));
    // z reported nothing, but the step succeeded, so z counts as materialized.
    expect(detail.run).toMatchObject({ status: "succeeded", materialized: 3, checksWarned: 1 });
    expect(unwrap(await stub.ask("assets.states", { limit: 10 })).items.map((item) => item.health)).toEqual([
      "warning",
      "healthy",
      "healthy",
    ]);
  });

  it("a failed blocking check fails its step and blocks downstream steps", async () => {
    const parts = assetsOf({ a: [], b: ["a"], c: [] });
    const { stub, agent, run } = await running({
      assets: parts.assets ?? [],
      units: [...parts.units, { id: "check:a", kind: "check", checks: ["a:rows"] }],
      checks: [{ asset: "a", name: "rows", unit: "check:a", blocking: true }],
    });
    await agent.reported(...agent.success(await agent.job("a")), ...agent.success(await agent.job("c")));
    const check = await agent.job("check:a");
    await agent.reported(
      agent.started(check),
      agent.event(check, {
        type: "check_evaluated",
        asset: "a",
        check: "rows",
        passed: false,
        severity: "error",
        description: "no rows",
        metadata: { rows: { type: "int", value: 0 } },
      }),
      agent.done(check, { outcome: "succeeded" }),
    );
    const detail = unwrap(await stub.ask("runs.get", { run }));
    expect(detail.run.status).toBe("failed");
    expect(Object.fromEntries(detail.steps.map((step) => [step.key, step.status]))).toEqual({
      a: "succeeded",
      b: "skipped",
      c: "succeeded",
      "check:a": "failed",
    });
    expect(detail.failure?.kind).toBe("check_failed");
    expect(unwrap(await stub.ask("assets.checks", { key: "a" }))).toMatchObject([
      { name: "rows", blocking: true, latest: { passed: false, description: "no rows", run } },
    ]);
    expect(unwrap(await stub.ask("home.get", undefined)).problems.map((problem) => [problem.kind, problem.subject])).toContainEqual([
      "check_failed",
      "a:rows",
    ]);
    expect(unwrap(await stub.ask("assets.checkHistory", { key: "a", check: "rows", limit: 10 })).items).toHaveLength(1);
    expect(unwrap(await stub.ask("assets.series", { key: "a", limit: 10 })).map((series) => series.name)).toContain("rows.rows");
  });

  it("the control plane ends a step that exceeds its limit", async () => {
    const { stub, agent, run } = await running(assetsOf({ a: [] }, { unit: { timeoutSeconds: 5 } }));
    const job = await agent.job("a");
    expect(job.timeoutSeconds).toBe(5);
    await agent.reported(agent.started(job));
    await fireTimers(stub, "step_timeout");
    expect(await agent.next("cancel")).toMatchObject({ step: "a", epoch: job.epoch });
    expect(unwrap(await stub.ask("runs.get", { run }))).toMatchObject({ run: { status: "failed" }, failure: { kind: "timeout" } });
  });

  it("a step ends with its run when the run's limit passes", async () => {
    const { stub, agent } = await running({
      ...assetsOf({ a: [], b: ["a"] }),
      jobs: [{ name: "slow", selection: "*", timeoutSeconds: 60 }],
    });
    await agent.reported(...agent.success(await agent.job("a")));
    await agent.reported(...agent.success(await agent.job("b")));
    const run = await launch(stub, { job: "slow" });
    await agent.waitFor(() => agent.jobs().length === 3);
    await fireTimers(stub, "run_timeout");
    await agent.next("cancel");
    expect(unwrap(await stub.ask("runs.get", { run: run.id }))).toMatchObject({ run: { status: "failed" }, failure: { kind: "timeout" } });
    expect(await rows(stub, "SELECT kind FROM timer")).toEqual([]);
  });
});

describe("re-execution", () => {
  it("a re-execution from failure repeats failed and skipped steps, with its parent", async () => {
    const { stub, agent, run } = await running(assetsOf({ a: [], b: ["a"], c: ["b"] }));
    await agent.reported(...agent.success(await agent.job("a")));
    const b = await agent.job("b");
    expect((await stub.perform("runs.reexecute", { run, mode: "all" }, person)).ok).toBe(false);
    await agent.reported(agent.done(b, { outcome: "failed", failure: broken, retryable: false }));
    const again = unwrap(await stub.perform("runs.reexecute", { run, mode: "from_failure", requestId: "r1" }, person));
    expect(again).toMatchObject({ parent: run, assetCount: 2, trigger: { type: "reexecution", parent: run, mode: "from_failure" } });
    expect(unwrap(await stub.perform("runs.reexecute", { run, mode: "from_failure", requestId: "r1" }, person)).id).toBe(again.id);
    expect(unwrap(await stub.ask("runs.get", { run })).children).toMatchObject([{ id: again.id }]);
    expect(unwrap(await stub.ask("runs.get", { run: again.id })).steps.map((step) => step.key)).toEqual(["b", "c"]);
    const selected = unwrap(await stub.perform("runs.reexecute", { run, mode: "selected", steps: ["a"] }, person));
    expect(unwrap(await stub.ask("runs.get", { run: selected.id })).steps.map((step) => step.key)).toEqual(["a"]);
    expect(unwrap(await stub.perform("runs.reexecute", { run, mode: "all" }, person)).assetCount).toBe(3);
    expect((await stub.perform("runs.reexecute", { run, mode: "selected", steps: ["nope"] }, person)).ok).toBe(false);
  });
});

describe("canceling", () => {
  it("waiting steps end at once, the others when their agent says so", async () => {
    const { stub, agent, run } = await running(assetsOf({ a: [], b: ["a"] }));
    const job = await agent.job("a");
    await agent.reported(agent.started(job));
    expect(unwrap(await stub.perform("runs.cancel", { run, reason: "wrong day" }, person)).status).toBe("canceling");
    expect(await agent.next("cancel")).toMatchObject({ run, step: "a", epoch: job.epoch, reason: "wrong day" });
    expect(unwrap(await stub.ask("runs.get", { run })).steps.map((step) => step.status)).toEqual(["running", "canceled"]);
    expect(unwrap(await stub.perform("runs.cancel", { run }, person)).status).toBe("canceling");
    await agent.reported(agent.done(job, { outcome: "canceled" }));
    expect(await runStatus(stub, run)).toBe("canceled");
    expect((await stub.perform("runs.cancel", { run }, person)).ok).toBe(false);
    expect(await rows(stub, "SELECT kind FROM timer")).toEqual([]);
  });

  it("canceling a queued run needs no agent", async () => {
    const stub = newDeployment();
    await publish(stub, manifest(assetsOf({ a: [] })));
    const run = await launch(stub, { selection: "*" });
    expect(unwrap(await stub.perform("runs.cancel", { run: run.id }, person)).status).toBe("canceled");
    expect(unwrap(await stub.ask("assets.states", { limit: 1 })).items[0]?.inProgress).toBeNull();
  });

  it("canceling is forced after the grace period", async () => {
    const { stub, agent, run } = await running(assetsOf({ a: [] }));
    const job = await agent.job("a");
    await agent.reported(agent.started(job));
    await stub.perform("runs.cancel", { run }, person);
    await fireTimers(stub, "cancel_grace");
    expect(await runStatus(stub, run)).toBe("canceled");
    await agent.reported(agent.done(job, { outcome: "succeeded" }));
    expect(await runStatus(stub, run)).toBe("canceled");
  });
});

describe("reports that do not fit", () => {
  it("reports on assets outside the step are only recorded", async () => {
    const { stub, agent, run } = await running(assetsOf({ a: [], b: ["a"] }));
    const job = await agent.job("a");
    await agent.reported(
      agent.started(job),
      agent.event(job, { type: "asset_materialized", asset: "b", metadata: {} }),
      agent.done(job, { outcome: "succeeded" }),
    );
    expect(unwrap(await stub.ask("assets.states", { limit: 10 })).items.map((state) => [state.key, state.materialized === null])).toEqual([
      ["a", false],
      ["b", true],
    ]);
    const notes = unwrap(await stub.ask("runs.events", { run, after: 0, limit: 100, types: ["engine"] })).events;
    expect(notes).toHaveLength(1);
  });

  it("an end of a step that never started moves it elsewhere", async () => {
    const { stub, agent } = await running(assetsOf({ a: [] }));
    const job = await agent.job("a");
    await rows(stub, "UPDATE step SET assigned_at = assigned_at - 1000000");
    await fireTimers(stub, "start_timeout");
    expect(await agent.next("cancel")).toMatchObject({ step: "a", epoch: job.epoch });
    expect((await agent.job("a", 2)).epoch).toBe(2);
  });
});
