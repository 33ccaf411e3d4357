/** From a published version to a finished run: launching, assigning, recording, ending. */
import { describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { launch, newDeployment, publish, runStatus } from "./support/deployment.ts";
import { FakeAgent } from "./support/fake-agent.ts";
import { assetsOf, manifest } from "./support/manifests.ts";

describe("runs", () => {
  it("a run goes from launch to success, one step after the other", async () => {
    const stub = newDeployment();
    await publish(stub, manifest(assetsOf({ a: [], b: ["a"] })));
    const agent = new FakeAgent();
    await agent.start(stub);
    const run = await launch(stub, { selection: "*" });
    expect(run).toMatchObject({ assetCount: 2, selection: "*", trigger: { type: "person", user: "ada@example.com" }, steps: { total: 2 } });

    const first = await agent.job("a");
    expect(agent.jobs()).toHaveLength(1);
    agent.report(...agent.success(first));
    const second = await agent.job("b");
    await agent.reported(...agent.success(second));

    const detail = unwrap(await stub.ask("runs.get", { run: run.id }));
    expect(detail.run).toMatchObject({ status: "succeeded", materialized: 2, steps: { succeeded: 2, running: 0 } });
    const { events, done } = unwrap(await stub.ask("runs.events", { run: run.id, after: 0, limit: 1000 }));
    expect(done).toBe(true);
    expect(events.map((row) => row.seq)).toEqual(events.map((_row, index) => index + 1));
    expect(events.map((row) => row.event.type)).toEqual([
      "run_queued",
      "run_starting",
      "step_assigned",
      "run_started",
      "step_started",
      "asset_materialized",
      "step_succeeded",
      "step_assigned",
      "step_started",
      "asset_materialized",
      "step_succeeded",
      "run_succeeded",
    ]);
    const states = unwrap(await stub.ask("assets.states", { limit: 100 }));
    expect(states.items.map((state) => [state.key, state.health, state.materialized?.rowCount, state.inProgress])).toEqual([
      ["a", "healthy", 3, null],
      ["b", "healthy", 3, null],
    ]);
    expect(await runStatus(stub, run.id)).toBe("succeeded");
  });
});
