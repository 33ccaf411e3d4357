/** Reports from outside: stored once, marked as such, with the same effects as reports of a run. */
import { describe, expect, it } from "vitest";
import { anyDepsMatch, dataVersionChanged, newlyUpdated, sinceLastHandled } from "@headgate/shared/domain/automation/build.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { launch, newDeployment, person, publish, rows } from "../../../test/support/deployment.ts";
import { conditioned, pass, report, runsOf, START, useOwnTime } from "../../../test/support/conditions.ts";
import { FakeAgent } from "../../../test/support/fake-agent.ts";

useOwnTime();

const letters = { type: "static", keys: ["alpha", "beta"] };
const checks = [{ asset: "gold", name: "sane", unit: "gold" }];
function lake() {
  const made = conditioned({ source: {}, gold: { deps: ["source"] }, parts: { partitions: letters } }, { checks });
  const [source] = made.assets;
  if (source) source.unit = null;
  made.units.splice(0, 1);
  made.units.find((unit) => unit.id === "gold")?.checks.push("gold:sane");
  return made;
}

describe("reports from outside", () => {
  it("a report is a materialization without a run, for any asset", async () => {
    const stub = newDeployment();
    await publish(stub, lake());
    const metadata = { row_count: { type: "int", value: 7 } } as const;
    await report(stub, "source", { metadata, dataVersion: "v1", description: "nightly sync" });
    await report(stub, "gold", { metadata });
    for (const key of ["source", "gold"]) {
      const { state, metadata: shown } = unwrap(await stub.ask("assets.get", { key }));
      expect(state).toMatchObject({ health: "healthy", materialized: { at: START, run: null, step: null, rowCount: 7 } });
      expect(shown).toMatchObject(metadata);
      const [event] = unwrap(await stub.ask("assets.events", { key, limit: 10 })).items;
      expect(event).toMatchObject({ type: "asset_materialized", run: null, step: null, reportedBy: "ada@example.com", at: START });
      expect(unwrap(await stub.ask("assets.series", { key, limit: 10 }))).toMatchObject([
        { name: "row_count", points: [{ value: 7, run: null }] },
      ]);
    }
    expect(unwrap(await stub.ask("assets.get", { key: "source" })).metadata["description"]).toEqual({
      type: "text",
      value: "nightly sync",
    });
  });

  it("a report is stored once, however often it is repeated", async () => {
    const stub = newDeployment();
    await publish(stub, lake());
    const first = await report(stub, "source", { requestId: "r1" });
    expect(await report(stub, "source", { requestId: "r1" })).toBe(first);
    expect(await report(stub, "source", { requestId: "r2" })).toBeGreaterThan(first);
    expect(unwrap(await stub.ask("assets.events", { key: "source", limit: 10 })).items).toHaveLength(2);
  });

  it("a report on an unknown name is refused with similar ones", async () => {
    const stub = newDeployment();
    await publish(stub, lake());
    const tried = async (input: object) => {
      const result = await stub.perform("assets.report", { type: "materialized", asset: "gold", metadata: {}, ...input }, person);
      return result.ok ? "" : result.error.message;
    };
    expect(await tried({ asset: "sorce" })).toBe("There is no asset sorce. Did you mean source?");
    expect(await tried({ partition: "alpha" })).toContain("gold is not partitioned");
    expect(await tried({ asset: "parts" })).toContain("say which partition");
    expect(await tried({ asset: "parts", partition: "alpa" })).toContain("Did you mean alpha?");
    expect(await tried({ asset: "parts", partition: "alpha" })).toBe("");
    expect(unwrap(await stub.ask("assets.get", { key: "parts" })).state.partitions).toEqual({ total: 2, materialized: 1, failed: 0 });
    const check = await stub.perform(
      "assets.reportCheck",
      { asset: "gold", check: "same", passed: true, severity: "error", metadata: {} },
      person,
    );
    expect(check.ok ? "" : check.error.message).toBe('gold has no check "same". Did you mean sane?');
    expect(await rows(stub, "SELECT count(*) AS events FROM event")).toEqual([{ events: 1 }]);
  });

  it("a report on a check is its latest result", async () => {
    const stub = newDeployment();
    await publish(stub, lake());
    await report(stub, "gold");
    const input = {
      asset: "gold",
      check: "sane",
      passed: false,
      severity: "error",
      description: "two rows too many",
      metadata: {},
    } as const;
    unwrap(await stub.perform("assets.reportCheck", input, person));
    expect(unwrap(await stub.ask("assets.get", { key: "gold" })).state).toMatchObject({ health: "failed", checks: { failed: 1 } });
    expect(unwrap(await stub.ask("assets.checks", { key: "gold" }))).toMatchObject([
      { name: "sane", latest: { passed: false, run: null, step: null } },
    ]);
    expect(unwrap(await stub.ask("assets.checkHistory", { key: "gold", check: "sane", limit: 10 })).items).toHaveLength(1);
    expect(unwrap(await stub.ask("home.get", undefined)).problems).toMatchObject([
      { kind: "check_failed", subject: "gold:sane", run: null },
    ]);
  });
});

describe("observable assets", () => {
  function observed() {
    const downstream = { deps: ["source"], automation: sinceLastHandled(anyDepsMatch(newlyUpdated())) };
    return conditioned({ source: { observable: true }, gold: downstream });
  }

  it("a step observes an observable asset and never materializes it", async () => {
    const stub = newDeployment();
    await publish(stub, observed());
    const agent = new FakeAgent();
    await agent.start(stub);
    const run = await launch(stub, { selection: "source" });
    const job = await agent.job("source");
    await agent.reported(agent.started(job), agent.done(job, { outcome: "succeeded" }));
    expect(unwrap(await stub.ask("runs.get", { run: run.id })).run.status).toBe("succeeded");
    expect(unwrap(await stub.ask("assets.get", { key: "source" })).state).toMatchObject({ materialized: null, inProgress: null });
    expect(await runsOf(stub)).toHaveLength(1);
    await launch(stub, { selection: "source" });
    await agent.waitFor(() => agent.jobs().length === 2);
    const [, second] = agent.jobs();
    if (!second) throw new Error("no second job");
    const seen = agent.event(second, { type: "asset_observed", asset: "source", metadata: {}, dataVersion: "v1" });
    await agent.reported(agent.started(second), seen, agent.done(second, { outcome: "succeeded" }));
    expect(unwrap(await stub.ask("assets.get", { key: "source" })).state).toMatchObject({ health: "healthy", observedAt: START });
    expect(unwrap(await stub.ask("home.get", undefined)).counts).toMatchObject({ assets: 2, healthy: 1, never: 1 });
    expect(await rows(stub, "SELECT data_version, observed_at FROM asset_state WHERE asset = 'source'")).toEqual([
      { data_version: "v1", observed_at: START },
    ]);
    expect(unwrap(await stub.ask("assets.events", { key: "source", limit: 10 })).items.map((event) => event.type)).toEqual([
      "asset_observed",
    ]);
  });

  it("an observable asset is updated only if its data changed", async () => {
    const stub = newDeployment();
    await publish(stub, observed());
    await pass(stub, 60_000);
    const counts: number[] = [];
    for (const dataVersion of ["v1", "v1", "v2", undefined, "v2", "v3"]) {
      await report(stub, "source", { type: "observed", ...(dataVersion !== undefined && { dataVersion }) });
      await pass(stub, 60_000);
      counts.push((await runsOf(stub)).length);
    }
    expect(counts).toEqual([1, 1, 2, 2, 2, 3]);
  });

  it("conditions learn whether an observation changed the data", async () => {
    const stub = newDeployment();
    await publish(
      stub,
      conditioned({ source: {}, gold: { deps: ["source"], automation: sinceLastHandled(anyDepsMatch(dataVersionChanged())) } }),
    );
    await pass(stub, 60_000);
    const counts: number[] = [];
    for (const dataVersion of ["v1", "v1", "v2", undefined, undefined]) {
      await report(stub, "source", dataVersion === undefined ? {} : { dataVersion });
      await pass(stub, 60_000);
      counts.push((await runsOf(stub)).length);
    }
    // Without a data version the data counts as changed.
    expect(counts).toEqual([1, 1, 2, 3, 4]);
  });
});
