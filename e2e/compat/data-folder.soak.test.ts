/** A data folder that another release left in the middle of its work opens with today's code, says the same, and goes on. */
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { removeFolder, temporaryFolder, until } from "../support/stack.ts";
import type { CompatApi } from "./api.ts";
import { isEnded, readFacts, type Facts } from "./facts.ts";
import { startAgent, startControlPlane, type Agent, type ControlPlane } from "./processes.ts";
import { deploymentDatabase, factsOf, releases, today, unpackData } from "./release.ts";
import { deliver } from "./situation.ts";

describe.each(releases)("the data folder of %s", (release) => {
  const data = temporaryFolder("compat-data");
  const before = factsOf(release);
  let controlPlane: ControlPlane;
  let api: CompatApi;
  let agent: Agent;
  let after: Facts;

  beforeAll(async () => {
    unpackData(release, data);
    controlPlane = await startControlPlane(today, data);
    api = controlPlane.api;
    after = await readFacts(api);
  });
  afterAll(async () => {
    await agent?.stop();
    await controlPlane?.stop();
    removeFolder(data);
  });

  it("every run is read back, and ended runs are the same throughout", () => {
    expect(before.runs.filter(isEnded).length).toBeGreaterThanOrEqual(10);
    const read = new Map(after.runs.map((run) => [run.id, run]));
    for (const run of before.runs) {
      if (isEnded(run)) expect(read.get(run.id)).toEqual(run);
      else expect(read.get(run.id)).toMatchObject({ selection: run.selection, partition: run.partition, trigger: run.trigger });
    }
  });

  it("no active run is given up while no agent is there", () => {
    const open = before.runs.filter((run) => !isEnded(run)).map(({ id }) => id);
    expect(open.length).toBeGreaterThanOrEqual(4);
    expect(after.runs.filter((run) => open.includes(run.id) && isEnded(run))).toEqual([]);
  });

  it("versions, cursors, waiting events, webhooks and deliveries are read back", () => {
    const { versions, automations, hookPath, deliveries } = before;
    expect(after).toMatchObject({ versions, automations, hookPath, deliveries });
    expect(versions.length).toBe(2);
    expect(automations["counter"]?.cursor).toBe("2");
    expect(automations["follower"]?.pendingEvents).toBeGreaterThan(0);
    expect(deliveries.map(({ state }) => state).toSorted()).toEqual(["requested", "skipped"]);
  });

  it("ticks that are over and evaluations of conditions are read back", () => {
    const over = before.ticks.filter(({ state }) => state !== "open");
    expect(after.ticks).toEqual(expect.arrayContaining(over));
    expect(after.evaluations).toEqual(expect.arrayContaining([...before.evaluations]));
    expect(before.evaluations.length).toBeGreaterThan(0);
    expect(after.conditions).toEqual(before.conditions);
  });

  it("assets, event logs, dynamic keys, pauses, settings and tokens are read back", () => {
    const { dynamicKeys, pauses, settings, tokens } = before;
    expect(after).toMatchObject({ dynamicKeys, pauses, settings, tokens });
    expect(after.assets.map(({ key, materialized }) => ({ key, materialized }))).toEqual(
      before.assets.map(({ key, materialized }) => ({ key, materialized })),
    );
    for (const [asset, numbers] of Object.entries(before.assetEvents))
      expect(after.assetEvents[asset]).toEqual(expect.arrayContaining([...numbers]));
    expect([...dynamicKeys].toSorted()).toEqual(["ada", "bob"]);
  });

  it("the missed ticks of a schedule are caught up at once", async () => {
    const known = new Set(before.ticks.map(({ id }) => id));
    await until("a tick of the schedule", async () =>
      (await readFacts(api)).ticks.some(({ id, name, state }) => name === "every_minute" && state === "requested" && !known.has(id)),
    );
  });

  it("an agent of today finishes active runs, the backfill and the tick", async () => {
    const { url, agentToken: token } = controlPlane;
    agent = startAgent(today, { url, token, data: join(data, "agent") });
    const open = before.runs.filter((run) => !isEnded(run)).map(({ id }) => id);
    const ended = await until("the end of every run", async () => {
      const runs = await Promise.all(open.map((id) => api.run(id)));
      return runs.every(({ run }) => isEnded(run)) ? runs : null;
    });
    expect(ended.map(({ run }) => [run.selection, run.status])).toEqual(ended.map(({ run }) => [run.selection, "succeeded"]));
    await until("the end of the backfill", async () => (await readFacts(api)).backfills[0]?.status === "succeeded");
    // The control plane waits a minute for the agent that had the tick before it gives the tick to another one.
    await until(
      "the tick of the waiting event",
      async () => (await api.automation("sensor", "follower")).automation.lastTick?.state === "requested",
      90_000,
    );
  });

  it("no event of a run is lost or stored twice", async () => {
    for (const { id, events } of before.runs) {
      const numbers = (await api.events(id)).map(({ seq }) => seq);
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
      expect(numbers.length).toBeGreaterThanOrEqual(events);
    }
  });

  it("a sensor continues at its cursor; the webhook accepts its old secret", async () => {
    await api.tickNow("sensor", "counter");
    await until("the next cursor", async () => (await api.automation("sensor", "counter")).cursor === "3");
    expect(await deliver(controlPlane.url, before.hook, { id: "order-2", kind: "order" })).toBe(202);
    await until("the run of the delivery", async () => {
      const [latest] = (await readFacts(api)).deliveries;
      return latest?.state === "requested" && latest.runs.length === 1;
    });
  });

  it("the database has the same tables and indexes as a new one", async () => {
    const fresh = temporaryFolder("compat-new");
    try {
      await (await startControlPlane(today, fresh)).stop();
      await agent.stop();
      await controlPlane.stop();
      expect(schemaOf(deploymentDatabase(data))).toEqual(schemaOf(deploymentDatabase(fresh)));
    } finally {
      removeFolder(fresh);
    }
  });
});

function schemaOf(file: string): readonly string[] {
  const database = new DatabaseSync(file, { readOnly: true });
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'").all();
  const columns = tables.flatMap(({ name }) =>
    database
      .prepare(`SELECT * FROM pragma_table_info('${String(name)}')`)
      .all()
      .map((column) => `${String(name)}.${String(column["name"])} ${String(column["type"])} ${String(column["notnull"])}`),
  );
  const indexes = database.prepare("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").all();
  const problems = database
    .prepare("PRAGMA integrity_check")
    .all()
    .map((row) => String(row["integrity_check"]));
  database.close();
  return [...columns, ...indexes.map(({ sql }) => String(sql).replaceAll(/\s+/g, " ")), ...problems].toSorted();
}
