/** Ten thousand partitions of three assets in one backfill. Prints the cost; asserts that rows, texts and frames stay few and small. */
import { PROCEDURES } from "@headgate/shared/contract/table.ts";
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { newDeployment, person, publish, raw, rows, type DeploymentObject } from "./support/deployment.ts";
import { FakeAgent } from "./support/fake-agent.ts";
import { LiveClient } from "./support/live-client.ts";
import { assetsOf, manifest } from "./support/manifests.ts";

const partitions = { type: "time", cadence: "daily", start: "1990-01-01", end: "2017-05-19" } as const;
const STEPS = 300;

/** Rows in the tables that grow with runs, and bytes of the database. */
async function stored(stub: DeploymentObject): Promise<{ readonly rows: number; readonly bytes: number }> {
  const tables = [
    "backfill",
    "backfill_plan",
    "run",
    "step",
    "step_dep",
    "step_asset",
    "attempt",
    "event",
    "asset_event",
    "series",
    "timer",
  ];
  const [row] = await rows(stub, `SELECT ${tables.map((table) => `(SELECT count(*) FROM ${table})`).join(" + ")} AS rows`);
  const bytes = await runInDurableObject(raw(stub), (_instance, state) => state.storage.sql.databaseSize);
  return { rows: Number(row?.["rows"]), bytes };
}

describe("a backfill of ten thousand partitions", () => {
  it("a large backfill needs few rows and constant work per run", { timeout: 240_000 }, async () => {
    const stub = newDeployment();
    await publish(stub, manifest(assetsOf({ a: [], b: ["a"], c: ["b"] }, { asset: { partitions } })));
    const agent = new FakeAgent();
    await agent.start(stub, { slots: 10 });
    const live = new LiveClient();
    await live.connect(stub);
    const times: Record<string, number> = {};
    const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      const started = performance.now();
      const result = await work();
      times[name] = Math.round((performance.now() - started) * 10) / 10;
      return result;
    };
    const target = { selection: "*", partitions: { type: "all" } } as const;
    const preview = await timed("preview ms", async () =>
      unwrap(await stub.ask("backfills.preview", PROCEDURES["backfills.preview"].input.parse({ target }))),
    );
    expect(preview.runs).toBe(10_000);
    const before = await stored(stub);
    const { id } = await timed("launch ms", async () =>
      unwrap(await stub.perform("backfills.launch", PROCEDURES["backfills.launch"].input.parse({ target }), person)),
    );
    const after = await stored(stub);
    const [plan] = await rows(stub, "SELECT count(*) AS chunks, sum(length(body)) AS characters FROM backfill_plan");
    expect(plan?.["chunks"]).toBe(21);
    expect(await rows(stub, "SELECT count(*) AS n FROM run")).toEqual([{ n: 10 }]);

    const endRuns = async (count: number): Promise<void> => {
      const until = agent.jobs().length + count;
      let read = agent.jobs().findIndex((job) => !done.has(`${job.run}/${job.step}`));
      if (read < 0) read = agent.jobs().length;
      while (read < until) {
        await agent.waitFor(() => agent.jobs().length > read, "a job");
        const job = agent.jobs()[read++];
        if (!job) continue;
        done.add(`${job.run}/${job.step}`);
        await agent.reported(...agent.success(job));
      }
    };
    const done = new Set<string>();
    await timed("first jobs ms", () => endRuns(30));
    const framesBefore = live.frames.length;
    const middle = await stored(stub);
    await timed("steps ms", () => endRuns(STEPS));
    const end = await stored(stub);
    const detail = await timed("detail ms", async () => unwrap(await stub.ask("backfills.get", { id })));
    const finished = detail.backfill.runs.succeeded;
    expect(detail.backfill.runs.active).toBeLessThanOrEqual(10);
    expect(detail.assets).toHaveLength(3);
    const [row] = await rows(
      stub,
      "SELECT length(succeeded) + length(failed) + length(canceled) + length(active) + length(refused) AS characters FROM backfill",
    );
    expect(Number(row?.["characters"])).toBeLessThan(1000);
    const changes = live.frames.slice(framesBefore).flatMap((frame) => (frame.t === "changes" ? frame.changes : []));
    const ofBackfill = changes.filter((change) => change.type === "backfill");
    // One small change for each transaction with an ended run, and none for the thousands of waiting slices.
    expect(ofBackfill.length).toBeLessThanOrEqual(STEPS / 3 + 10);
    expect(JSON.stringify(ofBackfill.at(-1)).length).toBeLessThan(1500);
    console.info(
      JSON.stringify({
        ...times,
        "ms per step": Math.round(((times["steps ms"] ?? 0) / STEPS) * 100) / 100,
        "runs ended": finished,
        "plan rows": plan?.["chunks"],
        "plan characters": plan?.["characters"],
        "rows added by the launch": after.rows - before.rows,
        "bytes added by the launch": after.bytes - before.bytes,
        "rows added per step": Math.round(((end.rows - middle.rows) / STEPS) * 10) / 10,
        "bytes added per step": Math.round((end.bytes - middle.bytes) / STEPS),
        "backfill changes": ofBackfill.length,
        "characters of states": row?.["characters"],
      }),
    );
    const bounds = PROCEDURES["backfills.preview"].input.parse({ target: { ...target, partitionsPerRun: null } });
    expect(unwrap(await stub.ask("backfills.preview", bounds)).runs).toBe(1);
  });
});
