/** The problems of the home page: what went wrong, since when and how often. */
import { describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";
import { TestDeployment } from "../../testing/test-deployment.ts";
import { assetStatesOf } from "../asset-pages/asset-states.ts";
import { reportAsset, reportCheck } from "../assets/report-asset.ts";
import { MIGRATIONS } from "../migrations.ts";
import { listRunsQuery } from "../run-pages/run-queries.ts";
import { readHome } from "./home.ts";

const ADA = { by: "ada", chain: null };
const checked = manifest({
  assets: [{ key: "a", unit: "a" }],
  units: [{ id: "a", kind: "asset", assets: ["a"], checks: ["a:valid"] }],
  checks: [{ asset: "a", name: "valid", unit: "a" }],
});
const daily = { type: "time", cadence: "daily", start: "2030-01-01" } as const;
const problemsOf = (deployment: TestDeployment) => unwrap(readHome(deployment.engine.reader())).problems;
const reportValid = (deployment: TestDeployment, passed: boolean) =>
  deployment.done((tx) =>
    reportCheck(tx, { asset: "a", check: "valid", passed, severity: "error", description: "2 rows are wrong", metadata: {} }, ADA),
  );

/** Runs the asset with a check that does not pass. */
function runWithFailedCheck(deployment: TestDeployment, severity: "error" | "warn" = "error"): void {
  const agent = deployment.agent();
  deployment.launch({ selection: "a" });
  const job = agent.job("a");
  const check = {
    type: "check_evaluated",
    asset: "a",
    check: "valid",
    passed: false,
    severity,
    metadata: {},
    description: "2 bad",
  } as const;
  const materialized = agent.event(job, { type: "asset_materialized", asset: "a", metadata: {} });
  agent.report(agent.started(job), materialized, agent.event(job, check), agent.done(job, { outcome: "succeeded" }));
  agent.disconnect();
}

describe("problems", () => {
  it("a check that keeps failing counts from its first failure", async () => {
    const deployment = await TestDeployment.with(checked);
    reportValid(deployment, false);
    deployment.pass(1000);
    reportValid(deployment, true);
    deployment.pass(1000);
    const first = deployment.now;
    for (let count = 0; count < 3; count++) {
      reportValid(deployment, false);
      deployment.pass(1000);
    }
    const expected = [{ kind: "check_failed", since: first, times: 3, message: "2 rows are wrong" }];
    expect(problemsOf(deployment)).toMatchObject(expected);
    deployment.rows("UPDATE check_state SET failures = 0, failing_since = NULL");
    const updates = MIGRATIONS.find(({ id }) => id === "0008-first-failures")?.sql.split(";") ?? [];
    for (const sql of updates.filter((text) => text.includes("UPDATE check_state"))) deployment.rows(sql);
    expect(problemsOf(deployment)).toMatchObject(expected);
  });

  it("an asset that keeps failing counts from its first failure", async () => {
    const deployment = await TestDeployment.with(manifest(assetsOf({ a: [] })));
    const since = deployment.now;
    for (let count = 0; count < 2; count++) {
      const agent = deployment.agent();
      deployment.launch({ selection: "a" });
      agent.fail("a");
      agent.disconnect();
      deployment.pass(1000);
    }
    expect(problemsOf(deployment)).toMatchObject([{ kind: "asset_failed", since, times: 2 }]);
  });

  it("a failed partition is a problem though another succeeded later", async () => {
    const deployment = await TestDeployment.with(manifest(assetsOf({ a: [] }, { asset: { partitions: daily } })));
    deployment.now = Date.UTC(2030, 0, 5);
    const since = deployment.now;
    const agent = deployment.agent();
    const run = deployment.launch({ selection: "a", partition: "2030-01-01" });
    agent.fail("a[2030-01-01]");
    deployment.done((tx) => reportAsset(tx, { type: "materialized", asset: "a", metadata: {}, partition: "2030-01-02" }, ADA));
    expect(problemsOf(deployment)).toMatchObject([
      { kind: "partitions_failed", subject: "a", title: "1 partition of a failed", message: "no luck", since, run },
    ]);
    expect(assetStatesOf(deployment.engine.reader(), ["a"])).toMatchObject([{ health: "warning", failed: null }]);
    expect(unwrap(readHome(deployment.engine.reader())).counts).toMatchObject({ warning: 1, healthy: 0 });
  });
});

describe("checks that failed in a run", () => {
  it("the run and the asset say the sentence of the check", async () => {
    const deployment = await TestDeployment.with(checked);
    runWithFailedCheck(deployment);
    const [run] = unwrap(listRunsQuery(deployment.engine.reader(), { filter: {}, limit: 10 })).items;
    expect(run).toMatchObject({ status: "succeeded", checksFailed: 1, failedCheck: "Check valid failed: 2 bad" });
    expect(assetStatesOf(deployment.engine.reader(), ["a"])).toMatchObject([
      { checksNotPassed: [{ name: "valid", severity: "error", description: "2 bad", run: run?.id }] },
    ]);
  });

  it("a run whose check failed is found among the failed ones", async () => {
    const deployment = await TestDeployment.with(checked);
    runWithFailedCheck(deployment);
    runWithFailedCheck(deployment, "warn");
    const agent = deployment.agent();
    deployment.launch({ selection: "a" });
    agent.fail("a");
    const shown = (filter: { outcome?: "failed" | "succeeded"; statuses?: "queued"[] }) =>
      unwrap(listRunsQuery(deployment.engine.reader(), { filter, limit: 10 })).items.map((run) => [run.status, run.checksFailed]);
    expect(shown({ outcome: "failed" })).toEqual([
      ["failed", 0],
      ["succeeded", 1],
    ]);
    // An outcome takes the place of statuses.
    expect(shown({ outcome: "failed", statuses: ["queued"] })).toEqual(shown({ outcome: "failed" }));
    expect(shown({ outcome: "succeeded" })).toEqual([["succeeded", 0]]);
    expect(shown({})).toHaveLength(3);
  });
});
