/** Retries of runs: which failed runs are retried, when and how often, and how people can intervene. */
import { PROCEDURES } from "@headgate/shared/contract/table.ts";
import { describe, expect, it } from "vitest";
import type { InputOf } from "@headgate/shared/contract/table.ts";
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import { fireTimers, launch, newDeployment, person, publish, rows, type DeploymentObject } from "../../../test/support/deployment.ts";
import { FakeAgent } from "../../../test/support/fake-agent.ts";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";

const broken: Failure = { kind: "user_code", message: "broken" };
const crashed: Failure = { kind: "worker_died", message: "gone" };
type Job = NonNullable<Parameters<typeof manifest>[0]["jobs"]>[number];

async function deploymentWith(job: Partial<Job> = {}) {
  const stub = newDeployment();
  await publish(stub, manifest({ ...assetsOf({ a: [], b: ["a"] }), jobs: [{ name: "nightly", selection: "*", ...job }] }));
  const agent = new FakeAgent();
  await agent.start(stub);
  return { stub, agent };
}

const runOf = async (stub: DeploymentObject, run: string): Promise<RunSummary> => unwrap(await stub.ask("runs.get", { run })).run;
const runs = async (stub: DeploymentObject) => unwrap(await stub.ask("runs.list", { filter: {}, limit: 100 })).items;

async function jobOf(agent: FakeAgent, run: string, step: string) {
  const find = () => agent.jobs().find((job) => job.run === run && job.step === step);
  await agent.waitFor(() => find() !== undefined, `${step} of ${run}`);
  return find() as NonNullable<ReturnType<typeof find>>;
}

async function fail(agent: FakeAgent, run: string, step: string, failure = broken): Promise<void> {
  const job = await jobOf(agent, run, step);
  await agent.reported(agent.started(job), agent.done(job, { outcome: "failed", failure, retryable: true }));
}

describe("retries of runs", () => {
  it("a failed run is retried whole if the policy says so", async () => {
    const { stub, agent } = await deploymentWith({ runRetry: { maxRetries: 1, strategy: "all" } });
    const first = await launch(stub, { job: "nightly" });
    await agent.reported(...agent.success(await jobOf(agent, first.id, "a")));
    await fail(agent, first.id, "b");
    await fireTimers(stub, "run_retry");
    expect((await runs(stub))[0]?.steps.total).toBe(2);
  });

  it("a job's own policy wins over the policy of the deployment", async () => {
    const { stub, agent } = await deploymentWith({ runRetry: { maxRetries: 0 } });
    const settings = { runRetry: { maxRetries: 1, strategy: "from_failure", on: "crashes" } } as InputOf<"settings.update">;
    unwrap(await stub.perform("settings.update", settings, person));
    const ofJob = await launch(stub, { job: "nightly" });
    await fail(agent, ofJob.id, "a", crashed);
    expect((await runOf(stub, ofJob.id)).retryAt).toBeNull();
    const user = await launch(stub, { selection: "a" });
    await fail(agent, user.id, "a");
    expect((await runOf(stub, user.id)).retryAt).toBeNull();
    const crash = await launch(stub, { selection: "a" });
    await fail(agent, crash.id, "a", crashed);
    expect((await runOf(stub, crash.id)).retryAt).not.toBeNull();
  });

  it("a canceled run is not retried, and a retry can be canceled", async () => {
    const { stub, agent } = await deploymentWith({ runRetry: { maxRetries: 3, delaySeconds: 60 } });
    const canceled = await launch(stub, { job: "nightly" });
    const job = await jobOf(agent, canceled.id, "a");
    await agent.reported(agent.started(job));
    unwrap(await stub.perform("runs.cancel", { run: canceled.id }, person));
    await agent.reported(agent.done(job, { outcome: "failed", failure: broken, retryable: true }));
    expect(await runOf(stub, canceled.id)).toMatchObject({ retryAt: null });
    const failed = await launch(stub, { job: "nightly" });
    await fail(agent, failed.id, "a");
    expect((await runOf(stub, failed.id)).retryAt).not.toBeNull();
    expect(unwrap(await stub.perform("runs.cancel", { run: failed.id }, person))).toMatchObject({ status: "failed", retryAt: null });
    await fireTimers(stub, "run_retry");
    expect(await runs(stub)).toHaveLength(2);
    expect(await stub.perform("runs.cancel", { run: failed.id }, person)).toMatchObject({ ok: false, error: { code: "conflict" } });
  });

  it("a run repeated by hand, or without its assets, is not retried", async () => {
    const { stub, agent } = await deploymentWith({ runRetry: { maxRetries: 3, delaySeconds: 60 } });
    const first = await launch(stub, { job: "nightly" });
    await fail(agent, first.id, "a");
    unwrap(await stub.perform("runs.reexecute", { run: first.id, mode: "all" }, person));
    await fireTimers(stub, "run_retry");
    expect(await runs(stub)).toHaveLength(2);
    const other = await launch(stub, { selection: "b" });
    await publish(stub, manifest({ ...assetsOf({ a: [] }), jobs: [{ name: "nightly", selection: "*", runRetry: { maxRetries: 3 } }] }));
    await fail(agent, other.id, "b");
    await rows(stub, `UPDATE run SET job = 'nightly', job_location = 'lake', retry_at = 1 WHERE id = '${other.id}'`);
    await rows(stub, `INSERT INTO timer (kind, id, at) VALUES ('run_retry', '${other.id}', 1)`);
    await fireTimers(stub, "run_retry");
    expect(await runs(stub)).toHaveLength(3);
    const events = unwrap(await stub.ask("runs.events", { run: other.id, after: 0, limit: 100 })).events;
    expect(JSON.stringify(events)).toContain("was not retried: b is no longer defined");
  });
});

it("a backfill learns that a person canceled the retry of its run", async () => {
  const stub = newDeployment();
  const parts = assetsOf({ a: [] }, { asset: { partitions: { type: "static", keys: ["x", "y"] } } });
  await publish(stub, manifest(parts));
  const settings = { runRetry: { maxRetries: 1, strategy: "all", on: "any" } } as InputOf<"settings.update">;
  unwrap(await stub.perform("settings.update", settings, person));
  const agent = new FakeAgent();
  await agent.start(stub);
  const target = { selection: "a", partitions: { type: "keys" as const, keys: ["x"] } };
  const { id } = unwrap(await stub.perform("backfills.launch", PROCEDURES["backfills.launch"].input.parse({ target }), person));
  const job = await agent.job("a[x]");
  await agent.reported(agent.started(job), agent.done(job, { outcome: "failed", failure: broken, retryable: false }));
  const status = async () => unwrap(await stub.ask("backfills.get", { id })).backfill.status;
  expect(await status()).toBe("running");
  unwrap(await stub.perform("runs.cancel", { run: job.run }, person));
  await fireTimers(stub, "backfill");
  expect(await status()).toBe("failed");
});

it("a unit's idle timeout reaches the agent", async () => {
  const stub = newDeployment();
  await publish(stub, manifest(assetsOf({ a: [] }, { unit: { idleTimeoutSeconds: 90 } })));
  const agent = new FakeAgent();
  await agent.start(stub);
  await launch(stub, { selection: "*" });
  expect(await agent.job("a")).toMatchObject({ idleTimeoutSeconds: 90 });
});
