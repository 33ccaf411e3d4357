/** A backfill under random events: agents die, objects are evicted, transactions fail, and people pause, cancel, retry and publish. */
import { PROCEDURES } from "@headgate/shared/contract/table.ts";
import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import { countOf, includes, intersection, numbersOf } from "@headgate/shared/domain/partitions/subset.ts";
import { type BackfillSlices, readSlices } from "@headgate/shared/domain/run/backfill-slices.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { fireTimers, newDeployment, person, publish, raw, rows, type DeploymentObject } from "./support/deployment.ts";
import { assetsOf, manifest } from "./support/manifests.ts";
import { type Emitted, ModelAgent } from "./support/model-agent.ts";
import { randomOf } from "../src/testing/seed.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const daily: PartitionsDefinition = { type: "time", cadence: "daily", start: "2025-01-05", end: "2025-01-26" };
const weekly: PartitionsDefinition = { type: "time", cadence: "weekly", start: "2025-01-05", end: "2025-01-26" };
const GRAPH = { a: [], b: ["a"], other: [], week: ["b", "other"], report: ["week"] };
const OPEN = "'queued', 'starting', 'running', 'canceling'";

/** Publishes a version with or without the asset `other`. */
async function publishWith(stub: DeploymentObject, other: boolean): Promise<void> {
  const { other: _left, ...rest } = GRAPH;
  const parts = assetsOf(other ? GRAPH : rest, { unit: { retry: { maxRetries: 0 } } });
  const partitions = { a: daily, b: daily, other: daily, week: weekly } as Record<string, PartitionsDefinition | undefined>;
  const assets = (parts.assets ?? []).map((asset) => {
    const own = partitions[asset.key];
    return own === undefined ? asset : { ...asset, partitions: own };
  });
  await publish(stub, manifest({ ...parts, assets }));
}

interface Row {
  readonly status: string;
  readonly succeeded: number[];
  readonly failed: number[];
  readonly canceled: number[];
  readonly active: [number, number][];
  readonly blocked: number;
  readonly total: number;
  /** Slices of runs that have not ended. */
  readonly open: number[];
  readonly refused: { readonly slices: number[] }[];
}

async function readRow(stub: DeploymentObject): Promise<Row> {
  // One statement, because agents report all the time.
  const open = `(SELECT json_group_array(backfill_slice) FROM run WHERE status IN (${OPEN})) AS open`;
  const [row] = await rows(
    stub,
    `SELECT status, succeeded, failed, canceled, active, blocked, refused, runs_total AS total, ${open} FROM backfill`,
  );
  const parsed = Object.entries(row ?? {}).map(([name, value]) => [
    name,
    typeof value === "string" && /^[[{]/.test(value) ? (JSON.parse(value) as unknown) : value,
  ]);
  return Object.fromEntries(parsed) as Row;
}

/** Checks the invariants that always hold. */
async function checkNow(stub: DeploymentObject, maxActive: number): Promise<Row> {
  const row = await readRow(stub);
  const sets = [
    row.succeeded,
    row.failed,
    row.canceled,
    row.active
      .map(([slice]) => slice)
      .sort((a, b) => a - b)
      .flatMap((slice) => [slice, slice + 1]),
  ];
  for (const [index, set] of sets.entries()) for (const other of sets.slice(index + 1)) expect(intersection(set, other)).toEqual([]);
  expect(row.active.length).toBeLessThanOrEqual(maxActive);
  const ended = sets.slice(0, 3).reduce((sum, set) => sum + countOf(set), 0);
  expect(ended + row.active.length + row.blocked).toBeLessThanOrEqual(row.total);
  expect(new Set(row.open).size).toBe(row.open.length);
  const active = row.active.map(([slice]) => slice);
  for (const slice of row.open) expect(active).toContain(slice);
  return row;
}

/** Checks the end: each slice has the status of its newest run, and none began before the slices it depends on had succeeded. */
async function checkEnd(stub: DeploymentObject, plan: BackfillSlices): Promise<void> {
  const row = await readRow(stub);
  expect(["succeeded", "failed", "canceled"]).toContain(row.status);
  expect(row.active).toEqual([]);
  const runs = await rows(stub, "SELECT no, backfill_slice AS slice, status, partition, retry_at AS retryAt FROM run ORDER BY no");
  const newest = new Map(runs.map((run) => [Number(run["slice"]), run]));
  const events = await rows(stub, "SELECT run_no AS run, gseq, type FROM event WHERE type IN ('run_queued', 'run_succeeded')");
  const at = new Map(events.map((event) => [`${String(event["run"])}/${String(event["type"])}`, Number(event["gseq"])]));
  const refused = new Set(row.refused.flatMap(({ slices }) => [...numbersOf(slices)]));
  for (const [number, slice] of plan.slices.entries()) {
    const run = newest.get(number);
    const state = includes(row.succeeded, number)
      ? "succeeded"
      : includes(row.failed, number)
        ? "failed"
        : includes(row.canceled, number)
          ? "canceled"
          : "blocked";
    if (state === "succeeded") expect(run?.["status"]).toBe("succeeded");
    if (state === "failed" && !refused.has(number)) expect(run?.["status"]).toBe("failed");
    if (state === "blocked") expect(slice.after.length).toBeGreaterThan(0);
    if (run) expect(run["partition"]).toBe(slice.partition);
    for (const mine of runs.filter((entry) => entry["slice"] === number)) {
      expect(mine["retryAt"]).toBeNull();
      for (const before of numbersOf(slice.after)) {
        const done = runs
          .filter((entry) => entry["slice"] === before && entry["status"] === "succeeded")
          .map((entry) => at.get(`${String(entry["no"])}/run_succeeded`) ?? Infinity);
        expect(Math.min(...done)).toBeLessThan(at.get(`${String(mine["no"])}/run_queued`) ?? 0);
      }
    }
  }
  const succeeded = runs.filter((run) => run["status"] === "succeeded").map((run) => run["slice"]);
  expect(new Set(succeeded).size).toBe(succeeded.length);
}

async function play(seed: number): Promise<void> {
  const random = randomOf(seed);
  const stub = newDeployment();
  await publishWith(stub, true);
  const retries = seed % 2;
  unwrap(await stub.perform("settings.update", { runRetry: { maxRetries: retries, strategy: "all", on: "any" } }, person));
  const maxActive = 1 + Math.floor(random() * 6);
  const target = { selection: "*", partitions: { type: "all" } } as const;
  const { id } = unwrap(await stub.perform("backfills.launch", PROCEDURES["backfills.launch"].input.parse({ target, maxActive }), person));
  const plan = readSlices((await rows(stub, "SELECT body FROM backfill_plan ORDER BY chunk")).map((row) => String(row["body"])));
  expect(plan.slices).toHaveLength(21 + 21 + 3 + 1);
  const emitted: Emitted[] = [];
  const agents = [0, 1].map(() => new ModelAgent(random, emitted));
  let hasOther = true;

  for (let tx = 0; tx < 220; tx++) {
    const chance = random();
    const agent = agents[Math.floor(random() * agents.length)] as ModelAgent;
    for (const each of agents) each.read();
    if (chance < 0.12 && !agent.online) await agent.connect(stub);
    else if (chance < 0.14) agent.disconnect();
    else if (chance < 0.15) agent.crash();
    else if (chance < 0.18) {
      await stub.ask("agents.list", undefined);
      await evictDurableObject(raw(stub), { webSockets: random() < 0.5 ? "hibernate" : "close" });
    } else if (chance < 0.2) await stub.perform("backfills.pause", { id }, person);
    else if (chance < 0.23) await stub.perform("backfills.resume", { id }, person);
    else if (chance < 0.235) await stub.perform("backfills.cancel", { id }, person);
    else if (chance < 0.25) await stub.perform("backfills.retry", { id }, person);
    else if (chance < 0.27) await fireTimers(stub, "run_retry");
    else if (chance < 0.29) await fireTimers(stub, "backfill");
    else if (chance < 0.3) await publishWith(stub, (hasOther = !hasOther));
    else if (chance < 0.32) {
      // The next transaction fails.
      await rows(stub, "CREATE TRIGGER chaos BEFORE UPDATE ON backfill BEGIN SELECT RAISE(ABORT, 'chaos'); END");
      agent.work();
      agent.flush(false);
      await fireTimers(stub, "backfill").catch(() => undefined);
      await pause(3);
      await rows(stub, "DROP TRIGGER chaos");
    } else {
      for (let step = 0; step < 6; step++) agent.work();
      if (random() < 0.8) agent.flush(true);
    }
    if (random() < 0.3) await pause(2);
    if (tx % 10 === 0) await checkNow(stub, maxActive);
  }

  for (let tx = 0; tx < 2_000; tx++) {
    const row = await checkNow(stub, maxActive);
    const ended = row.status === "succeeded" || row.status === "failed" || row.status === "canceled";
    if (ended && !agents.some((agent) => agent.busy)) break;
    if (row.status === "paused") unwrap(await stub.perform("backfills.resume", { id }, person));
    for (const agent of agents) {
      agent.read();
      if (agent.stuck) agent.disconnect();
      if (!agent.online) await agent.connect(stub);
      for (let step = 0; step < 40; step++) agent.work();
      agent.flush(false);
    }
    if (tx % 10 === 4) for (const kind of ["backfill", "run_retry", "cancel_grace"]) await fireTimers(stub, kind);
    if (tx % 20 === 19) {
      await rows(stub, "UPDATE agent SET last_seen_at = last_seen_at - 120000 WHERE status = 'disconnected'");
      await rows(stub, "UPDATE step SET assigned_at = assigned_at - 120000 WHERE status IN ('assigned', 'running')");
      await fireTimers(stub, "lease_check");
    }
    await pause(2);
  }
  await checkEnd(stub, plan);
}

describe("backfills under random events", () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    it(`each run is made once, in order, and ends right (seed ${seed})`, { timeout: 120_000 }, () => play(seed));
  }
});
