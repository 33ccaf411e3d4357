/** Retries of runs: which failed runs are retried, when and how often, and how people can intervene. */
import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import { fireTimers, launch, newDeployment, publish, raw, type DeploymentObject } from "./support/deployment.ts";
import { FakeAgent } from "./support/fake-agent.ts";
import { assetsOf, manifest } from "./support/manifests.ts";

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
  it("a failed run is retried from its failure as its job says", async () => {
    const { stub, agent } = await deploymentWith({ runRetry: { maxRetries: 2, delaySeconds: 600 }, tags: { team: "x" } });
    const first = await launch(stub, { job: "nightly" }, { priority: 3, config: { n: 1 } });
    await agent.reported(...agent.success(await jobOf(agent, first.id, "a")));
    await fail(agent, first.id, "b");
    const ended = await runOf(stub, first.id);
    expect(ended).toMatchObject({ status: "failed" });
    expect(ended.retryAt).toBe((ended.endedAt ?? 0) + 600_000);
    expect(await runs(stub)).toHaveLength(1);
    await evictDurableObject(raw(stub), { webSockets: "hibernate" });
    await fireTimers(stub, "run_retry");
    const [second] = await runs(stub);
    expect(second).toMatchObject({
      job: "nightly",
      parent: first.id,
      priority: 3,
      tags: { team: "x" },
      trigger: { type: "retry", parent: first.id, attempt: 1, of: 2 },
      steps: { total: 1 },
    });
    expect((await runOf(stub, first.id)).retryAt).toBeNull();
    expect((await jobOf(agent, second?.id ?? "", "b")).config).toEqual({ n: 1 });
    await fail(agent, second?.id ?? "", "b");
    await fireTimers(stub, "run_retry");
    const [third] = await runs(stub);
    expect(third?.trigger).toMatchObject({ attempt: 2, of: 2, parent: second?.id });
    await fail(agent, third?.id ?? "", "b");
    expect((await runOf(stub, third?.id ?? "")).retryAt).toBeNull();
    await fireTimers(stub, "run_retry");
    expect(await runs(stub)).toHaveLength(3);
  });

  it("runs are never retried more often than their policy says", async () => {
    const { stub, agent } = await deploymentWith({ runRetry: { maxRetries: 3 } });
    const first = await launch(stub, { job: "nightly" });
    for (let round = 0; round < 8; round++) {
      for (const job of agent.jobs()) {
        if ((await runOf(stub, job.run)).status === "starting") await fail(agent, job.run, job.step, round % 2 === 0 ? broken : crashed);
      }
      await fireTimers(stub, "run_retry");
    }
    const all = await runs(stub);
    expect(all).toHaveLength(4);
    expect(all.at(-1)?.id).toBe(first.id);
    expect(all.map((run) => run.status)).toEqual(["failed", "failed", "failed", "failed"]);
  });
});
