/** The loop breaker: a sensor that keeps starting itself ends with a failed tick, a long line of different sensors does not. */
import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { eager } from "@headgate/shared/domain/automation/build.ts";
import { MAX_SELF_STARTS } from "@headgate/shared/domain/automation/cause-chain.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { Manifest } from "@headgate/shared/manifest/schema.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import { conditioned, pass, report, useOwnTime } from "./support/conditions.ts";
import { type DeploymentObject, launch, newDeployment, publish, raw, rows } from "./support/deployment.ts";
import { FakeAgent } from "./support/fake-agent.ts";
import { assetsOf, manifest, type SensorInput } from "./support/manifests.ts";

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
  const circle = manifest({ ...assetsOf({ a: [] }), jobs: [{ name: "again", selection: "a" }], sensors: [watch("s", ["a"], "again")] });

  it("a sensor that starts itself is stopped with a reason, despite evictions", { timeout: 60_000 }, async () => {
    const { stub, work } = await started(circle);
    const first = await launch(stub, { selection: "a" });
    await work(MAX_SELF_STARTS / 2);
    await evictDurableObject(raw(stub));
    await work();
    // A person's run led to the sensor's first run.
    expect(await runsOfSensors(stub)).toBe(1 + MAX_SELF_STARTS);
    const [tick, ...others] = await failed(stub);
    expect(others).toEqual([]);
    expect(tick?.message).toBe(
      `Sensor s starts itself (s → s): it has done so 100 times since run …${first.id.slice(-8)}, so this loop was stopped. Exclude the results of its own runs from what it watches, or use a schedule to repeat something. A manual launch or an event from outside starts a new chain.`,
    );
    await evictDurableObject(raw(stub));
    await launch(stub, { selection: "a" });
    await work(3);
    expect(await runsOfSensors(stub)).toBe(1 + MAX_SELF_STARTS + 3);
  });
});

describe("loops", () => {
  it("a loop through a condition that requests too often is found", { timeout: 60_000 }, async () => {
    const { stub, work } = await started(
      conditioned(
        { a: {}, b: { deps: ["a"], automation: eager() } },
        { jobs: [{ name: "again", selection: "a" }], sensors: [watch("s", ["b"], "again")] },
      ),
    );
    await report(stub, "a");
    for (let round = 0; round < 200 && (await failed(stub)).length === 0; round++) {
      await work();
      if (round % 10 === 0) await evictDurableObject(raw(stub));
      await pass(stub, round % 6 === 5 ? 25_000 : 1_100);
    }
    expect(await runsOfSensors(stub)).toBe(1 + MAX_SELF_STARTS);
    expect((await failed(stub)).map(({ message }) => message?.split(":")[0])).toEqual(["Sensor s starts itself (s → s)"]);
    await pass(stub, 3_600_000);
    expect(await runsOfSensors(stub)).toBe(1 + MAX_SELF_STARTS);
  });
});
