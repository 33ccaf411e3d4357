/** The Airbyte sensor: one run for each sync, by webhook and by looking, against a server that keeps to Airbyte's published API. */
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defineJob } from "@headgate/sdk";
import {
  airbyteAssets,
  airbyteResource,
  airbyteSensor,
  type Airbyte,
  type AirbyteJob,
  type AirbyteSensorOptions,
} from "@headgate/sdk/airbyte";
import { evaluateSensor } from "@headgate/sdk/testing";
import { CLIENT, CRM, SHOP, startAirbyte, type AirbyteServer } from "./airbyte-server.test-support.ts";
import { syncNotification, textNotification } from "./notification.test-support.ts";

const job = defineJob({ name: "bronze", selection: "*" });
let server: AirbyteServer;
beforeEach(async () => {
  server = await startAirbyte();
});
afterEach(async () => {
  await server.close();
  expect(server.violations).toEqual([]);
});

const delivery = (body: unknown) => [{ type: "webhook" as const, body }];

function sensorOf(options: Partial<AirbyteSensorOptions> = {}) {
  const airbyte = airbyteResource({ url: server.url, ...CLIENT });
  const sensor = airbyteSensor({ name: "synced", airbyte, job, startAt: "beginning", webhook: { verify: "secret" }, ...options });
  let cursor: string | null = null;
  return {
    sensor,
    async look() {
      const result = await evaluateSensor(sensor, { cursor });
      cursor = result.cursor;
      return { ...result, keys: result.runs.map(({ runKey }) => runKey) };
    },
    notify: async (body: unknown) => await evaluateSensor(sensor, { cursor, events: delivery(body) }),
  };
}
const at = (minute: number, second = 0): string => new Date(Date.UTC(2025, 0, 1, 0, minute, second)).toISOString();

describe("a look of an Airbyte sensor", () => {
  it("an Airbyte sensor asks for one run for each successful sync", async () => {
    const { look } = sensorOf();
    server.add({ jobId: 1, lastUpdatedAt: at(1) });
    server.add({ jobId: 2, status: "running", lastUpdatedAt: at(1) });
    server.add({ jobId: 3, status: "failed", lastUpdatedAt: at(1) });
    server.add({ jobId: 4, jobType: "reset", lastUpdatedAt: at(1) });
    expect((await look()).runs).toEqual([
      {
        runKey: "airbyte_1",
        job: "bronze",
        tags: { source: "airbyte", airbyte_job_id: "1", airbyte_connection_id: SHOP, airbyte_status: "succeeded" },
      },
    ]);
    expect((await look()).skipReason).toBe("no job has ended since the last look");
    server.update(2, { status: "succeeded", lastUpdatedAt: at(2) });
    expect((await look()).keys).toEqual(["airbyte_2"]);
  });

  it("an Airbyte sensor finds jobs of the same time and late jobs", async () => {
    const { look } = sensorOf();
    server.add({ jobId: 5, lastUpdatedAt: at(10) });
    expect((await look()).keys).toEqual(["airbyte_5"]);
    server.add({ jobId: 3, lastUpdatedAt: at(10) });
    server.add({ jobId: 9, lastUpdatedAt: at(8, 1) });
    server.add({ jobId: 2, lastUpdatedAt: at(5) });
    expect((await look()).keys).toEqual(["airbyte_9", "airbyte_3"]);
    expect((await look()).keys).toEqual([]);
  });

  it("an Airbyte sensor counts jobs before its first tick as known", async () => {
    const { look } = sensorOf({ startAt: "now", connections: [SHOP, CRM] });
    server.add({ jobId: 1, lastUpdatedAt: at(1) });
    server.add({ jobId: 2, connectionId: CRM, lastUpdatedAt: at(50) });
    expect((await look()).keys).toEqual([]);
    server.add({ jobId: 3, lastUpdatedAt: at(49) });
    server.add({ jobId: 4, connectionId: CRM, lastUpdatedAt: at(51) });
    expect((await look()).keys).toEqual(["airbyte_3", "airbyte_4"]);
    const empty = sensorOf({ startAt: "now", connection: "5c2b2e0f-0000-4fea-800f-0000000000dd" });
    expect((await empty.look()).keys).toEqual([]);
  });

  it("an Airbyte sensor handles hundreds of jobs while tokens end and the server is busy", async () => {
    for (let count = 0; count < 730; count++) server.add({ lastUpdatedAt: at(count % 30) });
    server.afterCall = ({ operation }) => operation.operationId === "listJobs" && server.revokeTokens();
    server.faults.push({ operation: "listJobs", status: 429, headers: { "retry-after": "0" } }, { operation: "listJobs", status: 503 });
    const { look } = sensorOf();
    const keys = new Set<string | undefined>();
    for (const expected of [500, 230, 0]) {
      const found = await look();
      expect(found.keys).toHaveLength(expected);
      for (const key of found.keys) keys.add(key);
    }
    expect(keys.size).toBe(730);
  });

  it("an Airbyte sensor watches only its connections, outcomes and types", async () => {
    const { look } = sensorOf({
      connections: [CRM],
      statuses: ["succeeded", "failed"],
      jobTypes: ["sync", "refresh"],
      toRequest: ({ jobId }) => ({ partition: `p${jobId}` }),
    });
    server.add({ jobId: 1 });
    server.add({ jobId: 2, connectionId: CRM, status: "failed" });
    server.add({ jobId: 3, connectionId: CRM, jobType: "refresh" });
    server.add({ jobId: 4, connectionId: CRM, jobType: "clear" });
    server.add({ jobId: 5, connectionId: CRM, status: "incomplete" });
    expect((await look()).runs.map(({ runKey, partition, tags }) => [runKey, partition, tags["airbyte_status"]])).toEqual([
      ["airbyte_2", "p2", "failed"],
      ["airbyte_3", "p3", "succeeded"],
    ]);
  });
});

describe("external assets of Airbyte", () => {
  it("external assets of Airbyte are reported once for each successful sync", async () => {
    const airbyte = airbyteResource({ url: server.url, ...CLIENT });
    const connections = [
      { id: SHOP, name: "shop", streams: ["customers", "orders"] },
      { id: CRM, name: "crm", streams: ["leads"] },
    ];
    const assets = airbyteAssets({ airbyte, connections });
    const { look, notify } = sensorOf({ assets, job: undefined, statuses: ["succeeded", "failed"] });
    server.add({ jobId: 1, rowsSynced: 12, lastUpdatedAt: at(1) });
    server.add({ jobId: 2, connectionId: CRM, status: "failed", lastUpdatedAt: at(1) });
    const told = await notify(syncNotification({ jobId: 1, connectionId: SHOP }));
    expect([told.runs, told.assetEvents, told.skipReason]).toEqual([[], [], "job 1 succeeded; the next look reports its assets"]);
    const { runs, assetEvents } = await look();
    expect(runs).toEqual([]);
    expect(assetEvents).toMatchObject(
      ["shop/customers", "shop/orders"].map((asset) => ({
        type: "materialized",
        asset,
        dataVersion: "airbyte_1",
        metadata: { airbyte_job_id: { value: 1 }, airbyte_job_rows: { value: 12 } },
      })),
    );
    expect((await look()).assetEvents).toEqual([]);
  });
});

describe("a webhook of an Airbyte sensor", () => {
  it("a webhook of an Airbyte sensor asks at once for the same run", async () => {
    const { look, notify, sensor } = sensorOf({ connection: SHOP });
    server.add({ jobId: 7, lastUpdatedAt: at(1) });
    const { runs, cursor } = await notify(syncNotification({ jobId: 7, connectionId: SHOP }));
    expect(cursor).toBeNull();
    const looked = await look();
    expect(looked.runs).toEqual(runs);
    expect(looked.keys).toEqual(["airbyte_7"]);
    expect(sensor["~definition"].fields.webhook).toMatchObject({ verify: "secret" });
  });

  it("a webhook of an Airbyte sensor is skipped with a reason when there is nothing to do", async () => {
    const { notify } = sensorOf({ connection: SHOP });
    const reasonOf = async (body: unknown) => {
      const { runs, skipReason } = await notify(body);
      expect(runs).toEqual([]);
      return skipReason;
    };
    expect(await reasonOf(syncNotification({ jobId: 7, connectionId: SHOP, success: false }))).toBe("job 7 failed");
    expect(await reasonOf(syncNotification({ jobId: 7, connectionId: CRM }))).toContain("which is not watched");
    for (const strange of [textNotification, "no json", null, { data: {} }, { data: { jobId: 1, success: true } }])
      expect(await reasonOf(strange)).toContain("tells of no ended sync");
    expect(server.calls).toEqual([]);
  });
});

describe("any order of endings, deliveries, looks and lost ticks", () => {
  interface Moment {
    readonly ended: readonly { readonly age: number; readonly notified: boolean; readonly success: boolean }[];
    readonly advance: number;
    readonly lost: boolean;
  }
  const moment: fc.Arbitrary<Moment> = fc.record({
    ended: fc.array(fc.record({ age: fc.integer({ min: 0, max: 120 }), notified: fc.boolean(), success: fc.boolean() }), { maxLength: 3 }),
    advance: fc.integer({ min: 0, max: 90 }),
    lost: fc.boolean(),
  });

  it("any order of deliveries and ticks gives each successful sync one run key", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(moment, { maxLength: 15 }), async (moments) => {
        const jobs: AirbyteJob[] = [];
        // What the server's filter does, without the network, so that many cases are tried.
        const fake: Pick<Airbyte, "jobs"> = {
          jobs: ({ status, updatedAfter = new Date(0) } = {}) =>
            Promise.resolve(
              jobs.filter((each) => each.status === status && Date.parse(each.lastUpdatedAt ?? "") >= updatedAfter.getTime()),
            ),
        };
        const { sensor } = sensorOf();
        const looked: (string | undefined)[] = [];
        const notified: (string | undefined)[] = [];
        let cursor: string | null = null;
        let now = Date.UTC(2025, 0, 1);
        const tick = async (lost: boolean, events?: ReturnType<typeof delivery>): Promise<void> => {
          const result = await evaluateSensor(sensor, { cursor, events, resources: { airbyte: fake } });
          if (lost) return;
          if (events === undefined) expect(floorOf(result.cursor)).toBeGreaterThanOrEqual(floorOf(cursor));
          else expect(result.cursor).toBe(cursor);
          cursor = result.cursor;
          (events === undefined ? looked : notified).push(...result.runs.map(({ runKey }) => runKey));
        };
        for (const { ended, advance, lost } of moments) {
          now += advance * 1000;
          for (const { age, notified: told, success } of ended) {
            const jobId = jobs.length + 1;
            const lastUpdatedAt = new Date(now - age * 1000).toISOString();
            jobs.push({
              jobId,
              connectionId: SHOP,
              jobType: "sync",
              status: success ? "succeeded" : "failed",
              startTime: lastUpdatedAt,
              lastUpdatedAt,
            });
            if (told) await tick(lost, delivery(syncNotification({ jobId, connectionId: SHOP, success })));
          }
          await tick(lost);
        }
        await tick(false);
        const wanted = jobs.filter(({ status }) => status === "succeeded").map(({ jobId }) => `airbyte_${jobId}`);
        expect(looked.toSorted()).toEqual(wanted.toSorted());
        expect(notified.filter((key) => !wanted.includes(key ?? ""))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});

function floorOf(cursor: string | null): number {
  return cursor === null ? Number.NEGATIVE_INFINITY : ((JSON.parse(cursor) as { floor: [number, string] }).floor[0] ?? Number.NaN);
}
