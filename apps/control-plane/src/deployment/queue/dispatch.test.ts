/** Which step goes to which agent, and what is held back by limits, pools, queues and versions. */
import { describe, expect, it } from "vitest";
import type { Manifest } from "@headgate/shared/manifest/schema.ts";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";
import { TestDeployment } from "../../testing/test-deployment.ts";
import { summaryOf } from "../run-pages/run-queries.ts";
import { changeSettings } from "./change-settings.ts";

const lake = manifest(assetsOf({ a: [], b: [], c: [] }));
type Settings = Parameters<typeof changeSettings>[1];

async function limited(settings: Settings, parts: Manifest = lake): Promise<TestDeployment> {
  const deployment = await TestDeployment.with(parts);
  deployment.commit((tx) => changeSettings(tx, settings));
  return deployment;
}
const waits = (deployment: TestDeployment, no: number) => summaryOf(deployment.engine.reader(), no).waiting;

describe("dispatching", () => {
  it("dispatch gives as many steps as an agent has slots", async () => {
    const deployment = await TestDeployment.with(lake);
    const agent = deployment.agent({ slots: 2 });
    deployment.launch({ selection: "*" });
    expect(agent.steps()).toEqual(["a", "b"]);
    agent.succeed("a");
    expect(agent.steps()).toEqual(["a", "b", "c"]);
  });

  it("dispatch spreads steps over agents that are equally free", async () => {
    const deployment = await TestDeployment.with(lake);
    const agents = [deployment.agent({ slots: 2 }), deployment.agent({ slots: 2 })];
    deployment.launch({ selection: "a or b" });
    expect(agents.map((agent) => agent.steps().length)).toEqual([1, 1]);
  });

  it("dispatch takes the run of higher priority first", async () => {
    const deployment = await TestDeployment.with(lake);
    deployment.launch({ selection: "a" }, { priority: 1 });
    deployment.launch({ selection: "b" }, { priority: 5 });
    deployment.launch({ selection: "c" }, { priority: 1 });
    const agent = deployment.agent({ slots: 1 });
    for (const step of ["b", "a", "c"]) {
      expect(agent.steps().at(-1)).toBe(step);
      agent.succeed(step);
    }
  });

  it("dispatch gives runs of a queue only to agents of that queue", async () => {
    const deployment = await TestDeployment.with(lake);
    const usual = deployment.agent();
    const gpu = deployment.agent({ queue: "gpu" });
    deployment.launch({ selection: "a" }, { tags: { "headgate/queue": "gpu" } });
    deployment.launch({ selection: "b" });
    expect([usual.steps(), gpu.steps()]).toEqual([["b"], ["a"]]);
  });

  it("dispatch says that a run waits for an agent of its queue", async () => {
    const deployment = await TestDeployment.with(lake);
    deployment.launch({ selection: "a" });
    expect(waits(deployment, 1)).toMatchObject({ kind: "no_agent" });
    deployment.agent({ slots: 0 });
    expect(waits(deployment, 1)).toMatchObject({ kind: "slots" });
  });

  it("dispatch avoids an agent that could not load the version", async () => {
    const deployment = await TestDeployment.open();
    const version = deployment.publish(lake);
    const broken = deployment.agent({ slots: 9, locations: [{ location: "lake", version, state: "failed" }] });
    const sound = deployment.agent({ slots: 1 });
    deployment.launch({ selection: "a or b" });
    expect([broken.steps(), sound.steps()]).toEqual([[], ["a"]]);
    sound.succeed("a");
    expect(sound.steps()).toEqual(["a", "b"]);
  });

  it("dispatch does not give a silent agent anything", async () => {
    const deployment = await TestDeployment.with(lake);
    const silent = deployment.agent();
    deployment.pass(600_000);
    deployment.launch({ selection: "a" });
    expect(silent.steps()).toEqual([]);
  });
});

describe("limits", () => {
  it("a limit of runs lets the next run start when one ends", async () => {
    const deployment = await limited({ maxConcurrentRuns: 1 });
    const agent = deployment.agent();
    deployment.launch({ selection: "a" });
    deployment.launch({ selection: "b" });
    expect(agent.steps()).toEqual(["a"]);
    expect(waits(deployment, 2)).toMatchObject({ kind: "run_limit" });
    agent.succeed("a");
    expect(agent.steps()).toEqual(["a", "b"]);
  });

  it("a limit of a tag holds back only runs with that tag", async () => {
    const deployment = await limited({ tagLimits: [{ key: "team", value: "core", limit: 1 }] });
    const agent = deployment.agent();
    deployment.launch({ selection: "a" }, { tags: { team: "core" } });
    deployment.launch({ selection: "b" }, { tags: { team: "core" } });
    deployment.launch({ selection: "c" }, { tags: { team: "web" } });
    expect(agent.steps()).toEqual(["a", "c"]);
    expect(waits(deployment, 2)?.message).toContain("waiting for a run with tag team=core to end: 1/1 in progress");
    agent.succeed("a");
    expect(agent.steps()).toEqual(["a", "c", "b"]);
  });

  it("a limit per value of a tag counts each value for itself", async () => {
    const deployment = await limited({ tagLimits: [{ key: "customer", perValue: true, limit: 1 }] });
    const agent = deployment.agent();
    for (const [selection, customer] of [
      ["a", "x"],
      ["b", "x"],
      ["c", "y"],
    ] as const)
      deployment.launch({ selection }, { tags: { customer } });
    expect(agent.steps()).toEqual(["a", "c"]);
  });

  it("a raised limit lets what waited for it start at once", async () => {
    const deployment = await limited({ maxConcurrentRuns: 0 });
    const agent = deployment.agent();
    deployment.launch({ selection: "a" });
    expect(agent.steps()).toEqual([]);
    deployment.commit((tx) => changeSettings(tx, { maxConcurrentRuns: 2 }));
    expect(agent.steps()).toEqual(["a"]);
    expect(deployment.factsOf("settings_changed")).toHaveLength(2);
  });

  it("a limit of a pool lets steps outside of it pass", async () => {
    const parts = manifest({
      ...assetsOf({ a: [], b: [], c: [] }),
      units: ["a", "b", "c"].map((id) => ({ id, kind: "asset" as const, assets: [id], ...(id !== "c" && { pool: "warehouse" }) })),
    });
    const deployment = await limited({ pools: { warehouse: 1 } }, parts);
    const agent = deployment.agent();
    deployment.launch({ selection: "*" });
    expect(agent.steps()).toEqual(["a", "c"]);
    agent.succeed("a");
    expect(agent.steps()).toEqual(["a", "c", "b"]);
  });

  it("the default limit holds for pools without one of their own", async () => {
    const parts = manifest(assetsOf({ a: [], b: [] }, { unit: { pool: "any" } }));
    const deployment = await limited({ defaultPoolLimit: 1 }, parts);
    const agent = deployment.agent();
    deployment.launch({ selection: "*" });
    expect(agent.steps()).toEqual(["a"]);
    expect(waits(deployment, 1)).toBeNull();
  });

  it("the settings overrule the limit that a code location gives", async () => {
    const parts = manifest({ ...assetsOf({ a: [], b: [] }, { unit: { pool: "any" } }), pools: { any: 1 } });
    const deployment = await TestDeployment.with(parts);
    const agent = deployment.agent();
    deployment.launch({ selection: "*" });
    expect(agent.steps()).toEqual(["a"]);
    deployment.commit((tx) => changeSettings(tx, { pools: { any: 2 } }));
    expect(agent.steps()).toEqual(["a", "b"]);
  });
});

describe("start time-outs", () => {
  it("a step that does not start goes to another agent", async () => {
    const deployment = await limited({ startTimeoutSeconds: 20 });
    const first = deployment.agent();
    const second = deployment.agent();
    deployment.launch({ selection: "a" });
    const [has, gets] = first.steps().length > 0 ? [first, second] : [second, first];
    deployment.pass(20_000);
    expect(gets.steps()).toEqual([]);
    deployment.pass(1);
    expect(has.last("cancel").reason).toBe("the step did not start in time");
    expect(gets.job("a", 2).epoch).toBe(2);
  });

  it("a step that never starts fails after three attempts", async () => {
    const deployment = await limited({ startTimeoutSeconds: 10 });
    const agent = deployment.agent();
    const run = deployment.launch({ selection: "a" });
    for (let round = 0; round < 4; round++) {
      agent.ping();
      deployment.pass(10_001);
    }
    expect(agent.steps()).toEqual(["a", "a", "a"]);
    expect(deployment.runStatus(run)).toBe("failed");
    expect(deployment.rows("SELECT error FROM run")[0]?.["error"]).toContain("did not start within 10 seconds, 3 times in a row.");
  });
});
