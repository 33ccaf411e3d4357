/** Webhooks inside the object: sensors with user code, failures of storage and retention. Also the timeline of runs and ticks. */
import { describe, expect, it } from "vitest";
import type { DeliverySummary } from "@headgate/shared/contract/automations/webhook-views.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { TickResult } from "@headgate/shared/protocol/tick-result.ts";
import { fireTimers, launch, newDeployment, publish, rows, type DeploymentObject } from "../../../test/support/deployment.ts";
import { FakeAgent } from "../../../test/support/fake-agent.ts";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";

type Sensor = NonNullable<Parameters<typeof manifest>[0]["sensors"]>[number];
const jobs = [{ name: "load", selection: "*" }];
const encoder = new TextEncoder();
const DAY_MS = 86_400_000;

async function deploymentWith(sensor: Partial<Sensor>): Promise<{ readonly stub: DeploymentObject; readonly hook: string }> {
  const stub = newDeployment();
  const full: Sensor = { name: "files", kind: "webhook", job: "load", webhook: { verify: "none" }, ...sensor };
  await publish(stub, manifest({ ...assetsOf({ a: [] }), jobs, sensors: [full] }));
  const [hook = ""] = await stub.webhookIds();
  return { stub, hook };
}

const send = (stub: DeploymentObject, hook: string, body: unknown, id?: string) =>
  stub.deliver({
    hook,
    pathSecret: null,
    method: "POST",
    headers: { "content-type": "application/json", ...(id !== undefined && { "webhook-id": id }) },
    query: {},
    body: encoder.encode(JSON.stringify(body)),
  });
const deliveries = async (stub: DeploymentObject): Promise<readonly DeliverySummary[]> =>
  unwrap(await stub.ask("webhooks.deliveries", { location: "lake", sensor: "files", limit: 50 })).items;

describe("webhook sensors with user code", () => {
  it("a large delivery with a large cursor is evaluated whole, twice", async () => {
    const { stub, hook } = await deploymentWith({ kind: "polling", intervalSeconds: 3600, evaluated: true });
    const agent = new FakeAgent();
    await agent.start(stub);
    const frames = () => agent.frames.filter((frame) => frame.t === "tick");
    const answered = async (count: number, result: TickResult) => {
      await fireTimers(stub, count <= 2 ? "sensor" : "sensor_event");
      await agent.waitFor(() => frames().length === count);
      const frame = frames().at(-1);
      await agent.reported({ k: "tick", tick: frame?.tick ?? "", result });
      return frame;
    };
    const evaluated = (cursor: string): TickResult => ({ outcome: "evaluated", cursor, runs: [], logs: [] });
    // Each character has three bytes: the cursor is within the limit in characters, but not in bytes.
    await answered(1, evaluated("\u20ac".repeat(66_667)));
    const refused = unwrap(await stub.ask("automations.ticks", { limit: 1 })).items[0];
    expect(refused).toMatchObject({ state: "failed", message: expect.stringContaining("more than 200000 bytes") as unknown });
    await answered(2, evaluated("\u20ac".repeat(66_666)));
    const text = "\u0001".repeat(160_000);
    unwrap(await send(stub, hook, { text }));
    const loud = Array.from({ length: 12 }, () => ({ level: "info", message: "\u0001".repeat(10_000), at: 1 }));
    const first = await answered(3, { outcome: "failed", message: "no", logs: loud });
    const second = await answered(4, { ...evaluated("\u20ac".repeat(66_665)), logs: loud });
    expect([first, second].map((frame) => frame?.events?.[0])).toMatchObject([{ body: { text } }, { body: { text } }]);
    const bytes = await rows(stub, "SELECT octet_length(events) AS events, octet_length(logs) AS logs FROM tick ORDER BY no DESC LIMIT 2");
    for (const row of bytes) {
      expect(Number(row["events"])).toBeLessThan(1_000);
      expect(Number(row["logs"])).toBeLessThan(210_000);
    }
    expect(await deliveries(stub)).toMatchObject([{ state: "skipped" }]);
  });

  it("a delivery wakes a polling sensor before its interval is over", async () => {
    const { stub, hook } = await deploymentWith({ kind: "polling", intervalSeconds: 3600 });
    const agent = new FakeAgent();
    await agent.start(stub);
    const first = await agent.next("tick");
    await agent.reported({ k: "tick", tick: first.tick, result: { outcome: "evaluated", cursor: "c", runs: [], logs: [] } });
    unwrap(await send(stub, hook, { n: 1 }));
    await fireTimers(stub, "sensor_event");
    await agent.waitFor(() => agent.frames.filter((frame) => frame.t === "tick").length === 2);
    expect(agent.frames.findLast((frame) => frame.t === "tick")).toMatchObject({ cursor: "c", events: [{ type: "webhook" }] });
  });
});

describe("deliveries and addresses", () => {
  it("a delivery that cannot be stored is refused and may be repeated", async () => {
    const { stub, hook } = await deploymentWith({ evaluated: false });
    await rows(stub, "CREATE TRIGGER broken BEFORE INSERT ON run BEGIN SELECT RAISE(ABORT, 'disk full'); END");
    expect(await send(stub, hook, {}, "one")).toMatchObject({ ok: false, error: { code: "unavailable" } });
    expect(await rows(stub, "SELECT id FROM delivery")).toEqual([]);
    await rows(stub, "DROP TRIGGER broken");
    expect(unwrap(await send(stub, hook, {}, "one")).repeated).toBe(false);
    expect(await rows(stub, "SELECT id FROM run")).toHaveLength(1);
  });

  it("old deliveries are deleted in limited slices, with their storage", async () => {
    const { stub, hook } = await deploymentWith({
      evaluated: false,
      webhook: { verify: "none", map: { when: [{ path: "n", equals: 0 }] } },
    });
    for (let index = 0; index < 5; index++) unwrap(await send(stub, hook, { n: 1 }, `old-${index}`));
    await rows(stub, `UPDATE delivery SET at = at - ${8 * DAY_MS}`);
    await rows(
      stub,
      `INSERT INTO delivery (id, hook, at, state, bytes, received, runs, method, headers, query, body)
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
       SELECT 'x' || i, '${hook}', 1, 'skipped', 10, 1, '[]', 'POST', '{}', '{}', '{}' FROM n`,
    );
    await rows(stub, "UPDATE hook SET stored_bytes = stored_bytes + 12000");
    unwrap(await send(stub, hook, { n: 1 }, "new"));
    for (let round = 0; round < 3; round++) await fireTimers(stub, "retention");
    expect((await deliveries(stub)).map((row) => row.senderId)).toEqual(["new"]);
    expect(await rows(stub, "SELECT stored_bytes FROM hook")).toEqual([{ stored_bytes: 7 }]);
    const [timer] = await rows(stub, "SELECT at FROM timer WHERE kind = 'retention' AND id = 'deliveries'");
    expect(Number(timer?.["at"])).toBeGreaterThan(Date.now() + 6 * DAY_MS);
    // A delivery is recognized as long as it is stored.
    expect(unwrap(await send(stub, hook, { n: 1 }, "new")).repeated).toBe(true);
    expect(unwrap(await send(stub, hook, { n: 1 }, "old-1")).repeated).toBe(false);
  });

  it("a delivery above the storage limit of its webhook is refused", async () => {
    const { stub, hook } = await deploymentWith({ evaluated: false });
    await rows(stub, "UPDATE hook SET stored_bytes = 300000000");
    expect(await send(stub, hook, {})).toMatchObject({ ok: false, error: { code: "rate_limited", details: { retryAfterSeconds: 3600 } } });
  });
});

describe("the timeline", () => {
  const schedule = { name: "hourly", job: "load", cron: ["0 * * * *"] };

  it("the timeline has past and active runs, and coming ticks", async () => {
    const stub = newDeployment();
    const schedules = [schedule, { ...schedule, name: "off", defaultStatus: "stopped" as const }];
    await publish(stub, manifest({ ...assetsOf({ a: [] }), jobs, schedules }));
    const old = await launch(stub, { job: "load" });
    const long = await launch(stub, { selection: "a" });
    const recent = await launch(stub, { selection: "*" });
    const now = Date.now();
    await rows(
      stub,
      `UPDATE run SET created_at = ${now - 3 * DAY_MS}, ended_at = ${now - 2.9 * DAY_MS}, status = 'failed' WHERE id = '${old.id}'`,
    );
    await rows(stub, `UPDATE run SET created_at = ${now - 3 * DAY_MS}, status = 'running' WHERE id = '${long.id}'`);
    const view = unwrap(await stub.ask("timeline.get", { from: now - DAY_MS, to: now + 5 * 3_600_000, limit: 100 }));
    expect(view.runs.map((run) => [run.id, run.title])).toEqual([
      [recent.id, "*"],
      [long.id, "a"],
    ]);
    expect(view.more).toBe(0);
    expect(view.ticks.map((tick) => tick.schedule)).toEqual(Array.from({ length: 5 }, () => "hourly"));
    expect(view.ticks.every((tick) => tick.at > now && tick.at <= view.to && tick.at % 3_600_000 === 0)).toBe(true);
    const past = unwrap(await stub.ask("timeline.get", { from: now - 4 * DAY_MS, to: now - 2 * DAY_MS, limit: 1 }));
    expect(past).toMatchObject({ more: 1, ticks: [] });
    expect(past.runs).toHaveLength(1);
  });

  it("the timeline names schedules with more ticks than it lists", async () => {
    const stub = newDeployment();
    const schedules = [schedule, { ...schedule, name: "minutely", cron: ["* * * * *"] }];
    await publish(stub, manifest({ ...assetsOf({ a: [] }), jobs, schedules }));
    const now = Date.now();
    const day = unwrap(await stub.ask("timeline.get", { from: now, to: now + DAY_MS, limit: 10 }));
    expect(day.shortened).toEqual([{ location: "lake", schedule: "minutely" }]);
    expect(day.ticks.filter((tick) => tick.schedule === "hourly")).toHaveLength(24);
    const hour = unwrap(await stub.ask("timeline.get", { from: now, to: now + 3_600_000, limit: 10 }));
    expect(hour.shortened).toEqual([]);
  });

  it("a time span that is too long or reversed is refused", async () => {
    const stub = newDeployment();
    for (const [from, to] of [
      [5, 4],
      [0, 200 * DAY_MS],
    ] as const)
      expect(await stub.ask("timeline.get", { from, to, limit: 10 })).toMatchObject({ ok: false, error: { code: "invalid_input" } });
  });
});
