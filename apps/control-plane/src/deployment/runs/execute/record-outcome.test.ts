/** What the end of a step attempt does to the step, its assets, the steps behind it and the run. */
import { describe, expect, it } from "vitest";
import { assetsOf, dbtProject, manifest } from "../../../../test/support/manifests.ts";
import { TestDeployment } from "../../../testing/test-deployment.ts";

const SECOND = 1000;
const chain = { a: [], b: ["a"], c: ["b"] };
const statuses = (deployment: TestDeployment) =>
  Object.fromEntries(deployment.rows("SELECT key, status FROM step").map(({ key, status }) => [key, status]));
const assets = (deployment: TestDeployment) =>
  Object.fromEntries(deployment.rows("SELECT asset, status FROM step_asset").map(({ asset, status }) => [asset, status]));
const withRetry = (retry: object) => manifest(assetsOf({ a: [] }, { unit: { retry: { maxRetries: 2, ...retry } } }));

describe("success", () => {
  it("the last step that succeeds ends the run", async () => {
    const deployment = await TestDeployment.with(manifest(assetsOf(chain)));
    const agent = deployment.agent();
    const run = deployment.launch({ selection: "*" });
    for (const step of ["a", "b", "c"]) {
      expect(agent.steps().at(-1)).toBe(step);
      agent.succeed(step);
    }
    expect(deployment.runStatus(run)).toBe("succeeded");
    expect(deployment.rows("SELECT kind FROM timer")).toEqual([]);
  });

  it("a step that succeeds also materializes assets it never reported", async () => {
    const deployment = await TestDeployment.with(manifest(dbtProject({ x: [], y: [] })));
    const agent = deployment.agent();
    deployment.launch({ selection: "*" });
    const job = agent.job("dbt:lake");
    agent.report(agent.started(job), agent.event(job, { type: "asset_materialized", asset: "x", metadata: {} }));
    expect(assets(deployment)).toEqual({ x: "succeeded", y: null });
    agent.report(agent.done(job, { outcome: "succeeded" }));
    expect(assets(deployment)).toEqual({ x: "succeeded", y: "succeeded" });
    expect(deployment.factsOf("asset_materialized").map(({ asset }) => asset)).toEqual(["x", "y"]);
  });

  it("a step that succeeds reports the duration of its last attempt", async () => {
    const deployment = await TestDeployment.with(manifest(assetsOf({ a: [] })));
    const agent = deployment.agent();
    deployment.launch({ selection: "*" });
    const job = agent.job("a");
    agent.report(agent.started(job));
    deployment.now += 1234;
    agent.report(agent.done(job, { outcome: "succeeded" }));
    const [event] = deployment.rows("SELECT body FROM event WHERE type = 'step_succeeded'");
    expect(JSON.parse(event?.["body"] as string)).toEqual({ type: "step_succeeded", durationMs: 1234 });
  });
});

describe("failure", () => {
  it("a step that fails skips every step behind it", async () => {
    const deployment = await TestDeployment.with(manifest(assetsOf({ ...chain, d: [] })));
    const agent = deployment.agent();
    const run = deployment.launch({ selection: "*" });
    agent.fail("a");
    expect(statuses(deployment)).toMatchObject({ a: "failed", b: "skipped", c: "skipped" });
    expect(deployment.runStatus(run)).toBe("running");
    agent.succeed("d");
    expect(deployment.runStatus(run)).toBe("failed");
    expect(deployment.factsOf("asset_failed")).toMatchObject([{ asset: "a", message: "no luck" }]);
  });

  it("a step that fails fails only the assets that it had begun", async () => {
    const deployment = await TestDeployment.with(manifest(dbtProject({ x: [], y: [] })));
    const agent = deployment.agent();
    deployment.launch({ selection: "*" });
    const job = agent.job("dbt:lake");
    agent.report(agent.started(job), agent.event(job, { type: "asset_materialized", asset: "x", metadata: {} }));
    const failure = { kind: "user_code", message: "stopped" } as const;
    agent.report(agent.done(job, { outcome: "failed", failure, retryable: false }));
    expect(assets(deployment)["x"]).toBe("succeeded");
    expect(["failed", "skipped"]).toContain(assets(deployment)["y"]);
  });

  it("a failed step is tried again after the delay of its policy", async () => {
    const deployment = await TestDeployment.with(withRetry({ delaySeconds: 10 }));
    const agent = deployment.agent();
    const run = deployment.launch({ selection: "*" });
    agent.fail("a", { retryable: true });
    expect(statuses(deployment)).toEqual({ a: "up_for_retry" });
    deployment.pass(10 * SECOND - 1);
    expect(agent.steps()).toEqual(["a"]);
    deployment.pass(1);
    expect(agent.job("a", 2)).toMatchObject({ attempt: 2, epoch: 2 });
    agent.succeed("a", 2);
    expect(deployment.runStatus(run)).toBe("succeeded");
  });

  it("a failed step without a delay is tried again at once", async () => {
    const deployment = await TestDeployment.with(withRetry({}));
    const agent = deployment.agent();
    deployment.launch({ selection: "*" });
    agent.fail("a", { retryable: true });
    expect(agent.job("a", 2).attempt).toBe(2);
  });

  it("a failed step is tried only as often as its policy says", async () => {
    const deployment = await TestDeployment.with(withRetry({}));
    const agent = deployment.agent();
    const run = deployment.launch({ selection: "*" });
    for (const attempt of [1, 2, 3]) agent.fail("a", { attempt, retryable: true });
    expect(agent.steps()).toHaveLength(3);
    expect(deployment.runStatus(run)).toBe("failed");
  });

  it("a step that fails is not tried again when that cannot help", async () => {
    const deployment = await TestDeployment.with(withRetry({}));
    const agent = deployment.agent();
    const run = deployment.launch({ selection: "*" });
    agent.fail("a", { retryable: false });
    expect(deployment.runStatus(run)).toBe("failed");
  });
});

describe("returned steps", () => {
  it("a returned step loses no attempt when it had not started", async () => {
    const deployment = await TestDeployment.with(manifest(assetsOf({ a: [] })));
    const agent = deployment.agent();
    deployment.launch({ selection: "*" });
    const job = agent.job("a");
    agent.send({ t: "draining", reason: "deploy", deadlineMs: 1000 });
    agent.report(agent.done(job, { outcome: "canceled" }));
    expect(deployment.rows("SELECT status, attempt, epoch, agent FROM step")).toEqual([
      { status: "pending", attempt: 0, epoch: 1, agent: null },
    ]);
    expect(deployment.agent().job("a", 1).epoch).toBe(2);
  });

  it("a returned step that had started counts as lost", async () => {
    const deployment = await TestDeployment.with(manifest(assetsOf({ a: [] })));
    const agent = deployment.agent();
    const other = deployment.agent();
    deployment.launch({ selection: "*" });
    const job = agent.job("a");
    agent.report(agent.started(job), agent.done(job, { outcome: "canceled" }));
    expect(deployment.rows("SELECT lost FROM step")).toEqual([{ lost: 1 }]);
    expect(other.job("a", 2).epoch).toBe(2);
  });
});

describe("check steps", () => {
  const checked = (check: object) =>
    manifest({
      assets: [
        { key: "a", unit: "a" },
        { key: "b", unit: "b", deps: [{ key: "a" }] },
      ],
      units: [
        { id: "a", kind: "asset", assets: ["a"] },
        { id: "b", kind: "asset", assets: ["b"] },
        { id: "check", kind: "check", checks: ["a:valid"] },
      ],
      checks: [{ asset: "a", name: "valid", unit: "check", ...check }],
    });
  async function failedCheck(check: object) {
    const deployment = await TestDeployment.with(checked(check));
    const agent = deployment.agent();
    const run = deployment.launch({ selection: "*" });
    agent.succeed("a");
    const job = agent.job("check");
    const severity = "error" as const;
    const event = { type: "check_evaluated", asset: "a", check: "valid", passed: false, severity, metadata: {} } as const;
    agent.report(agent.started(job), agent.event(job, event), agent.done(job, { outcome: "succeeded" }));
    return { deployment, agent, run };
  }

  it("a check step fails with its blocking check", async () => {
    const { deployment, run } = await failedCheck({ blocking: true });
    expect(statuses(deployment)).toEqual({ a: "succeeded", check: "failed", b: "skipped" });
    expect(deployment.runStatus(run)).toBe("failed");
  });

  it("a check step succeeds when its failed check does not block", async () => {
    const { deployment, agent, run } = await failedCheck({ blocking: false });
    expect(statuses(deployment)).toMatchObject({ check: "succeeded" });
    agent.succeed("b");
    expect(deployment.runStatus(run)).toBe("succeeded");
    expect(deployment.factsOf("check_evaluated")).toMatchObject([{ asset: "a", check: "valid", passed: false }]);
  });
});
