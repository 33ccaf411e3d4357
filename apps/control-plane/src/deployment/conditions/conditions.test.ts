/** Automation conditions: what they request, when they are evaluated, and how they are paused. */
import { describe, expect, it } from "vitest";
import { cronTickPassed, eager, missing, onCron, sinceLastHandled } from "@headgate/shared/domain/automation/build.ts";
import type { Condition } from "@headgate/shared/domain/automation/condition.ts";
import type { Manifest } from "@headgate/shared/manifest/schema.ts";
import { manifest } from "../../../test/support/manifests.ts";
import { TestDeployment } from "../../testing/test-deployment.ts";
import { reportAsset } from "../assets/report-asset.ts";
import { endPause, pauseConditions } from "./pauses.ts";

const HOUR = 3_600_000;

function conditioned(assets: Record<string, { deps?: string[]; automation?: Condition }>): Manifest {
  return manifest({
    assets: Object.entries(assets).map(([key, { deps = [], automation }]) => ({
      key,
      unit: key,
      deps: deps.map((dep) => ({ key: dep })),
      ...(automation && { automation }),
    })),
    units: Object.keys(assets).map((key) => ({ id: key, kind: "asset" as const, assets: [key] })),
  });
}
const story = conditioned({
  silver: {},
  gold: { deps: ["silver"], automation: eager() },
  metrics: { deps: ["gold"], automation: eager() },
});
const report = (deployment: TestDeployment, asset: string) =>
  deployment.done((tx) => reportAsset(tx, { type: "materialized", asset, metadata: {} }, { by: "ada", chain: null }));
const requested = (deployment: TestDeployment) =>
  deployment.rows("SELECT no, trigger ->> 'type' AS cause, asset_count AS assets FROM run ORDER BY no");
const pause = (deployment: TestDeployment, input: Parameters<typeof pauseConditions>[1]) =>
  deployment.commit((tx) => pauseConditions(tx, input, "ada"));

describe("conditions", () => {
  it("a condition requests what follows from an update in one run, once", async () => {
    const deployment = await TestDeployment.with(story);
    deployment.pass(60_000);
    expect(requested(deployment)).toEqual([]);
    report(deployment, "silver");
    deployment.pass(60_000);
    expect(requested(deployment)).toEqual([{ no: 1, cause: "condition", assets: 2 }]);
    deployment.pass(HOUR);
    expect(requested(deployment)).toHaveLength(1);
    expect(deployment.factsOf("evaluation_added").length).toBeGreaterThan(0);
  });

  it("a condition does not request what is already being made", async () => {
    const deployment = await TestDeployment.with(conditioned({ a: { automation: sinceLastHandled(missing()) } }));
    deployment.pass(HOUR);
    const runs = requested(deployment).length;
    const agent = deployment.agent();
    if (agent.steps().includes("a")) agent.succeed("a");
    deployment.pass(HOUR);
    expect(requested(deployment)).toHaveLength(runs);
  });

  it("a condition with a cron expression requests at its times", async () => {
    const deployment = await TestDeployment.with(conditioned({ a: { automation: onCron("0 * * * *") } }));
    report(deployment, "a");
    deployment.pass(HOUR - 1);
    expect(requested(deployment)).toEqual([]);
    deployment.pass(1 + 60_000);
    expect(requested(deployment)).toHaveLength(1);
  });

  it("a condition does not read what a version that removed it knew", async () => {
    const deployment = await TestDeployment.with(story);
    deployment.publish(conditioned({ silver: {}, gold: { deps: ["silver"] } }));
    report(deployment, "silver");
    deployment.pass(HOUR);
    expect(requested(deployment)).toEqual([]);
  });

  it("a condition waits for an upstream asset that a run makes", async () => {
    const deployment = await TestDeployment.with(story);
    const agent = deployment.agent();
    deployment.launch({ selection: "silver" });
    expect(requested(deployment)).toHaveLength(1);
    agent.succeed("silver");
    agent.ping();
    deployment.pass(1000);
    expect(requested(deployment).map(({ cause }) => cause)).toEqual(["person", "condition"]);
    expect(agent.steps()).toEqual(["silver", "gold"]);
  });

  it("a condition with a time is evaluated at that time only", async () => {
    const deployment = await TestDeployment.with(conditioned({ a: { automation: sinceLastHandled(cronTickPassed("30 * * * *")) } }));
    report(deployment, "a");
    deployment.pass(HOUR);
    expect(requested(deployment)).toHaveLength(1);
  });
});

describe("pauses", () => {
  it("a pause of everything holds requests back until it ends", async () => {
    const deployment = await TestDeployment.with(story);
    expect(pause(deployment, { scope: "all", reason: "migration" })).toMatchObject({ ok: true });
    report(deployment, "silver");
    deployment.pass(HOUR);
    expect(requested(deployment)).toEqual([]);
    deployment.commit((tx) => endPause(tx, "all", "ada"));
    deployment.pass(60_000);
    expect(requested(deployment)).toHaveLength(1);
  });

  it("a pause of one asset holds only that asset back", async () => {
    const deployment = await TestDeployment.with(
      conditioned({ up: {}, a: { deps: ["up"], automation: eager() }, b: { deps: ["up"], automation: eager() } }),
    );
    pause(deployment, { scope: "asset:a" });
    report(deployment, "up");
    deployment.pass(60_000);
    expect(deployment.rows("SELECT key FROM step")).toEqual([{ key: "b" }]);
  });

  it("a pause with an end ends at the later of two ends", async () => {
    const deployment = await TestDeployment.with(story);
    pause(deployment, { scope: "all", until: deployment.now + HOUR });
    pause(deployment, { scope: "all", until: deployment.now + 2 * HOUR });
    report(deployment, "silver");
    deployment.pass(2 * HOUR - 1);
    expect(requested(deployment)).toEqual([]);
    deployment.pass(60_000);
    expect(requested(deployment)).toHaveLength(1);
    expect(deployment.rows("SELECT scope FROM pause")).toEqual([]);
  });

  it("a pause of something unknown or in the past is refused", async () => {
    const deployment = await TestDeployment.with(story);
    expect(pause(deployment, { scope: "asset:none" })).toMatchObject({ ok: false, error: { code: "not_found" } });
    expect(pause(deployment, { scope: "location:none" })).toMatchObject({ ok: false, error: { code: "not_found" } });
    expect(pause(deployment, { scope: "all", until: deployment.now })).toMatchObject({ ok: false, error: { code: "invalid_input" } });
  });

  it("a pause that does not exist may be ended without any effect", async () => {
    const deployment = await TestDeployment.with(story);
    deployment.facts.length = 0;
    deployment.commit((tx) => endPause(tx, "all", "ada"));
    expect(deployment.factsOf("pauses_changed")).toEqual([]);
  });
});
