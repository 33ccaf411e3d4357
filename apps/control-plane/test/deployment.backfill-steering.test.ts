/** Changes to a running backfill by people, publishes and retries. */
import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import { fireTimers, person, raw, rows } from "./support/deployment.ts";
import { FakeAgent } from "./support/fake-agent.ts";
import { daily, deploy, publishGraph, start, get, steer, fail, work, range } from "./support/backfills.ts";

describe("control of a backfill", () => {
  it("a backfill can be paused and resumed; repeating either changes nothing", async () => {
    const stub = await deploy({ a: [] });
    const agent = new FakeAgent();
    await agent.start(stub);
    const { id } = await start(stub, { selection: "a", partitions: { type: "all" } }, { maxActive: 1 });
    expect(unwrap(await steer(stub, "pauseBackfill", id))).toMatchObject({ status: "paused" });
    unwrap(await steer(stub, "pauseBackfill", id));
    await agent.reported(...agent.success(await agent.job("a[2025-01-01]")));
    expect((await get(stub, id)).backfill.runs).toMatchObject({ active: 0, succeeded: 1, waiting: 9 });
    await evictDurableObject(raw(stub));
    expect(unwrap(await steer(stub, "resumeBackfill", id))).toMatchObject({ status: "running", runs: { active: 1 } });
    unwrap(await steer(stub, "resumeBackfill", id));
    await work(stub, agent, id);
    expect((await get(stub, id)).backfill).toMatchObject({ status: "succeeded", runs: { succeeded: 10 } });
    for (const what of ["pauseBackfill", "resumeBackfill", "cancelBackfill"] as const)
      expect(await steer(stub, what, id)).toMatchObject({ ok: false, error: { code: "conflict" } });
    expect(await steer(stub, "pauseBackfill", "bf_77")).toMatchObject({ ok: false, error: { code: "not_found" } });
  });

  it("a canceled backfill stops its runs and ends after them", async () => {
    const stub = await deploy({ a: [] });
    const agent = new FakeAgent();
    await agent.start(stub, { slots: 1 });
    const { id } = await start(stub, { selection: "a", partitions: { type: "all" } }, { maxActive: 3 });
    const job = await agent.job("a[2025-01-01]");
    await agent.reported(agent.started(job));
    expect(unwrap(await steer(stub, "cancelBackfill", id))).toMatchObject({
      status: "canceling",
      endedAt: null,
      runs: { active: 1, canceled: 9, waiting: 0 },
    });
    await agent.next("cancel");
    await agent.reported(agent.done(job, { outcome: "canceled" }));
    expect((await get(stub, id)).backfill).toMatchObject({ status: "canceled", runs: { active: 0, canceled: 10 } });
    expect(await rows(stub, "SELECT count(*) AS n FROM run")).toEqual([{ n: 3 }]);
    unwrap(await steer(stub, "cancelBackfill", id));
    expect(unwrap(await steer(stub, "retryBackfill", id))).toMatchObject({
      status: "running",
      runs: { active: 3, waiting: 7, canceled: 0 },
    });
  });

  it("a backfill keeps its plan after a publish; removed assets fail", async () => {
    const stub = await deploy({ a: [], b: [] }, { a: daily("2025-09-01"), b: daily("2025-09-01") });
    const agent = new FakeAgent();
    await agent.start(stub, { slots: 1 });
    const { id } = await start(stub, { selection: "*", partitions: { type: "all" } }, { maxActive: 1 });
    await publishGraph(stub, { a: [], c: [] }, { a: daily("2025-01-03"), c: daily() });
    expect(await work(stub, agent, id)).toEqual(["a[2025-01-01]", "a[2025-01-02]"]);
    const ended = await get(stub, id);
    expect(ended.backfill).toMatchObject({ status: "failed", runs: { succeeded: 2, failed: 243 + 241, waiting: 0 } });
    expect(ended.failures.map(({ message, count }) => [message, count])).toEqual([
      ["b is no longer defined: a version published after the backfill began removed it.", 243],
      ["a does not have these partitions any more.", 241],
    ]);
  });

  it("a backfill continues without a run that a person canceled", async () => {
    const stub = await deploy({ a: [] });
    const agent = new FakeAgent();
    await agent.start(stub, { slots: 1 });
    const { id } = await start(stub, { selection: "a", partitions: range }, { maxActive: 3 });
    const [newest] = unwrap(await stub.runs({ filter: { backfill: id }, limit: 1 })).items;
    unwrap(await stub.cancel({ run: newest?.id ?? "" }, person));
    await work(stub, agent, id);
    expect((await get(stub, id)).backfill).toMatchObject({ status: "canceled", runs: { succeeded: 2, canceled: 1 } });
  });

  it("a backfill says what it waits for while no run executes", async () => {
    const stub = await deploy({ a: [] });
    const { id, waiting } = await start(stub, { selection: "a", partitions: range });
    expect(waiting).toContain("agent");
    const agent = new FakeAgent();
    await agent.start(stub);
    await agent.reported(agent.started(await agent.job("a[2025-01-02]")));
    expect((await get(stub, id)).backfill.waiting).toBeNull();
  });
});

describe("a backfill whose runs are retried", () => {
  const retryOnce = { runRetry: { maxRetries: 1, strategy: "all", on: "any" } } as const;

  it("a run counts as failed only when no retry follows", async () => {
    const stub = await deploy({ a: [], report: ["a"] }, { report: undefined });
    unwrap(await stub.perform("changeSettings", retryOnce, person));
    const agent = new FakeAgent();
    await agent.start(stub);
    const { id } = await start(stub, { selection: "*", partitions: { type: "keys", keys: ["2025-01-02"] } });
    await fail(agent, await agent.job("a[2025-01-02]"));
    expect((await get(stub, id)).backfill).toMatchObject({ status: "running", runs: { active: 1, failed: 0, blocked: 0, waiting: 1 } });
    await evictDurableObject(raw(stub));
    await fireTimers(stub, "run_retry");
    await agent.waitFor(() => agent.jobs().length === 2);
    const retry = agent.jobs()[1] as JobFrame;
    expect(unwrap(await stub.run({ run: retry.run })).run).toMatchObject({ backfill: id, trigger: { type: "retry" } });
    await agent.reported(...agent.success(retry));
    await agent.waitFor(() => agent.jobs().length === 3);
    expect((await get(stub, id)).backfill.runs).toMatchObject({ active: 1, succeeded: 1, failed: 0 });

    await fail(agent, agent.jobs()[2] as JobFrame, "first");
    await fireTimers(stub, "run_retry");
    await agent.waitFor(() => agent.jobs().length === 4);
    await fail(agent, agent.jobs()[3] as JobFrame, "second");
    const ended = await get(stub, id);
    expect(ended.backfill).toMatchObject({ status: "failed", runs: { succeeded: 1, failed: 1 } });
    expect(ended.failures).toMatchObject([{ message: "second", count: 1 }]);
  });

  it("a canceled backfill does not wait for a pending retry", async () => {
    const stub = await deploy({ a: [] });
    unwrap(await stub.perform("changeSettings", retryOnce, person));
    const agent = new FakeAgent();
    await agent.start(stub);
    const { id } = await start(stub, { selection: "a", partitions: { type: "keys", keys: ["2025-01-02"] } });
    await fail(agent, await agent.job("a[2025-01-02]"));
    expect(unwrap(await steer(stub, "cancelBackfill", id))).toMatchObject({ status: "canceled", runs: { active: 0, failed: 1 } });
    await fireTimers(stub, "run_retry");
    expect(await rows(stub, "SELECT count(*) AS n FROM run")).toEqual([{ n: 1 }]);
  });
});
