/** Backfills: how they are cut into runs, what they start, and how they are paused, canceled and tried again. */
import { describe, expect, it } from "vitest";
import { backfillTargetSchema } from "@headgate/shared/contract/runs/backfills.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";
import type { TestAgent } from "../../testing/test-agent.ts";
import { person, TestDeployment } from "../../testing/test-deployment.ts";
import { cancelBackfill, pauseBackfill, resumeBackfill, retryBackfill } from "./control-backfill.ts";
import { type BackfillRequest, launchBackfill } from "./launch-backfill.ts";
import { resolveBackfill } from "./resolve-backfill.ts";

const daily = { type: "time", cadence: "daily", start: "2030-01-01", end: "2030-01-06" } as const;
const DAYS = ["2030-01-01", "2030-01-02", "2030-01-03", "2030-01-04", "2030-01-05"];
const graph = (edges: Record<string, string[]>) => manifest(assetsOf(edges, { asset: { partitions: daily } }));

function begin(deployment: TestDeployment, target: object, options: Partial<BackfillRequest> = {}): number {
  return deployment.done((tx) => {
    const parsed = backfillTargetSchema.parse(target);
    const { wanted } = unwrap(resolveBackfill(tx, parsed));
    return launchBackfill(tx, { selection: parsed.selection, partitions: "all", wanted, by: "ada", ...options });
  });
}
const one = (deployment: TestDeployment) => deployment.rows("SELECT status, runs_total AS total, blocked FROM backfill")[0];
const partitions = (deployment: TestDeployment) =>
  deployment.rows("SELECT partition FROM run ORDER BY no").map(({ partition }) => partition);
const id = (deployment: TestDeployment) => deployment.rows("SELECT id FROM backfill")[0]?.["id"] as string;

/** Ends every step that the agent has, as it comes. */
function work(deployment: TestDeployment, agent: TestAgent, fails: (step: string) => boolean = () => false): string[] {
  const done: string[] = [];
  for (let read = 0; read < agent.all("job").length || deployment.rows("SELECT id FROM timer WHERE kind = 'backfill'").length > 0; read++) {
    deployment.pass(0);
    const job = agent.all("job")[read];
    if (!job) break;
    done.push(job.step);
    const failure = { kind: "user_code", message: "no luck" } as const;
    agent.report(
      agent.started(job),
      agent.done(job, fails(job.step) ? { outcome: "failed", failure, retryable: false } : { outcome: "succeeded" }),
    );
  }
  return done;
}

describe("backfills", () => {
  it("a backfill makes one run for each partition, a few at once", async () => {
    const deployment = await TestDeployment.with(graph({ a: [] }));
    begin(deployment, { selection: "a", partitions: { type: "all" } }, { maxActive: 2 });
    expect(one(deployment)).toEqual({ status: "running", total: 5, blocked: 0 });
    expect(partitions(deployment)).toEqual(DAYS.slice(0, 2));
    const agent = deployment.agent();
    expect(work(deployment, agent)).toEqual(DAYS.map((day) => `a[${day}]`));
    expect(one(deployment)).toMatchObject({ status: "succeeded" });
    expect(deployment.rows("SELECT DISTINCT trigger ->> 'type' AS cause, priority FROM run")).toEqual([
      { cause: "backfill", priority: -10 },
    ]);
  });

  it("a backfill puts neighbouring partitions into one run when asked to", async () => {
    const deployment = await TestDeployment.with(graph({ a: [] }));
    begin(deployment, { selection: "a", partitions: { type: "all" } }, { partitionsPerRun: 2 });
    expect(partitions(deployment)).toEqual([`${DAYS[0]}...${DAYS[1]}`, `${DAYS[2]}...${DAYS[3]}`, DAYS[4]]);
  });

  it("a backfill of a range means only the partitions in it", async () => {
    const deployment = await TestDeployment.with(graph({ a: [] }));
    begin(deployment, { selection: "a", partitions: { type: "range", first: "2030-01-02", last: "2030-01-03" } });
    expect(partitions(deployment)).toEqual(["2030-01-02", "2030-01-03"]);
  });

  it("a backfill makes an asset after the partitions that it needs", async () => {
    const deployment = await TestDeployment.with(
      manifest({
        assets: [
          { key: "a", unit: "a", partitions: daily },
          { key: "total", unit: "total", deps: [{ key: "a" }] },
        ],
        units: ["a", "total"].map((key) => ({ id: key, kind: "asset" as const, assets: [key] })),
      }),
    );
    begin(deployment, { selection: "*", partitions: { type: "all" } });
    const agent = deployment.agent({ slots: 9 });
    expect(work(deployment, agent).at(-1)).toBe("total");
    expect(one(deployment)).toMatchObject({ status: "succeeded", total: 6 });
  });

  it("a backfill blocks only what needs a failed partition", async () => {
    const deployment = await TestDeployment.with(
      manifest({
        assets: [
          { key: "a", unit: "a", partitions: daily },
          { key: "total", unit: "total", deps: [{ key: "a" }] },
        ],
        units: ["a", "total"].map((key) => ({ id: key, kind: "asset" as const, assets: [key] })),
      }),
    );
    begin(deployment, { selection: "*", partitions: { type: "all" } });
    const agent = deployment.agent({ slots: 9 });
    work(deployment, agent, (step) => step === "a[2030-01-03]");
    expect(one(deployment)).toEqual({ status: "failed", total: 6, blocked: 1 });
    expect(deployment.rows("SELECT error FROM backfill")).toEqual([{ error: expect.stringContaining("no luck") as unknown }]);
  });

  it("a backfill asked for twice with one request id is made once", async () => {
    const deployment = await TestDeployment.with(graph({ a: [] }));
    const target = { selection: "a", partitions: { type: "all" } };
    const first = begin(deployment, target, { requestId: "click" });
    expect(begin(deployment, target, { requestId: "click" })).toBe(first);
    expect(deployment.rows("SELECT count(*) AS n FROM backfill")).toEqual([{ n: 1 }]);
  });

  it("a backfill fails the partitions whose asset a later version left out", async () => {
    const deployment = await TestDeployment.with(graph({ a: [], b: [] }));
    begin(deployment, { selection: "a", partitions: { type: "all" } }, { maxActive: 1 });
    const agent = deployment.agent();
    deployment.publish(graph({ b: [] }));
    work(deployment, agent);
    expect(one(deployment)).toMatchObject({ status: "failed" });
    expect(deployment.rows("SELECT error FROM backfill")[0]?.["error"]).toContain("a is no longer defined");
  });

  it("a backfill with a config that is too large is refused", async () => {
    const deployment = await TestDeployment.with(graph({ a: [] }));
    const request = { selection: "a", partitions: "", wanted: new Map([["a", [0, 1] as const]]), by: "ada", config: "x".repeat(200_001) };
    expect(deployment.commit((tx) => launchBackfill(tx, request))).toMatchObject({ ok: false, error: { code: "too_large" } });
  });
});

describe("pausing backfills", () => {
  it("a paused backfill starts nothing until it is resumed", async () => {
    const deployment = await TestDeployment.with(graph({ a: [] }));
    begin(deployment, { selection: "a", partitions: { type: "all" } }, { maxActive: 1 });
    const agent = deployment.agent();
    deployment.done((tx) => pauseBackfill(tx, id(deployment)));
    expect(work(deployment, agent)).toEqual(["a[2030-01-01]"]);
    expect(one(deployment)).toMatchObject({ status: "paused" });
    deployment.done((tx) => resumeBackfill(tx, id(deployment)));
    for (const day of DAYS.slice(1)) agent.succeed(`a[${day}]`);
    expect(one(deployment)).toMatchObject({ status: "succeeded" });
  });

  it("an ended backfill can be neither paused nor resumed", async () => {
    const deployment = await TestDeployment.with(graph({ a: [] }));
    begin(deployment, { selection: "a", partitions: { type: "all" } });
    const no = deployment.done((tx) => pauseBackfill(tx, id(deployment)));
    expect(deployment.done((tx) => pauseBackfill(tx, id(deployment)))).toBe(no);
    deployment.done((tx) => cancelBackfill(tx, { id: id(deployment), actor: person }));
    for (const change of [pauseBackfill, resumeBackfill])
      expect(deployment.commit((tx) => change(tx, id(deployment)))).toMatchObject({ ok: false, error: { code: "conflict" } });
    expect(deployment.commit((tx) => pauseBackfill(tx, "none"))).toMatchObject({ ok: false, error: { code: "not_found" } });
  });
});

describe("canceling backfills", () => {
  it("a canceled backfill cancels its runs and never starts the others", async () => {
    const deployment = await TestDeployment.with(graph({ a: [] }));
    begin(deployment, { selection: "a", partitions: { type: "all" } }, { maxActive: 2 });
    deployment.done((tx) => cancelBackfill(tx, { id: id(deployment), actor: person }));
    expect(one(deployment)).toMatchObject({ status: "canceled" });
    expect(deployment.rows("SELECT status, cancel_reason AS reason FROM run")).toEqual([
      { status: "canceled", reason: "its backfill was canceled" },
      { status: "canceled", reason: "its backfill was canceled" },
    ]);
  });

  it("a canceled backfill waits for the runs that agents have to stop", async () => {
    const deployment = await TestDeployment.with(graph({ a: [] }));
    const agent = deployment.agent();
    begin(deployment, { selection: "a", partitions: { type: "all" } }, { maxActive: 1 });
    const job = agent.job("a[2030-01-01]");
    agent.report(agent.started(job));
    deployment.done((tx) => cancelBackfill(tx, { id: id(deployment), actor: person }));
    expect(one(deployment)).toMatchObject({ status: "canceling" });
    expect(deployment.commit((tx) => retryBackfill(tx, id(deployment)))).toMatchObject({ ok: false, error: { code: "conflict" } });
    agent.report(agent.done(job, { outcome: "canceled" }));
    expect(one(deployment)).toMatchObject({ status: "canceled" });
  });
});

describe("retrying backfills", () => {
  it("a retried backfill makes what failed, and only that", async () => {
    const deployment = await TestDeployment.with(graph({ a: [] }));
    begin(deployment, { selection: "a", partitions: { type: "all" } });
    const agent = deployment.agent();
    work(deployment, agent, (step) => step === "a[2030-01-02]");
    expect(one(deployment)).toMatchObject({ status: "failed" });
    deployment.done((tx) => retryBackfill(tx, id(deployment)));
    expect(agent.last("job").step).toBe("a[2030-01-02]");
    const job = agent.last("job");
    agent.report(agent.started(job), agent.done(job, { outcome: "succeeded" }));
    expect(one(deployment)).toMatchObject({ status: "succeeded" });
  });

  it("a retried backfill is refused when nothing of it failed", async () => {
    const deployment = await TestDeployment.with(graph({ a: [] }));
    begin(deployment, { selection: "a", partitions: { type: "all" } });
    expect(deployment.commit((tx) => retryBackfill(tx, id(deployment)))).toMatchObject({ ok: false, error: { code: "conflict" } });
  });
});
