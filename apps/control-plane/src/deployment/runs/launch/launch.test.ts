/** Launching: what is planned, what is refused, and what a repeated call answers. */
import { describe, expect, it } from "vitest";
import { launchSchema } from "@headgate/shared/contract/runs/launch.ts";
import { assetsOf, dbtProject, manifest } from "../../../../test/support/manifests.ts";
import { person, TestDeployment } from "../../../testing/test-deployment.ts";
import { launch } from "./launch.ts";

const lake = manifest({
  ...assetsOf({ a: [], b: ["a"], c: [] }),
  jobs: [{ name: "nightly", selection: "b", tags: { team: "core" }, priority: 7, timeoutSeconds: 60 }],
});
const daily = { type: "time", cadence: "daily", start: "2030-01-01" } as const;
const steps = (deployment: TestDeployment) => deployment.rows("SELECT key FROM step ORDER BY position").map(({ key }) => key);
const ask = (deployment: TestDeployment, input: unknown) => deployment.commit((tx) => launch(tx, launchSchema.parse(input), person));
const refusal = (deployment: TestDeployment, target: object) => {
  const result = ask(deployment, { target: { checksOnly: false, ...target } });
  if (result.ok) throw new Error("It was launched.");
  return [result.error.code, result.error.message];
};

describe("launching", () => {
  it("a launch makes one step for each selected unit, in order", async () => {
    const deployment = await TestDeployment.with(lake);
    const run = deployment.launch({ selection: "+b" });
    expect(deployment.runStatus(run)).toBe("queued");
    expect(steps(deployment)).toEqual(["a", "b"]);
    expect(deployment.rows("SELECT steps_total, asset_count FROM run")).toEqual([{ steps_total: 2, asset_count: 2 }]);
  });

  it("a launch makes one step for all selected models of one project", async () => {
    const deployment = await TestDeployment.with(manifest(dbtProject({ x: [], y: ["x"], z: ["y"] })));
    deployment.launch({ selection: "x or y" });
    expect(steps(deployment)).toEqual(["dbt:lake"]);
    expect(deployment.rows("SELECT asset FROM step_asset ORDER BY asset")).toEqual([{ asset: "x" }, { asset: "y" }]);
  });

  it("a launch of a job takes its selection, tags and limits", async () => {
    const deployment = await TestDeployment.with(lake);
    deployment.launch({ job: "nightly" }, { tags: { who: "ada" } });
    const [run] = deployment.rows("SELECT job, selection, priority, timeout_seconds, tags FROM run");
    expect(run).toMatchObject({ job: "nightly", selection: "b", priority: 7, timeout_seconds: 60 });
    expect(JSON.parse(run?.["tags"] as string)).toEqual({ team: "core", who: "ada" });
  });

  it("a launch's own priority replaces that of the job", async () => {
    const deployment = await TestDeployment.with(lake);
    deployment.launch({ job: "nightly" }, { priority: -3 });
    expect(deployment.rows("SELECT priority FROM run")).toEqual([{ priority: -3 }]);
  });

  it("a launch with a known request id answers with the first run", async () => {
    const deployment = await TestDeployment.with(lake);
    const input = { target: { selection: "a", checksOnly: false }, requestId: "click-1" };
    const first = ask(deployment, input);
    // The definitions may change between the two calls.
    deployment.publish(manifest(assetsOf({ c: [] })));
    expect(ask(deployment, input)).toEqual(first);
    expect(deployment.rows("SELECT count(*) AS n FROM run")).toEqual([{ n: 1 }]);
  });

  it("a launch says who asked for the run", async () => {
    const deployment = await TestDeployment.with(lake);
    const target = launchSchema.parse({ target: { selection: "a", checksOnly: false } });
    deployment.done((tx) => launch(tx, target, { kind: "token", name: "ci", role: "editor" }));
    const [run] = deployment.rows("SELECT trigger FROM run");
    expect(JSON.parse(run?.["trigger"] as string)).toEqual({ type: "token", name: "ci" });
  });

  it("a launch of something unknown is refused", async () => {
    const deployment = await TestDeployment.with(lake);
    expect(refusal(deployment, { job: "hourly" })[0]).toBe("not_found");
    expect(refusal(deployment, { selection: "key:nothing" })[0]).toBe("invalid_selection");
    expect(refusal(deployment, { selection: "a and (" })[0]).toBe("invalid_selection");
    expect(deployment.rows("SELECT no FROM run")).toEqual([]);
  });

  it("a launch of a partitioned asset names its partition, which must exist", async () => {
    const deployment = await TestDeployment.with(manifest(assetsOf({ a: [] }, { asset: { partitions: daily } })));
    expect(refusal(deployment, { selection: "a", partition: "2031-01-01" })[0]).toBe("not_found");
    expect(refusal(deployment, { selection: "a", partition: "yesterday" })[0]).toBe("not_found");
    deployment.launch({ selection: "a", partition: "2030-01-03" });
    expect(steps(deployment)).toEqual(["a[2030-01-03]"]);
  });

  it("a launch without a partition takes the last one that ended", async () => {
    const deployment = await TestDeployment.with(manifest(assetsOf({ a: [] }, { asset: { partitions: daily } })));
    deployment.launch({ selection: "a" });
    expect(steps(deployment)).toEqual(["a[2030-01-06]"]);
  });

  it("a launch of an unpartitioned asset with a partition is refused", async () => {
    const deployment = await TestDeployment.with(lake);
    expect(refusal(deployment, { selection: "a", partition: "2030-01-03" })[0]).toBe("invalid_input");
  });

  it("a launch of checks only makes no step that materializes", async () => {
    const deployment = await TestDeployment.with(
      manifest({
        assets: [{ key: "a", unit: "a" }],
        units: [
          { id: "a", kind: "asset", assets: ["a"] },
          { id: "check:a", kind: "check", checks: ["a:fresh"] },
        ],
        checks: [{ asset: "a", name: "fresh", unit: "check:a" }],
      }),
    );
    deployment.launch({ selection: "a", checksOnly: true });
    expect(deployment.rows("SELECT kind FROM step")).toEqual([{ kind: "check" }]);
  });

  it("a launch states that a run and work exist", async () => {
    const deployment = await TestDeployment.with(lake);
    deployment.facts.length = 0;
    const run = deployment.launch({ selection: "a" });
    expect(deployment.factsOf("run_created")).toMatchObject([{ run, targets: ["a"], chain: null }]);
    expect(deployment.factsOf("work_available")).toHaveLength(1);
  });
});
