/** Changes to a running backfill by people, publishes and retries. */
import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import { fireTimers, person, raw } from "./support/deployment.ts";
import { FakeAgent } from "./support/fake-agent.ts";
import { deploy, start, get, steer, fail, work } from "./support/backfills.ts";

describe("control of a backfill", () => {
  it("a backfill can be paused and resumed; repeating either changes nothing", async () => {
    const stub = await deploy({ a: [] });
    const agent = new FakeAgent();
    await agent.start(stub);
    const { id } = await start(stub, { selection: "a", partitions: { type: "all" } }, { maxActive: 1 });
    expect(unwrap(await steer(stub, "backfills.pause", id))).toMatchObject({ status: "paused" });
    unwrap(await steer(stub, "backfills.pause", id));
    await agent.reported(...agent.success(await agent.job("a[2025-01-01]")));
    expect((await get(stub, id)).backfill.runs).toMatchObject({ active: 0, succeeded: 1, waiting: 9 });
    await evictDurableObject(raw(stub));
    expect(unwrap(await steer(stub, "backfills.resume", id))).toMatchObject({ status: "running", runs: { active: 1 } });
    unwrap(await steer(stub, "backfills.resume", id));
    await work(stub, agent, id);
    expect((await get(stub, id)).backfill).toMatchObject({ status: "succeeded", runs: { succeeded: 10 } });
    for (const what of ["backfills.pause", "backfills.resume", "backfills.cancel"] as const)
      expect(await steer(stub, what, id)).toMatchObject({ ok: false, error: { code: "conflict" } });
    expect(await steer(stub, "backfills.pause", "bf_77")).toMatchObject({ ok: false, error: { code: "not_found" } });
  });
});

describe("a backfill whose runs are retried", () => {
  const retryOnce = { runRetry: { maxRetries: 1, strategy: "all", on: "any" } } as const;

  it("a run counts as failed only when no retry follows", async () => {
    const stub = await deploy({ a: [], report: ["a"] }, { report: undefined });
    unwrap(await stub.perform("settings.update", retryOnce, person));
    const agent = new FakeAgent();
    await agent.start(stub);
    const { id } = await start(stub, { selection: "*", partitions: { type: "keys", keys: ["2025-01-02"] } });
    await fail(agent, await agent.job("a[2025-01-02]"));
    expect((await get(stub, id)).backfill).toMatchObject({ status: "running", runs: { active: 1, failed: 0, blocked: 0, waiting: 1 } });
    await evictDurableObject(raw(stub));
    await fireTimers(stub, "run_retry");
    await agent.waitFor(() => agent.jobs().length === 2);
    const retry = agent.jobs()[1] as JobFrame;
    expect(unwrap(await stub.ask("runs.get", { run: retry.run })).run).toMatchObject({ backfill: id, trigger: { type: "retry" } });
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
});
