/** Dry runs of ticks: the requests are shown, and nothing is stored or started. */
import type { InputOf } from "@headgate/shared/contract/table.ts";
import { describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { TickResult } from "@headgate/shared/protocol/tick-result.ts";
import { type DeploymentObject, newDeployment, person, publish, rows } from "../../../test/support/deployment.ts";
import { FakeAgent } from "../../../test/support/fake-agent.ts";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";

const NOON = Date.UTC(2027, 5, 15, 12);
const jobs = [{ name: "nightly", selection: "*" }];
const ref = (kind: "schedule" | "sensor", name: string) => ({ location: "lake", kind, name }) as const;

async function started() {
  const stub = newDeployment();
  await publish(
    stub,
    manifest({
      ...assetsOf({ a: [] }, { asset: { partitions: { type: "time", cadence: "daily", start: "2027-06-01" } } }),
      jobs,
      schedules: [
        { name: "plain", job: "nightly", cron: ["@daily"], tags: { by: "clock" }, defaultStatus: "stopped" },
        { name: "decides", job: "nightly", cron: ["@daily"], evaluated: true, defaultStatus: "stopped" },
      ],
      sensors: [
        { name: "files", kind: "polling", job: "nightly", defaultStatus: "stopped" },
        { name: "hook", kind: "webhook", webhook: { verify: "none" }, job: "nightly" },
        {
          name: "mapped",
          kind: "webhook",
          webhook: { verify: "none", map: { runKey: "id", tags: { what: "$headers.x-event", team: "$query.team" } } },
          job: "nightly",
          evaluated: false,
        },
        { name: "assets", kind: "asset", assets: ["a"], job: "nightly" },
      ],
    }),
  );
  return stub;
}

/** All rows that a dry run could change. */
const stored = async (stub: DeploymentObject) => [
  await rows(stub, "SELECT id FROM tick"),
  await rows(stub, "SELECT id FROM run"),
  await rows(stub, "SELECT name, cursor, failures FROM automation WHERE cursor IS NOT NULL OR failures > 0"),
  await rows(stub, "SELECT key FROM dynamic_key"),
  await rows(stub, "SELECT kind FROM timer"),
];

async function tryOut(stub: DeploymentObject, agent: FakeAgent, input: InputOf<"automations.test">, result: Partial<TickResult>) {
  const before = agent.frames.length;
  const trial = stub.perform("automations.test", input, person);
  const frame = await agent.next("tick", before);
  agent.report({
    k: "tick",
    tick: frame.tick,
    result: { outcome: "evaluated", cursor: null, runs: [], logs: [], ...result } as TickResult,
  });
  return { frame, trial: unwrap(await trial) };
}

describe("dry runs", () => {
  it("a schedule without a function needs no agent, for any time", async () => {
    const stub = await started();
    const trial = unwrap(await stub.perform("automations.test", { ...ref("schedule", "plain"), scheduledFor: NOON }, person));
    expect(trial).toMatchObject({ outcome: "evaluated", message: null });
    // The time is in the future, but that partition will exist then.
    expect(trial.runs).toMatchObject([{ job: "nightly", partition: "2027-06-14", tags: { by: "clock" }, problem: null }]);
    expect(await stored(stub)).toEqual([[], [], [], [], []]);
  });

  it("a schedule with a function is evaluated on an agent", async () => {
    const stub = await started();
    const agent = new FakeAgent();
    await agent.start(stub);
    const { frame, trial } = await tryOut(stub, agent, { ...ref("schedule", "decides"), scheduledFor: NOON }, { skipReason: "a holiday" });
    expect(frame).toMatchObject({ dryRun: true, scheduledFor: NOON, kind: "schedule" });
    expect(trial).toMatchObject({ outcome: "evaluated", runs: [], message: "a holiday" });
  });

  it("a sensor's dry run stores nothing and shows refused or repeated requests", async () => {
    const stub = await started();
    const agent = new FakeAgent();
    await agent.start(stub);
    await rows(stub, "INSERT INTO run_key (location, sensor, key, run_no) VALUES ('lake', 'sensor:files', 'old', 77)");
    const runs = [
      { runKey: "old", tags: {} },
      { runKey: "new", tags: { a: "b" }, selection: "no_such_asset" },
      { runKey: "new", tags: {} },
      { tags: {}, job: "missing" },
    ];
    const asked = {
      cursor: "next",
      runs,
      dynamicPartitions: [{ name: "set", add: ["k"], remove: [] }],
      logs: [{ level: "info", message: "hi", at: 1 }],
    };
    const { frame, trial } = await tryOut(stub, agent, { ...ref("sensor", "files"), cursor: "from here" }, asked);
    expect(frame).toMatchObject({ cursor: "from here", dryRun: true });
    expect(trial).toMatchObject({ cursor: "next", logs: [{ message: "hi" }], dynamicPartitions: [{ name: "set", added: ["k"] }] });
    expect(trial.runs.map((run) => run.problem)).toEqual([
      expect.stringContaining("before"),
      expect.stringContaining("no_such_asset"),
      expect.stringContaining("same run key"),
      expect.stringContaining('no job "missing"'),
    ]);
    expect((await stored(stub)).flat()).toEqual([]);
  });

  it("reports of assets are shown, with the reason if refused", async () => {
    const stub = await started();
    const agent = new FakeAgent();
    await agent.start(stub);
    const assetEvents = [
      { type: "materialized", asset: "a", partition: "1999-01-01", metadata: {} },
      { type: "observed", asset: "a", metadata: {} },
      { type: "materialized", asset: "b", metadata: {} },
    ] as const;
    const { trial } = await tryOut(stub, agent, ref("sensor", "files"), { assetEvents: [...assetEvents] });
    expect(trial.reports).toEqual([
      { type: "materialized", asset: "a", partition: "1999-01-01", problem: expect.stringContaining("1999-01-01") as unknown },
      { type: "observed", asset: "a", partition: null, problem: null },
      { type: "materialized", asset: "b", partition: null, problem: expect.stringContaining("no asset b") as unknown },
    ]);
    expect((await stored(stub)).flat()).toEqual([]);
    expect(await rows(stub, "SELECT gseq FROM event")).toEqual([]);
  });

  it("a webhook sensor gets the given body; a mapping answers at once", async () => {
    const stub = await started();
    const sent = { body: { id: "d-1" }, headers: { "X-Event": "push" }, query: { team: "sales" } };
    const mapped = unwrap(await stub.perform("automations.test", { ...ref("sensor", "mapped"), ...sent }, person));
    expect(mapped.runs).toMatchObject([{ runKey: "d-1", job: "nightly", tags: { what: "push", team: "sales" } }]);
    expect(unwrap(await stub.perform("automations.test", { ...ref("sensor", "mapped"), body: {} }, person))).toMatchObject({
      outcome: "failed",
    });
    const agent = new FakeAgent();
    await agent.start(stub);
    const { frame } = await tryOut(stub, agent, { ...ref("sensor", "hook"), body: { any: [1] } }, {});
    expect(frame.events).toMatchObject([{ type: "webhook", body: { any: [1] } }]);
    const { frame: made } = await tryOut(stub, agent, ref("sensor", "assets"), {});
    expect(made.events).toMatchObject([{ type: "asset", asset: "a" }]);
  });
});
