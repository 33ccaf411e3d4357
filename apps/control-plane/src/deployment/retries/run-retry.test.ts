/** Run policies: a failed run is made again, and when it is not. */
import { describe, expect, it } from "vitest";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";
import { TestDeployment } from "../../testing/test-deployment.ts";
import { changeSettings } from "../queue/change-settings.ts";
import { cancelRun } from "../runs/execute/cancel-run.ts";

const jobs = [{ name: "nightly", selection: "*", runRetry: { maxRetries: 2, strategy: "from_failure" as const, delaySeconds: 60 } }];
const lake = manifest({ ...assetsOf({ a: [], b: ["a"] }), jobs });
const runs = (deployment: TestDeployment) => deployment.rows("SELECT status, retry_count AS retry FROM run ORDER BY no");
const notes = (deployment: TestDeployment) =>
  deployment.rows("SELECT body ->> 'message' AS message FROM event WHERE type = 'engine'").map(({ message }) => message);

async function failedRun() {
  const deployment = await TestDeployment.with(lake);
  const agent = deployment.agent();
  const run = deployment.launch({ job: "nightly" });
  agent.succeed("a");
  agent.fail("b");
  return { deployment, agent, run };
}

describe("run policies of jobs", () => {
  it("a failed run is made again after its delay, from its failure", async () => {
    const { deployment, agent, run } = await failedRun();
    expect(notes(deployment)).toEqual(["The run will be retried in 60 seconds by its policy (retry 1 of 2)."]);
    deployment.pass(59_999);
    expect(runs(deployment)).toHaveLength(1);
    deployment.pass(1);
    expect(runs(deployment)).toMatchObject([{ status: "failed" }, { status: "starting", retry: 1 }]);
    expect(deployment.rows("SELECT parent, trigger ->> 'type' AS cause FROM run WHERE no = 2")).toEqual([{ parent: run, cause: "retry" }]);
    expect(agent.steps()).toEqual(["a", "b", "b"]);
    expect(deployment.rows("SELECT key FROM step WHERE run_no = 2")).toEqual([{ key: "b" }]);
  });

  it("a failed run is made again only as often as allowed", async () => {
    const { deployment, agent } = await failedRun();
    for (let round = 0; round < 3; round++) {
      agent.ping();
      deployment.pass(60_000);
      if (agent.steps().length < 3 + round) continue;
      const job = agent.last("job");
      const failure = { kind: "user_code", message: "no luck" } as const;
      agent.report(agent.started(job), agent.done(job, { outcome: "failed", failure, retryable: false }));
    }
    expect(runs(deployment)).toMatchObject([{ status: "failed" }, { status: "failed", retry: 1 }, { status: "failed", retry: 2 }]);
  });

  it("a failed run that a person canceled is not made again", async () => {
    const deployment = await TestDeployment.with(lake);
    const run = deployment.launch({ job: "nightly" });
    deployment.done((tx) => cancelRun(tx, { run, by: "ada", reason: undefined }));
    deployment.pass(600_000);
    expect(runs(deployment)).toMatchObject([{ status: "canceled" }]);
  });

  it("a failed run is not repeated when a person cancels that", async () => {
    const { deployment, run } = await failedRun();
    deployment.done((tx) => cancelRun(tx, { run, by: "ada", reason: undefined }));
    deployment.pass(600_000);
    expect(runs(deployment)).toMatchObject([{ status: "failed" }]);
  });

  it("a failed run is not repeated when its definitions are gone", async () => {
    const { deployment } = await failedRun();
    deployment.publish(manifest({ ...assetsOf({ a: [] }), jobs }));
    deployment.pass(60_000);
    expect(runs(deployment)).toHaveLength(1);
    expect(notes(deployment).at(-1)).toContain("The run was not retried: b is no longer defined");
  });

  it("a failed run is not repeated when its policy was removed", async () => {
    const { deployment } = await failedRun();
    deployment.publish(manifest({ ...assetsOf({ a: [], b: ["a"] }), jobs: [{ name: "nightly", selection: "*" }] }));
    deployment.pass(60_000);
    expect(runs(deployment)).toHaveLength(1);
    expect(notes(deployment).at(-1)).toBe("The run was not retried: its policy changed meanwhile.");
  });
});

describe("run policies of deployments", () => {
  it("the deployment's policy repeats crashes of runs without a job", async () => {
    const deployment = await TestDeployment.with(lake);
    deployment.commit((tx) => changeSettings(tx, { runRetry: { maxRetries: 1, strategy: "all", on: "crashes" } }));
    const agent = deployment.agent();
    deployment.launch({ selection: "a" });
    agent.fail("a");
    deployment.pass(1);
    expect(runs(deployment)).toHaveLength(1);
    deployment.launch({ selection: "b" });
    const job = agent.job("b");
    const failure = { kind: "worker_died", message: "killed" } as const;
    agent.report(agent.started(job), agent.done(job, { outcome: "failed", failure, retryable: false }));
    deployment.pass(1);
    expect(runs(deployment)).toHaveLength(3);
  });
});
