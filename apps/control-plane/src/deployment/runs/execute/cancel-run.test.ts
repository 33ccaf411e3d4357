/** Canceling runs, and the time limits of runs and steps. */
import { describe, expect, it } from "vitest";
import { assetsOf, manifest } from "../../../../test/support/manifests.ts";
import { TestDeployment } from "../../../testing/test-deployment.ts";
import { cancelRun } from "./cancel-run.ts";

const SECOND = 1000;
const lake = manifest(assetsOf({ a: [], b: ["a"] }));
const cancel = (deployment: TestDeployment, run: string, reason?: string) =>
  deployment.commit((tx) => cancelRun(tx, { run, by: "ada", reason }));
const statuses = (deployment: TestDeployment) => deployment.rows("SELECT status FROM step").map(({ status }) => status);

describe("canceling", () => {
  it("canceling a run that is queued ends it at once", async () => {
    const deployment = await TestDeployment.with(lake);
    const run = deployment.launch({ selection: "*" });
    expect(cancel(deployment, run)).toEqual({ ok: true, value: 1 });
    expect(deployment.runStatus(run)).toBe("canceled");
    expect(statuses(deployment)).toEqual(["canceled", "canceled"]);
    expect(deployment.factsOf("run_ended")).toEqual([{ type: "run_ended", run: 1, status: "canceled", source: null, backfill: null }]);
  });

  it("canceling a running run waits for the agent's answer", async () => {
    const deployment = await TestDeployment.with(lake);
    const agent = deployment.agent();
    const run = deployment.launch({ selection: "*" });
    const job = agent.job("a");
    agent.report(agent.started(job));
    cancel(deployment, run, "wrong day");
    expect(agent.last("cancel")).toMatchObject({ run, step: "a", epoch: 1, graceMs: 30_000, reason: "wrong day" });
    expect(deployment.runStatus(run)).toBe("canceling");
    expect(statuses(deployment)).toEqual(["running", "canceled"]);
    agent.report(agent.done(job, { outcome: "canceled" }));
    expect(deployment.runStatus(run)).toBe("canceled");
  });

  it("canceling a run is forced when the agent stays silent", async () => {
    const deployment = await TestDeployment.with(lake);
    const agent = deployment.agent();
    const run = deployment.launch({ selection: "*" });
    agent.report(agent.started(agent.job("a")));
    cancel(deployment, run);
    for (let ms = 0; ms < 45; ms += 15) {
      expect(deployment.runStatus(run)).toBe("canceling");
      agent.ping();
      deployment.pass(15 * SECOND);
    }
    expect(deployment.runStatus(run)).toBe("canceled");
    expect(deployment.rows("SELECT body FROM event WHERE type = 'engine'")[0]?.["body"]).toContain("did not stop within its grace period");
  });

  it("canceling a run twice changes nothing, and an ended run is refused", async () => {
    const deployment = await TestDeployment.with(lake);
    const agent = deployment.agent();
    const run = deployment.launch({ selection: "*" });
    cancel(deployment, run);
    const events = deployment.rows("SELECT count(*) AS n FROM event");
    expect(cancel(deployment, run)).toEqual({ ok: true, value: 1 });
    expect(deployment.rows("SELECT count(*) AS n FROM event")).toEqual(events);
    agent.report(agent.done(agent.job("a"), { outcome: "canceled" }));
    expect(deployment.runStatus(run)).toBe("canceled");
    expect(cancel(deployment, run)).toMatchObject({ ok: false, error: { code: "conflict" } });
    expect(cancel(deployment, "no-such-run")).toMatchObject({ ok: false, error: { code: "not_found" } });
  });

  it("canceling a run ends retries of its steps", async () => {
    const deployment = await TestDeployment.with(manifest(assetsOf({ a: [] }, { unit: { retry: { maxRetries: 3 } } })));
    const agent = deployment.agent();
    const run = deployment.launch({ selection: "*" });
    cancel(deployment, run);
    agent.fail("a", { retryable: true });
    expect(agent.steps()).toEqual(["a"]);
    expect(deployment.runStatus(run)).not.toBe("running");
  });
});

describe("time limits", () => {
  it("a time limit of a run fails it and tells agents", async () => {
    const jobs = [{ name: "slow", selection: "*", timeoutSeconds: 20 }];
    const deployment = await TestDeployment.with(manifest({ ...assetsOf({ a: [], b: ["a"] }), jobs }));
    const agent = deployment.agent();
    const run = deployment.launch({ job: "slow" });
    agent.report(agent.started(agent.job("a")));
    deployment.pass(20 * SECOND - 1);
    expect(deployment.runStatus(run)).toBe("running");
    deployment.pass(1);
    expect(deployment.runStatus(run)).toBe("failed");
    expect(statuses(deployment)).toEqual(["canceled", "canceled"]);
    expect(agent.last("cancel").reason).toBe("the run's time limit passed");
    expect(deployment.rows("SELECT error FROM run")).toEqual([{ error: "The run took longer than its limit of 20 seconds." }]);
  });

  it("a time limit of a step fails only its attempt", async () => {
    const unit = { timeoutSeconds: 5, retry: { maxRetries: 1 } };
    const deployment = await TestDeployment.with(manifest(assetsOf({ a: [] }, { unit })));
    const agent = deployment.agent();
    deployment.launch({ selection: "*" });
    agent.report(agent.started(agent.job("a")));
    deployment.pass(35 * SECOND);
    expect(agent.last("cancel").reason).toBe("the step's time limit passed");
    expect(agent.job("a", 2).epoch).toBe(2);
  });
});
