/** The loop breaker: a sensor that keeps starting itself ends with a failed tick, a long line of different sensors does not. */
import { describe, expect, it } from "vitest";
import { and, anyDepsMissing, cronTickPassed, eager, not, onCron } from "@headgate/shared/domain/automation/build.ts";
import { MAX_BRANCHED_SELF_STARTS, MAX_SELF_STARTS } from "@headgate/shared/domain/automation/cause-chain.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { Manifest } from "@headgate/shared/manifest/schema.ts";
import type { JobFrame, TickFrame } from "@headgate/shared/protocol/down.ts";
import { conditioned, pass, report, useOwnTime } from "../../../test/support/conditions.ts";
import { type DeploymentObject, launch, newDeployment, publish, rows } from "../../../test/support/deployment.ts";
import { FakeAgent } from "../../../test/support/fake-agent.ts";
import { assetsOf, manifest, type SensorInput } from "../../../test/support/manifests.ts";

useOwnTime();

const watch = (name: string, assets: string[], job: string): SensorInput => ({ name, kind: "asset", assets, job, evaluated: false });

async function started(published: Manifest) {
  const stub = newDeployment();
  await publish(stub, published);
  const agent = new FakeAgent();
  await agent.start(stub, { slots: 500 });
  const done = new Set<JobFrame>();
  /** Completes runs one after the other, until none is left or the limit is reached. */
  const work = async (limit = Infinity) => {
    for (let count = 0; count < limit; count++) {
      await settled(stub, agent);
      const job = agent.jobs().find((one) => !done.has(one));
      if (!job) return;
      done.add(job);
      await agent.reported(...agent.success(job));
    }
  };
  return { stub, agent, work };
}

/** Waits until all jobs have been sent to the agent. */
async function settled(stub: DeploymentObject, agent: FakeAgent): Promise<void> {
  const [row] = await rows(stub, "SELECT count(*) AS n FROM attempt");
  await agent.waitFor(() => agent.jobs().length >= Number(row?.["n"]));
}

const runsOfSensors = async (stub: DeploymentObject) =>
  Number((await rows(stub, "SELECT count(*) AS n FROM run WHERE trigger ->> 'type' = 'sensor'"))[0]?.["n"]);
const failed = async (stub: DeploymentObject) => unwrap(await stub.ask("automations.ticks", { limit: 500, states: ["failed"] })).items;

describe("a sensor that watches what its own run makes", () => {
  it("a sensor whose runs multiply is stopped after a total count", { timeout: 60_000 }, async () => {
    const both = { ...assetsOf({ a: [], b: [] }), jobs: [{ name: "again", selection: "*" }] };
    const { stub, work } = await started(manifest({ ...both, sensors: [watch("s", ["a", "b"], "again")] }));
    await launch(stub, { selection: "a" });
    await work(5);
    const before = await runsOfSensors(stub);
    await rows(stub, `UPDATE self_start SET count = ${MAX_BRANCHED_SELF_STARTS - 20}`);
    await work();
    expect(await runsOfSensors(stub)).toBe(before + 20);
    expect((await failed(stub))[0]?.message).toContain("it has done so 10000 times in all branches together");
  });
});

describe("loops", () => {
  it("a loop through other sensors and ends of runs is found", { timeout: 60_000 }, async () => {
    const jobs = ["a", "b", "c"].map((name) => ({ name, selection: name }));
    const ofRun: SensorInput = { name: "third", kind: "run_status", jobs: ["c"], runStatuses: ["succeeded"], job: "a", evaluated: false };
    const sensors = [watch("first", ["a"], "b"), watch("second", ["b"], "c"), ofRun];
    const { stub, work } = await started(manifest({ ...assetsOf({ a: [], b: [], c: [] }), jobs, sensors }));
    await launch(stub, { selection: "a" });
    await work();
    expect(await runsOfSensors(stub)).toBe(3 + 3 * MAX_SELF_STARTS);
    expect((await failed(stub)).map(({ name, message }) => [name, message?.split(":")[0]])).toEqual([
      ["first", "Sensor first starts itself (first → second → third → first)"],
    ]);
  });

  it("a loop of reports without any run is found", { timeout: 60_000 }, async () => {
    const { stub, agent } = await started(manifest({ ...assetsOf({ a: [] }), sensors: [{ name: "s", kind: "asset", assets: ["a"] }] }));
    await report(stub, "a");
    const answered = new Set<string>();
    const answerAll = async () => {
      for (;;) {
        const [row] = await rows(stub, "SELECT count(*) AS n FROM tick WHERE state = 'open' AND started_at IS NOT NULL");
        if (row?.["n"] === 0) return;
        const find = () => agent.frames.find((frame): frame is TickFrame => frame.t === "tick" && !answered.has(frame.tick));
        await agent.waitFor(() => find() !== undefined);
        const frame = find();
        if (!frame) return;
        answered.add(frame.tick);
        const assetEvents = [{ type: "materialized" as const, asset: "a", metadata: {} }];
        const result = { outcome: "evaluated" as const, cursor: null, runs: [], logs: [], assetEvents };
        await agent.reported({ k: "tick", tick: frame.tick, result });
      }
    };
    await answerAll();
    await pass(stub, 60_000);
    await answerAll();
    await pass(stub, 60_000);
    await answerAll();
    const ticks = await failed(stub);
    // An event whose tick failed is tried three times.
    expect(ticks).toHaveLength(3);
    expect(ticks[0]?.message).toContain("starts itself (s → s)");
    expect(await rows(stub, "SELECT count(*) AS n FROM asset_event")).toEqual([{ n: 2 + MAX_SELF_STARTS }]);
  });
});

describe("a tick with checkpoints", () => {
  it("checkpoints that only report assets count as one self-start", async () => {
    const { stub, agent } = await started(manifest({ ...assetsOf({ a: [] }), sensors: [{ name: "s", kind: "asset", assets: ["a"] }] }));
    await report(stub, "a");
    const ticks = () => agent.frames.filter((frame): frame is TickFrame => frame.t === "tick");
    for (let count = 1; count <= 2; count++) {
      await agent.waitFor(() => ticks().length === count);
      const tick = ticks().at(-1)?.tick ?? "";
      const made = { cursor: null, runs: [], assetEvents: [{ type: "materialized" as const, asset: "a", metadata: {} }] };
      for (const part of [1, 2, 3]) await agent.reported({ k: "tick_part", tick, part: { part, ...made } });
      await agent.reported({ k: "tick", tick, result: { outcome: "evaluated", logs: [], ...made } });
    }
    expect(await rows(stub, "SELECT count FROM self_start")).toEqual([{ count: 1 }]);
  });
});

describe("what only looks like a loop", () => {
  const selfStarts = (stub: DeploymentObject) => rows(stub, "SELECT sensor, count FROM self_start");
  /** Lets minutes pass one by one, and completes everything that follows. */
  const strike = async ({ stub, agent, work }: Awaited<ReturnType<typeof started>>, minutes: number) => {
    for (let step = 0; step < 4 * minutes; step++) {
      agent.send({ t: "slots", slots: 500 });
      await pass(stub, 15_000);
      await work();
    }
  };
  const jobs = [{ name: "export", selection: "export" }];

  it("two conditions that request one run together form no loop", { timeout: 60_000 }, async () => {
    const graph = {
      source: {},
      raw: { deps: ["source"], automation: eager() },
      export: {},
      audit: { deps: ["export"], automation: eager() },
    };
    const { stub, agent } = await started(conditioned(graph, { jobs, sensors: [watch("s", ["raw"], "export")] }));
    const done = new Set<JobFrame>();
    const next = async () => {
      await settled(stub, agent);
      const open = agent.jobs().filter((job) => !done.has(job));
      for (const job of open) done.add(job);
      return open;
    };
    for (const asset of ["source", "export"]) await report(stub, asset);
    for (let tx = 0; tx < 8; tx++) {
      // First the runs of the sensor and the person end, then those of both conditions.
      await agent.reported(...(await next()).flatMap((job) => agent.success(job)));
      await pass(stub, 60_000);
      await agent.reported(...(await next()).flatMap((job) => agent.success(job)));
      await launch(stub, { selection: "source" });
    }
    const together = await rows(stub, "SELECT chain ->> '$.apart.of.raw' AS raw FROM run WHERE chain ->> '$.apart' IS NOT NULL");
    expect(together.length).toBeGreaterThan(2);
    expect(await selfStarts(stub)).toEqual([]);
  });

  it("a condition that waits for its neighbour's sensor forms no loop", { timeout: 60_000 }, async () => {
    const graph = {
      raw: { automation: onCron("* * * * *") },
      export: {},
      audit: { deps: ["export"], automation: onCron("* * * * *") },
    };
    const world = await started(conditioned(graph, { jobs, sensors: [watch("s", ["raw"], "export")] }));
    await strike(world, 8);
    expect(await runsOfSensors(world.stub)).toBeGreaterThanOrEqual(5);
    expect(await selfStarts(world.stub)).toEqual([]);
  });

  it("runs that the clock alone starts form no loop", { timeout: 60_000 }, async () => {
    const graph = { export: {}, audit: { deps: ["export"], automation: and(cronTickPassed("* * * * *"), not(anyDepsMissing())) } };
    const world = await started(conditioned(graph, { jobs, sensors: [watch("s", ["audit"], "export")] }));
    await report(world.stub, "export");
    await strike(world, 8);
    expect(await runsOfSensors(world.stub)).toBeGreaterThanOrEqual(5);
    expect(await selfStarts(world.stub)).toEqual([]);
  });

  it(
    "because a sensor starts one stage after the other of many runs is none, also while its ticks take up ends of several stages",
    { timeout: 60_000 },
    async () => {
      const stages = ["extract", "load", "transform"];
      const sensors: SensorInput[] = [{ name: "dispatch", kind: "run_status", jobs: stages.slice(0, 2), runStatuses: ["succeeded"] }];
      const { stub, agent } = await started(
        manifest({
          ...assetsOf({ extract: [], load: [], transform: [] }),
          jobs: stages.map((name) => ({ name, selection: name })),
          sensors: [...sensors, { name: "poll", kind: "polling", intervalSeconds: 3600 }],
        }),
      );
      const many = MAX_SELF_STARTS + 50;
      const done = new Set<JobFrame>();
      const answered = new Set<string>();
      await pass(stub, 1_000);
      for (;;) {
        const [open] = await rows(stub, "SELECT count(*) AS n FROM tick WHERE state = 'open' AND started_at IS NOT NULL");
        const find = () => agent.frames.find((frame): frame is TickFrame => frame.t === "tick" && !answered.has(frame.tick));
        if (open?.["n"] !== 0) {
          await agent.waitFor(() => find() !== undefined);
          const frame = find();
          if (!frame) break;
          answered.add(frame.tick);
          const next = (frame.events ?? []).map((event) => (event.type === "run" && event.job === "extract" ? "load" : "transform"));
          const wanted = frame.name === "poll" ? Array.from({ length: many }, () => "extract") : next;
          // Meanwhile the oldest and the newest run end, so that the next tick could take both events.
          const going = agent.jobs().filter((one) => !done.has(one));
          for (const job of new Set([...going.slice(0, 1), ...going.slice(-1)])) {
            done.add(job);
            await agent.reported(...agent.success(job));
          }
          const runs = wanted.map((job) => ({ job, tags: {}, priority: stages.indexOf(job) }));
          await agent.reported({ k: "tick", tick: frame.tick, result: { outcome: "evaluated", cursor: null, runs, logs: [] } });
          continue;
        }
        await settled(stub, agent);
        const job = agent.jobs().find((one) => !done.has(one));
        if (!job) break;
        done.add(job);
        await agent.reported(...agent.success(job));
      }
      expect(await failed(stub)).toEqual([]);
      expect(await rows(stub, "SELECT job, count(*) AS n FROM run GROUP BY job ORDER BY job")).toEqual(
        stages.map((job) => ({ job, n: many })),
      );
      const [deepest] = await rows(stub, "SELECT max(value) AS n FROM run, json_each(run.chain, '$.times')");
      expect(deepest).toEqual({ n: 2 });
    },
  );
});

describe("a long chain", () => {
  it("a line of more sensors than a chain names ends normally", { timeout: 60_000 }, async () => {
    const names = Array.from({ length: 120 }, (_, index) => `a${String(index).padStart(3, "0")}`);
    const jobs = names.map((name) => ({ name, selection: name }));
    const sensors = names.slice(1).map((name, index) => watch(`makes ${name}`, [names[index] ?? ""], name));
    const { stub, work } = await started(manifest({ ...assetsOf(Object.fromEntries(names.map((name) => [name, []]))), jobs, sensors }));
    await launch(stub, { selection: "a000" });
    await work();
    expect(await failed(stub)).toEqual([]);
    expect(await runsOfSensors(stub)).toBe(119);
  });
});
