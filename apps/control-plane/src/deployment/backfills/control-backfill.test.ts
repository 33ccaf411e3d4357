/** Changes to a running backfill by people, publishes and retries. */
import { describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { fireTimers, person, rows } from "../../../test/support/deployment.ts";
import { FakeAgent } from "../../../test/support/fake-agent.ts";
import { daily, deploy, publishGraph, start, get, steer, fail, work, range } from "../../../test/support/backfills.ts";

describe("control of a backfill", () => {
  it("a canceled backfill stops its runs and ends after them", async () => {
    const stub = await deploy({ a: [] });
    const agent = new FakeAgent();
    await agent.start(stub, { slots: 1 });
    const { id } = await start(stub, { selection: "a", partitions: { type: "all" } }, { maxActive: 3 });
    const job = await agent.job("a[2025-01-01]");
    await agent.reported(agent.started(job));
    expect(unwrap(await steer(stub, "backfills.cancel", id))).toMatchObject({
      status: "canceling",
      endedAt: null,
      runs: { active: 1, canceled: 9, waiting: 0 },
    });
    await agent.next("cancel");
    await agent.reported(agent.done(job, { outcome: "canceled" }));
    expect((await get(stub, id)).backfill).toMatchObject({ status: "canceled", runs: { active: 0, canceled: 10 } });
    expect(await rows(stub, "SELECT count(*) AS n FROM run")).toEqual([{ n: 3 }]);
    unwrap(await steer(stub, "backfills.cancel", id));
    expect(unwrap(await steer(stub, "backfills.retry", id))).toMatchObject({
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
    const [newest] = unwrap(await stub.ask("runs.list", { filter: { backfill: id }, limit: 1 })).items;
    unwrap(await stub.perform("runs.cancel", { run: newest?.id ?? "" }, person));
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

  it("a canceled backfill does not wait for a pending retry", async () => {
    const stub = await deploy({ a: [] });
    unwrap(await stub.perform("settings.update", retryOnce, person));
    const agent = new FakeAgent();
    await agent.start(stub);
    const { id } = await start(stub, { selection: "a", partitions: { type: "keys", keys: ["2025-01-02"] } });
    await fail(agent, await agent.job("a[2025-01-02]"));
    expect(unwrap(await steer(stub, "backfills.cancel", id))).toMatchObject({ status: "canceled", runs: { active: 0, failed: 1 } });
    await fireTimers(stub, "run_retry");
    expect(await rows(stub, "SELECT count(*) AS n FROM run")).toEqual([{ n: 1 }]);
  });
});
