/** Dry runs of schedules and sensors: what they would ask for, and that nothing of it is stored. */
import { describe, expect, it } from "vitest";
import type { TickResult } from "@headgate/shared/protocol/tick-result.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";
import { TestDeployment } from "../../testing/test-deployment.ts";
import { startDryRun } from "./start-dry-run.ts";

const NOON = Date.UTC(2030, 0, 15, 12);
const at = (kind: "schedule" | "sensor", name: string) => ({ location: "lake", kind, name }) as const;
const jobs = [{ name: "nightly", selection: "*" }];
const lake = manifest({
  ...assetsOf({ a: [] }, { asset: { partitions: { type: "time", cadence: "daily", start: "2030-01-01" } } }),
  jobs,
  schedules: [
    { name: "plain", job: "nightly", cron: ["@daily"], tags: { by: "clock" }, defaultStatus: "stopped" },
    { name: "decides", job: "nightly", cron: ["@daily"], evaluated: true, defaultStatus: "stopped" },
  ],
  sensors: [
    { name: "files", kind: "polling", job: "nightly", defaultStatus: "stopped" },
    {
      name: "mapped",
      kind: "webhook",
      webhook: { verify: "none", map: { runKey: "id", tags: { what: "$headers.x-event" } } },
      job: "nightly",
      evaluated: false,
    },
    { name: "assets", kind: "asset", assets: ["a"], job: "nightly", evaluated: false },
  ],
});
type Input = Parameters<typeof startDryRun>[1];

const dryRun = (deployment: TestDeployment, input: Input) => {
  const { engine } = deployment;
  const ports = { commit: deployment.commit, rollBack: engine.rollBack.bind(engine), waiting: engine.dryRuns };
  return startDryRun(ports, input);
};
const stored = (deployment: TestDeployment) =>
  ["SELECT id FROM tick", "SELECT id FROM run", "SELECT key FROM dynamic_key", "SELECT gseq FROM event"].flatMap((sql) =>
    deployment.rows(sql),
  );

/** The agent answers with this. */
async function answered(deployment: TestDeployment, input: Input, result: Partial<TickResult>) {
  const agent = deployment.agent({ slots: 0 });
  const waiting = dryRun(deployment, input);
  const frame = agent.last("tick");
  agent.report({
    k: "tick",
    tick: frame.tick,
    result: { outcome: "evaluated", cursor: null, runs: [], logs: [], ...result } as TickResult,
  });
  return { frame, result: unwrap(await waiting) };
}

describe("dry runs", () => {
  it("a dry run of a plain schedule needs no agent", async () => {
    const deployment = await TestDeployment.with(lake);
    const result = unwrap(await dryRun(deployment, { ...at("schedule", "plain"), scheduledFor: NOON }));
    expect(result).toMatchObject({ outcome: "evaluated", message: null });
    expect(result.runs).toMatchObject([{ job: "nightly", partition: "2030-01-14", tags: { by: "clock" }, problem: null }]);
    expect(stored(deployment)).toEqual([]);
  });

  it("a dry run of a schedule's function asks an agent", async () => {
    const deployment = await TestDeployment.with(lake);
    const { frame, result } = await answered(
      deployment,
      { ...at("schedule", "decides"), scheduledFor: NOON },
      { runs: [{ partition: "2030-01-02", tags: {} }] },
    );
    expect(frame).toMatchObject({ kind: "schedule", name: "decides", scheduledFor: NOON });
    expect(result.runs).toMatchObject([{ partition: "2030-01-02", problem: null }]);
    expect(stored(deployment)).toEqual([]);
  });

  it("a dry run of a sensor takes the given cursor, stores none", async () => {
    const deployment = await TestDeployment.with(lake);
    const { frame, result } = await answered(
      deployment,
      { ...at("sensor", "files"), cursor: "mine" },
      { cursor: "next", runs: [{ runKey: "x", tags: {} }] },
    );
    expect(frame.cursor).toBe("mine");
    expect(result).toMatchObject({ outcome: "evaluated", cursor: "next" });
    expect(deployment.rows("SELECT cursor FROM automation WHERE cursor IS NOT NULL")).toEqual([]);
    expect(stored(deployment)).toEqual([]);
  });

  it("a dry run names the problem of a run", async () => {
    const deployment = await TestDeployment.with(lake);
    const { result } = await answered(deployment, at("sensor", "files"), { runs: [{ job: "none", tags: {} }] });
    expect(result.runs[0]?.problem).toContain("none");
    expect(stored(deployment)).toEqual([]);
  });

  it("a dry run of a function that throws shows its message", async () => {
    const deployment = await TestDeployment.with(lake);
    const { result } = await answered(deployment, at("sensor", "files"), { outcome: "failed", message: "boom" });
    expect(result).toMatchObject({ outcome: "failed", message: "boom" });
  });

  it("a dry run of user code needs an agent", async () => {
    const deployment = await TestDeployment.with(lake);
    expect(await dryRun(deployment, at("sensor", "files"))).toMatchObject({ ok: false, error: { code: "unavailable" } });
  });

  it("a dry run of something that does not exist is refused", async () => {
    const deployment = await TestDeployment.with(lake);
    expect(await dryRun(deployment, at("sensor", "none"))).toMatchObject({ ok: false, error: { code: "not_found" } });
  });

  it("a dry run of an asset sensor takes the latest event", async () => {
    const deployment = await TestDeployment.with(lake);
    const result = unwrap(await dryRun(deployment, at("sensor", "assets")));
    expect(result.outcome).toBe("evaluated");
    expect(stored(deployment)).toEqual([]);
  });

  it("a dry run of a webhook maps a delivery that is given", async () => {
    const deployment = await TestDeployment.with(lake);
    const delivery = { body: { id: "evt-1" }, headers: { "x-event": "push" } };
    const result = unwrap(await dryRun(deployment, { ...at("sensor", "mapped"), ...delivery }));
    expect(result.runs).toMatchObject([{ runKey: "evt-1", tags: { what: "push" } }]);
    expect(stored(deployment)).toEqual([]);
  });
});
