/** An agent that shuts down: its steps go to another agent at once, without using up a retry. */
import { describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { RetryPolicy } from "@headgate/shared/domain/run/retry-policy.ts";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import { launch, newDeployment, publish, rows, runStatus, type DeploymentObject } from "../../../test/support/deployment.ts";
import { FakeAgent } from "../../../test/support/fake-agent.ts";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";

async function deployment(graph: Record<string, string[]>, retry: RetryPolicy = { maxRetries: 0 }): Promise<DeploymentObject> {
  const stub = newDeployment();
  await publish(stub, manifest(assetsOf(graph, { unit: { retry } })));
  return stub;
}

describe("draining agents", () => {
  it("a step sent to a draining agent returns without an attempt", async () => {
    const stub = await deployment({ a: [] });
    const [leaving, other] = [new FakeAgent(), new FakeAgent()];
    await leaving.start(stub);
    const run = await launch(stub, { selection: "*" });
    const job = await leaving.job("a");
    leaving.send({ t: "draining", reason: "SIGTERM", deadlineMs: 1000 });
    await leaving.reported(leaving.done(job, { outcome: "canceled" }));
    expect(unwrap(await stub.ask("runs.get", { run: run.id })).steps).toMatchObject([{ status: "pending", attempt: 0, agent: null }]);
    await other.start(stub);
    const again = await other.job("a");
    expect(again).toMatchObject({ attempt: 1, epoch: 2 });
    await other.reported(...other.success(again));
    expect(await runStatus(stub, run.id)).toBe("succeeded");
    expect(await rows(stub, "SELECT lost, attempt FROM step")).toEqual([{ lost: 0, attempt: 1 }]);
    expect(await rows(stub, "SELECT kind FROM timer")).toEqual([]);
  });

  it("an agent that drained and left loses its leases at once", async () => {
    const stub = await deployment({ a: [], b: [] });
    const [leaving, other] = [new FakeAgent(), new FakeAgent()];
    await leaving.start(stub);
    const run = await launch(stub, { selection: "*" });
    const [a] = [await leaving.job("a"), await leaving.job("b")];
    await leaving.reported(leaving.started(a));
    await other.start(stub);
    leaving.send({ t: "draining", reason: "SIGTERM", deadlineMs: 1000 });
    leaving.disconnect(CLOSE.drained);
    expect(await other.job("b")).toMatchObject({ epoch: 2 });
    expect(await other.job("a", 2)).toMatchObject({ epoch: 2 });
    expect(await rows(stub, "SELECT key, lost FROM step ORDER BY key")).toEqual([
      { key: "a", lost: 1 },
      { key: "b", lost: 0 },
    ]);
    for (const job of [await other.job("b"), await other.job("a", 2)]) await other.reported(...other.success(job));
    expect(await runStatus(stub, run.id)).toBe("succeeded");
  });

  it("a shutdown of the agent does not use up retries", async () => {
    const stub = await deployment({ a: [] });
    const [leaving, other] = [new FakeAgent(), new FakeAgent()];
    await leaving.start(stub);
    const run = await launch(stub, { selection: "*" });
    const job = await leaving.job("a");
    const failure = { kind: "agent_lost", message: "The agent stopped before the step ended: SIGTERM" } as const;
    leaving.send({ t: "draining", reason: "SIGTERM", deadlineMs: 1000 });
    await leaving.reported(leaving.started(job), leaving.done(job, { outcome: "failed", failure, retryable: true }));
    await other.start(stub);
    await other.reported(...other.success(await other.job("a", 2)));
    expect(await runStatus(stub, run.id)).toBe("succeeded");
  });

  it("a step that loses every agent uses up its retries", async () => {
    const stub = await deployment({ a: [] }, { maxRetries: 2, delaySeconds: 0 });
    const agent = new FakeAgent();
    await agent.start(stub);
    const run = await launch(stub, { selection: "*" });
    const failure = { kind: "agent_lost", message: "The agent stopped before the step ended: SIGKILL" } as const;
    // Two free attempts, the first one and two retries.
    for (let attempt = 1; attempt <= 5; attempt++) {
      const job = await agent.job("a", attempt);
      await agent.reported(agent.started(job), agent.done(job, { outcome: "failed", failure, retryable: true }));
    }
    expect(await runStatus(stub, run.id)).toBe("failed");
    expect(await rows(stub, "SELECT lost, attempt FROM step")).toEqual([{ lost: 2, attempt: 5 }]);
  });
});
