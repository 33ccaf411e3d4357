/** The path of a transaction: followers in their order, savepoints, what happens when it fails, and the effects after it. */
import { describe, expect, it } from "vitest";
import { automationId } from "@headgate/shared/domain/automation-id.ts";
import { ok, refuse } from "@headgate/shared/domain/errors.ts";
import { assetsOf, manifest } from "../../test/support/manifests.ts";
import { person, TestDeployment } from "../testing/test-deployment.ts";
import { FOLLOWERS } from "./followers.ts";
import { ensureTimer, hasTimer, setTimer } from "./kernel/timer-store.ts";
import { TIMER_KINDS, type TimerKind } from "./timer-kinds.ts";
import { launch } from "./runs/launch/launch.ts";
import { changeSettings } from "./queue/change-settings.ts";
import { catalogOf } from "./catalog/catalog.ts";

const lake = manifest(assetsOf({ a: [], b: [] }));
const target = { target: { selection: "a", checksOnly: false }, tags: {} };
const types = (deployment: TestDeployment) => deployment.facts.map(({ type }) => type);

describe("followers", () => {
  it("followers decide whether a failed run is made again before others look", () => {
    expect(FOLLOWERS.run_ended[0]?.follow.name).toBe("afterRunEnded");
    expect(FOLLOWERS.run_ended).toHaveLength(4);
  });

  it("followers state facts that are followed in the same transaction", async () => {
    const deployment = await TestDeployment.with(lake);
    const agent = deployment.agent();
    deployment.facts.length = 0;
    deployment.launch({ selection: "a" });
    // Launching states that work is available; dispatch follows and gives the step away.
    expect(types(deployment).indexOf("work_available")).toBeLessThan(types(deployment).indexOf("step_changed"));
    expect(agent.steps()).toEqual(["a"]);
  });

  it("followers start sensors and ticks when an agent connects", async () => {
    const deployment = await TestDeployment.with(lake);
    deployment.agent();
    expect(types(deployment).filter((type) => type === "agent_connected" || type === "work_available").length).toBeGreaterThanOrEqual(2);
  });

  it("followers pass an event without a fact to its sensors", async () => {
    const sensors = [{ name: "s", kind: "run_status" as const, runStatuses: ["failed" as const], job: "all", evaluated: false }];
    const deployment = await TestDeployment.with(manifest({ ...assetsOf({ a: [] }), jobs: [{ name: "all", selection: "*" }], sensors }));
    const event = { type: "run", run: "r1", job: null, location: "lake", partition: null, tags: {}, message: null, at: 0 } as const;
    deployment.commit((tx) => {
      tx.fact({ type: "sensor_event", event: { ...event, status: "succeeded" }, chain: null });
      tx.fact({ type: "sensor_event", event: { ...event, status: "failed" }, chain: null });
      return ok(null);
    });
    expect(deployment.rows("SELECT job, trigger ->> 'event' AS event FROM run")).toEqual([{ job: "all", event: "run …r1 failed" }]);
  });

  it("followers are not run twice for one fact", async () => {
    const deployment = await TestDeployment.with(lake);
    const agent = deployment.agent();
    deployment.launch({ selection: "a" });
    deployment.facts.length = 0;
    agent.succeed("a");
    expect(deployment.factsOf("run_ended")).toHaveLength(1);
    expect(deployment.factsOf("asset_materialized")).toHaveLength(1);
    expect(deployment.rows("SELECT count(*) AS n FROM event WHERE type = 'run_succeeded'")).toEqual([{ n: 1 }]);
  });
});

describe("savepoints", () => {
  it("a refused savepoint leaves no rows, facts or effects", async () => {
    const deployment = await TestDeployment.with(lake);
    const agent = deployment.agent();
    deployment.facts.length = 0;
    const result = deployment.commit((tx) => {
      tx.fact({ type: "pauses_changed" });
      const undone = tx.savepoint(() => {
        launch(tx, target, person);
        tx.effects.push({ type: "timers_changed" });
        return refuse("conflict", "no");
      });
      setTimer(tx.db, { kind: "condition", id: "kept", at: tx.now + 1000 });
      return undone;
    });
    expect(result).toMatchObject({ ok: false, error: { code: "conflict" } });
    expect(types(deployment)).toEqual(["pauses_changed"]);
    expect(deployment.rows("SELECT no FROM run")).toEqual([]);
    expect(hasTimer(deployment.engine.db, { kind: "condition", id: "kept" })).toBe(true);
    expect(agent.steps()).toEqual([]);
  });

  it("a savepoint that throws is undone and throws on", async () => {
    const deployment = await TestDeployment.with(lake);
    const failing = () =>
      deployment.commit((tx) =>
        tx.savepoint(() => {
          launch(tx, target, person);
          throw new Error("broken");
        }),
      );
    expect(failing).toThrow("broken");
    expect(deployment.rows("SELECT no FROM run")).toEqual([]);
    // Numbers of events go on without a gap.
    deployment.launch({ selection: "b" });
    expect(deployment.rows("SELECT min(gseq) AS first, max(gseq) - count(*) AS gap FROM event")).toEqual([{ first: 1, gap: 0 }]);
  });

  it("a savepoint that succeeds keeps everything of it", async () => {
    const deployment = await TestDeployment.with(lake);
    deployment.commit((tx) => tx.savepoint(() => (launch(tx, target, person), ok(null))));
    expect(deployment.rows("SELECT status FROM run")).toEqual([{ status: "queued" }]);
  });
});

describe("failed transactions", () => {
  it("a transaction that throws leaves nothing in tables or memory", async () => {
    const deployment = await TestDeployment.with(lake);
    const failing = () =>
      deployment.commit((tx) => {
        changeSettings(tx, { maxConcurrentRuns: 0 });
        launch(tx, target, person);
        throw new Error("broken");
      });
    expect(failing).toThrow("broken");
    const agent = deployment.agent();
    deployment.launch({ selection: "b" });
    expect(agent.steps()).toEqual(["b"]);
    expect(catalogOf(deployment.engine).graph.has("a")).toBe(true);
  });

  it("a transaction that throws in which a statement failed sends no frame", async () => {
    const deployment = await TestDeployment.with(lake);
    const agent = deployment.agent();
    deployment.rows("CREATE TRIGGER full BEFORE INSERT ON attempt BEGIN SELECT RAISE(ABORT, 'full'); END");
    const before = agent.frames.length;
    expect(() => deployment.launch({ selection: "a" })).toThrow("full");
    expect(agent.frames).toHaveLength(before);
  });
});

describe("questions about what would happen", () => {
  it("a rolled-back command is answered and undone", async () => {
    const deployment = await TestDeployment.with(lake);
    const result = deployment.engine.rollBack((tx) => launch(tx, target, person));
    expect(result).toEqual({ ok: true, value: 1 });
    expect(deployment.rows("SELECT no FROM run")).toEqual([]);
  });
});

describe("alarms", () => {
  it("timers of every kind may fire for something that is gone", async () => {
    const deployment = await TestDeployment.with(lake);
    const source = (kind: "schedule" | "sensor") => automationId({ location: "lake", kind, name: "gone" });
    const gone = { schedule: source("schedule"), sensor: source("sensor"), sensor_event: source("sensor"), step_retry: "9/9" };
    for (const kind of Object.keys(TIMER_KINDS) as TimerKind[])
      deployment.commit((tx) => setTimer(tx.db, { kind, id: (gone as Partial<Record<string, string>>)[kind] ?? "9", at: tx.now }));
    expect(() => deployment.fireTimers()).not.toThrow();
    expect(deployment.rows("SELECT kind FROM timer WHERE id <> ''")).toEqual([]);
  });

  it("timers fire in order and set the alarm to the next", async () => {
    const deployment = await TestDeployment.with(lake);
    const at = deployment.now;
    deployment.commit((tx) => {
      setTimer(tx.db, { kind: "freshness", id: "", at: at + 2000 });
      ensureTimer(tx.db, { kind: "freshness", id: "", at: at + 1 });
      setTimer(tx.db, { kind: "lease_check", id: "", at: at + 1000 });
      tx.effects.push({ type: "timers_changed" });
    });
    deployment.pass(1000);
    expect(deployment.rows("SELECT kind FROM timer")).toEqual([{ kind: "freshness" }]);
    deployment.pass(1000);
    expect(deployment.rows("SELECT kind FROM timer")).toEqual([]);
  });

  it("relative timers are moved when the clock goes back", async () => {
    const deployment = await TestDeployment.with(lake);
    deployment.commit((tx) => {
      setTimer(tx.db, { kind: "step_retry", id: "1/0", at: tx.now + 60_000 });
      setTimer(tx.db, { kind: "schedule", id: "x", at: tx.now + 60_000 });
    });
    const before = deployment.now;
    deployment.now -= 5 * 3_600_000;
    deployment.commit(() => null);
    expect(deployment.rows("SELECT kind, at FROM timer ORDER BY kind")).toEqual([
      { kind: "schedule", at: before + 60_000 },
      { kind: "step_retry", at: deployment.now + 60_000 },
    ]);
  });
});
