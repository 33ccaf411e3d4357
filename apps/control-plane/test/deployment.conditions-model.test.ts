/**
 * Conditions under evictions, failing statements, pauses and agents that come and go, in random order. Every upstream update is read by a
 * run that started after it, and no run is made without an update.
 */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import * as fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { eager } from "@headgate/shared/domain/automation/build.ts";
import type { DownFrame } from "@headgate/shared/protocol/down.ts";
import { newDeployment, person, publish, raw, rows, type DeploymentObject } from "./support/deployment.ts";
import { conditioned, pass, report, runsOf, useOwnTime } from "./support/conditions.ts";
import { FakeAgent } from "./support/fake-agent.ts";

useOwnTime();

type JobFrame = Extract<DownFrame, { t: "job" }>;

/** The tables that an evaluation, or the transaction that leads to it, writes to. */
const TABLES = ["condition_state", "condition_evaluation", "condition_change", "run", "step", "step_asset", "event", "timer"] as const;

const operation = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ type: "report" } as const) },
  { weight: 4, arbitrary: fc.constant({ type: "start" } as const) },
  { weight: 4, arbitrary: fc.constant({ type: "finish" } as const) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 20_000 }) }) },
  { weight: 2, arbitrary: fc.constant({ type: "evict" } as const) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("break" as const),
      table: fc.constantFrom(...TABLES),
      on: fc.constantFrom("INSERT", "UPDATE", "DELETE"),
    }),
  },
  { weight: 4, arbitrary: fc.constant({ type: "mend" } as const) },
  { weight: 1, arbitrary: fc.constant({ type: "pause" } as const) },
  { weight: 1, arbitrary: fc.constant({ type: "unpause" } as const) },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

class World {
  readonly stub: DeploymentObject = newDeployment();
  readonly started: JobFrame[] = [];
  agent = new FakeAgent();
  #taken = 0;
  #broken = false;

  async begin(): Promise<void> {
    await publish(
      this.stub,
      conditioned({ silver: {}, gold: { deps: ["silver"], automation: eager() }, metrics: { deps: ["gold"], automation: eager() } }),
    );
    await pass(this.stub, 60_000);
    await this.agent.start(this.stub, { slots: 10 });
  }

  async do(op: Operation): Promise<void> {
    switch (op.type) {
      case "report":
        // The report is refused or stored as a whole; an outside program would repeat it.
        await report(this.stub, "silver").catch(() => undefined);
        break;
      case "start":
        await this.start();
        break;
      case "finish":
        await this.finish();
        break;
      case "pass":
        await this.pass(op.ms);
        break;
      case "evict":
        await evictDurableObject(raw(this.stub)).catch(() => undefined);
        break;
      case "break":
        await this.break(op);
        break;
      case "mend":
        await this.mend();
        break;
      case "pause":
        await this.stub.perform("conditions.pause", { scope: "all" }, person).catch(() => undefined);
        break;
      case "unpause":
        await this.stub.perform("conditions.unpause", { scope: "all" }, person).catch(() => undefined);
        break;
    }
  }

  /** Lets time pass. The agent gives signs of life, except while every frame would fail. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 5000) {
      await pass(this.stub, Math.min(left, 5000)).catch(() => undefined);
      if (this.#broken) continue;
      await this.reconnect();
      this.agent.send({ t: "slots", slots: 10 });
    }
  }

  async reconnect(): Promise<void> {
    if (this.agent.closed === null) return;
    const running = this.started.map(({ run, step, epoch }) => ({ run, step, epoch }));
    await this.agent.start(this.stub, { slots: 10, running });
  }

  async start(): Promise<boolean> {
    const job = this.agent.jobs()[this.#taken];
    if (!job) return false;
    // A real agent sends unacknowledged items again; here it waits until statements succeed.
    await this.mend();
    await this.reconnect();
    this.#taken++;
    await this.agent.reported(this.agent.started(job));
    this.started.push(job);
    return true;
  }

  async finish(): Promise<boolean> {
    const job = this.started.shift();
    if (!job) return false;
    await this.mend();
    await this.reconnect();
    await this.agent.reported(...this.agent.success(job).slice(1));
    return true;
  }

  async break({ table, on }: { readonly table: string; readonly on: string }): Promise<void> {
    this.#broken = true;
    await runInDurableObject(raw(this.stub), (_instance, { storage }) => {
      storage.sql.exec(
        `CREATE TRIGGER IF NOT EXISTS broken_${table}_${on} BEFORE ${on} ON ${table} BEGIN SELECT raise(ABORT, 'broken on purpose'); END`,
      );
    });
  }

  async mend(): Promise<void> {
    await runInDurableObject(raw(this.stub), (_instance, { storage }) => {
      for (const { name } of storage.sql
        .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'broken%'")
        .toArray())
        storage.sql.exec(`DROP TRIGGER ${name}`);
    });
    this.#broken = false;
  }

  /** Completes everything that is in progress. */
  async settle(): Promise<void> {
    await this.mend();
    await this.stub.perform("conditions.unpause", { scope: "all" }, person);
    for (let quiet = 0; quiet < 3;) {
      await this.pass(40_000);
      const moved = (await this.start()) || (await this.finish());
      quiet = moved ? 0 : quiet + 1;
    }
  }
}

describe("conditions under faults", () => {
  it("conditions lose no update and make no run without one", { timeout: 300_000 }, async () => {
    // Errors that the test causes are not printed.
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 60 }), async (operations) => {
        const world = new World();
        await world.begin();
        for (const op of operations) await world.do(op);
        await world.settle();
        const runs = await runsOf(world.stub);
        expect(new Set(runs.map((run) => run.status))).toEqual(new Set(runs.length > 0 ? ["succeeded"] : []));
        const [silver] = await rows(world.stub, "SELECT max(gseq) AS last, count(*) AS updates FROM asset_event WHERE asset = 'silver'");
        const readBy = async (asset: string) => {
          const [row] = await rows(
            world.stub,
            `SELECT max(started_seq) AS started, max(gseq) AS last, count(*) AS made FROM asset_event WHERE asset = '${asset}' AND type = 'asset_materialized'`,
          );
          return { started: Number(row?.["started"] ?? 0), last: Number(row?.["last"] ?? 0), made: Number(row?.["made"] ?? 0) };
        };
        const [gold, metrics] = [await readBy("gold"), await readBy("metrics")];
        // The newest step of each asset started after the newest upstream update, so it read that update.
        expect(gold.started).toBeGreaterThanOrEqual(Number(silver?.["last"] ?? 0));
        expect(metrics.started).toBeGreaterThanOrEqual(gold.last);
        // No run was made without an update.
        expect(gold.made).toBeLessThanOrEqual(Number(silver?.["updates"]));
        expect(metrics.made).toBeLessThanOrEqual(gold.made);
        const requested = await rows(world.stub, "SELECT runs FROM condition_evaluation WHERE requested > 0");
        const told = new Set(requested.flatMap((row) => JSON.parse(String(row["runs"])) as string[]));
        expect([...told].toSorted()).toEqual(runs.map((run) => run.id).toSorted());
      }),
      { numRuns: 15, seed: 5, endOnFailure: true },
    );
  });
});
