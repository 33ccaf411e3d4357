/** Long lists of schedules and sensors: complete, stable and cheap. */
import { beforeAll, describe, expect, it } from "vitest";
import type { InputOf } from "@headgate/shared/contract/table.ts";
import { allPages } from "@headgate/shared/contract/all-pages.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { type DeploymentObject, newDeployment, person, publish } from "../../../test/support/deployment.ts";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";
import { countStatements } from "../../../test/support/sql-count.ts";

const jobs = [{ name: "nightly", selection: "*" }];
const nameOf = (index: number) => `s${String(index).padStart(4, "0")}`;

/** 1,000 schedules and 200 sensors of two kinds. */
function published(first: number) {
  const schedules = Array.from({ length: 1000 }, (_, index) => ({ name: nameOf(first + index), job: "nightly", cron: ["@daily"] }));
  const sensors = Array.from({ length: 200 }, (_, index) => ({
    name: `watch ${nameOf(index)}`,
    kind: "asset" as const,
    assets: ["a"],
    job: "nightly",
    evaluated: index % 2 === 0,
  }));
  return manifest({ ...assetsOf({ a: [], b: [] }), jobs, schedules, sensors });
}

type Input = Partial<InputOf<"automations.list">>;
const page = async (stub: DeploymentObject, input: Input = {}) => unwrap(await stub.ask("automations.list", { limit: 100, ...input }));
const everything = (stub: DeploymentObject, input: Input = {}) => allPages((cursor) => page(stub, { ...input, cursor }));

describe("a list of a thousand schedules and two hundred sensors", () => {
  let stub: DeploymentObject;
  beforeAll(async () => {
    stub = newDeployment();
    await publish(stub, published(0));
    // Some have ticks, one has several, and some events wait for an agent.
    for (let index = 0; index < 60; index++)
      unwrap(await stub.perform("automations.tickNow", { location: "lake", kind: "schedule", name: nameOf(index % 50) }, person));
    for (let count = 0; count < 2; count++)
      unwrap(await stub.perform("assets.report", { type: "materialized", asset: "a", metadata: {} }, person));
  });

  it("a page of five hundred takes as many statements as one entry", async () => {
    const counter = await countStatements(stub);
    const statements: number[] = [];
    for (const limit of [1, 1, 10, 100, 500]) {
      counter.taken();
      expect((await page(stub, { limit })).items).toHaveLength(limit);
      statements.push(counter.taken());
    }
    expect(new Set(statements.slice(1)).size).toBe(1);
    expect(statements[1]).toBeLessThan(10);
  });

  it("a list is complete in pages of any size, without duplicates", async () => {
    const all = await everything(stub, { limit: 500 });
    expect(all).toHaveLength(1200);
    expect(await everything(stub, { limit: 77 })).toEqual(all);
    const schedules = await everything(stub, { kind: "schedule" });
    expect(schedules.map(({ name }) => name)).toEqual(Array.from({ length: 1000 }, (_, index) => nameOf(index)));
    expect((await everything(stub, { kind: "sensor" })).length).toBe(200);
    for (const view of [...schedules.slice(0, 60), ...all.slice(-3)]) {
      const { location, kind, name } = view;
      expect(unwrap(await stub.ask("automations.get", { location, kind, name })).automation).toEqual(view);
    }
    expect(schedules[3]).toMatchObject({ lastTick: { state: "requested", cause: "person", runCount: 1 } });
    expect(schedules[3]?.recent).toHaveLength(2);
    expect(all.find(({ name }) => name === `watch ${nameOf(0)}`)).toMatchObject({
      pendingEvents: 2,
      waiting: expect.stringContaining("No agent") as string,
    });
    expect(all.find(({ name }) => name === `watch ${nameOf(1)}`)).toMatchObject({
      pendingEvents: 0,
      waiting: null,
      lastTick: { runCount: 1 },
    });
  });

  it("a list filtered by name has only that name", async () => {
    expect((await page(stub, { kind: "schedule", name: nameOf(7) })).items.map(({ name }) => name)).toEqual([nameOf(7)]);
    expect((await page(stub, { name: "nothing" })).items).toEqual([]);
  });

  it("a list stays stable while others come and go between pages", async () => {
    const seen = (await page(stub, { kind: "schedule", limit: 300 })).items.map(({ name }) => name);
    const { next } = await page(stub, { kind: "schedule", limit: 300 });
    // The first hundred are removed and a hundred are added at the end.
    await publish(stub, published(100));
    const rest = await allPages((cursor) => page(stub, { kind: "schedule", limit: 300, cursor: cursor ?? next }));
    expect([...seen, ...rest.map(({ name }) => name)]).toEqual(Array.from({ length: 1100 }, (_, index) => nameOf(index)));
  });
});
