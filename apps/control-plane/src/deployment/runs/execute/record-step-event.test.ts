/** What events of a running step change, and what is refused of them; raw output of attempts. */
import { describe, expect, it } from "vitest";
import type { StepEvent } from "@headgate/shared/domain/run/event.ts";
import { assetsOf, dbtProject, manifest } from "../../../../test/support/manifests.ts";
import { TestDeployment } from "../../../testing/test-deployment.ts";
import { recordLogChunk } from "./record-log-chunk.ts";

async function running(parts = assetsOf({ a: [], b: [] }), selection = "a") {
  const deployment = await TestDeployment.with(manifest(parts));
  const agent = deployment.agent();
  const run = deployment.launch({ selection });
  const job = agent.last("job");
  agent.report(agent.started(job));
  const say = (...events: StepEvent[]) => agent.report(...events.map((event) => agent.event(job, event)));
  return { deployment, agent, run, job, say };
}
const warnings = (deployment: TestDeployment) =>
  deployment.rows("SELECT body ->> 'message' AS message FROM event WHERE type = 'engine'").map(({ message }) => message as string);

describe("events of steps", () => {
  it("an event that it started sets the run and the step running", async () => {
    const { deployment, run, say } = await running();
    expect(deployment.runStatus(run)).toBe("running");
    say({ type: "step_started", worker: "w2", pid: 2 });
    expect(deployment.rows("SELECT count(*) AS n FROM event WHERE type = 'run_started'")).toEqual([{ n: 1 }]);
  });

  it("an event that an asset started marks only this asset", async () => {
    const { deployment, say } = await running(dbtProject({ x: [], y: [] }), "*");
    say({ type: "asset_started", asset: "x" });
    expect(deployment.rows("SELECT asset, status FROM step_asset ORDER BY asset")).toEqual([
      { asset: "x", status: "running" },
      { asset: "y", status: null },
    ]);
  });

  it("an event about one asset's end leaves the others open", async () => {
    const { deployment, say } = await running(dbtProject({ x: [], y: [], z: [] }), "*");
    say(
      { type: "asset_failed", asset: "x", failure: { kind: "dbt", message: "no table" } },
      { type: "asset_skipped", asset: "y", reason: "'x' failed" },
    );
    expect(deployment.rows("SELECT asset, status FROM step_asset ORDER BY asset")).toEqual([
      { asset: "x", status: "failed" },
      { asset: "y", status: "skipped" },
      { asset: "z", status: null },
    ]);
    expect(deployment.factsOf("asset_failed")).toMatchObject([{ asset: "x", message: "no table" }]);
  });

  it("an event whose metadata names duration_ms keeps the reported number", async () => {
    const { deployment, say, run } = await running();
    deployment.now += 700;
    say({ type: "asset_materialized", asset: "a", metadata: { duration_ms: { type: "int", value: 5 } } });
    expect(deployment.rows("SELECT name, value FROM series")).toEqual([{ name: "duration_ms", value: 5 }]);
    expect(deployment.runStatus(run)).toBe("running");
  });

  it("an event that it observed another asset is only recorded", async () => {
    const { deployment, say } = await running();
    say({ type: "asset_observed", asset: "b", metadata: {}, dataVersion: "v1" });
    expect(deployment.factsOf("asset_observed")).toMatchObject([{ asset: "b", changed: true }]);
    expect(deployment.factsOf("asset_materialized")).toEqual([]);
  });

  it("an event about something unknown is refused with a warning", async () => {
    const { deployment, say } = await running();
    say(
      { type: "asset_materialized", asset: "b", metadata: {} },
      { type: "check_evaluated", asset: "a", check: "none", passed: true, severity: "error", metadata: {} },
    );
    expect(deployment.factsOf("asset_materialized")).toEqual([]);
    expect(warnings(deployment).length).toBeGreaterThan(0);
  });

  it("an event's row count is kept for the asset", async () => {
    const { deployment, say } = await running();
    say({ type: "asset_materialized", asset: "a", metadata: { row_count: { type: "int", value: 42 } } });
    expect(deployment.rows("SELECT row_count AS n FROM step_asset WHERE asset = 'a'")).toEqual([{ n: 42 }]);
  });
});

describe("output", () => {
  const chunk = { attempt: 1, stream: "stdout", chunk: 0, offset: 0, bytes: 5, final: false, key: "logs/0" } as const;

  it("raw output is taken once from the agent with the attempt", async () => {
    const { deployment, run } = await running();
    const record = (changes: object) =>
      deployment.commit((tx) => recordLogChunk(tx, { run, step: "a", token: "tok_agent", ...chunk, ...changes }));
    expect(record({}).ok).toBe(true);
    expect(record({}).ok).toBe(true);
    expect(record({ chunk: 1, offset: 5, final: true }).ok).toBe(true);
    expect(deployment.rows("SELECT count(*) AS n FROM log_chunk")).toEqual([{ n: 2 }]);
  });

  it("raw output of another token, attempt or run is refused", async () => {
    const { deployment, run } = await running();
    const record = (changes: object) =>
      deployment.commit((tx) => recordLogChunk(tx, { run, step: "a", token: "tok_agent", ...chunk, ...changes }));
    expect([record({ token: "tok_other" }).ok, record({ attempt: 2 }).ok, record({ run: "none" }).ok]).toEqual([false, false, false]);
  });
});

describe("versions on agents", () => {
  it("a version that failed to load keeps steps away until ready", async () => {
    const deployment = await TestDeployment.open();
    const version = deployment.publish(manifest(assetsOf({ a: [] })));
    const agent = deployment.agent();
    agent.report({ k: "location", location: "lake", version, state: "failed" });
    deployment.agent({ slots: 0 });
    deployment.launch({ selection: "a" });
    expect(agent.steps()).toEqual([]);
    agent.report({ k: "location", location: "lake", version, state: "ready" });
    expect(agent.steps()).toEqual(["a"]);
  });
});
