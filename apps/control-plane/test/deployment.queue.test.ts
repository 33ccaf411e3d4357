/** The queue: limits are kept, no run starves, and everything that waits has a reason. */
import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { InputOf } from "@headgate/shared/contract/table.ts";
import type { QueueView } from "@headgate/shared/contract/runs/queue.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import { launch, newDeployment, person, publish, raw, rows, type DeploymentObject } from "./support/deployment.ts";
import { FakeAgent } from "./support/fake-agent.ts";
import { assetsOf, manifest } from "./support/manifests.ts";
import { randomOf } from "../src/testing/seed.ts";

type Settings = Partial<QueueView["settings"]>;

const queueOf = async (stub: DeploymentObject): Promise<QueueView> => unwrap(await stub.ask("queue.get", undefined));
const change = async (stub: DeploymentObject, settings: Settings) =>
  unwrap(
    await stub.perform(
      "settings.update",
      // The stub's input type has mutable arrays.
      structuredClone(settings) as InputOf<"settings.update">,
      person,
    ),
  );
const waits = async (stub: DeploymentObject, run: string) => unwrap(await stub.ask("runs.get", { run })).run.waiting;
const lake = manifest(assetsOf({ a: [] }));

async function agentFor(stub: DeploymentObject, hello: Parameters<FakeAgent["start"]>[1] = {}): Promise<FakeAgent> {
  const agent = new FakeAgent();
  await agent.start(stub, hello);
  return agent;
}

async function jobs(agent: FakeAgent, count: number): Promise<JobFrame[]> {
  await agent.waitFor(() => agent.jobs().length >= count, `${count} jobs`);
  return agent.jobs();
}

describe("settings", () => {
  it("a change keeps the other settings and limits runs", async () => {
    const stub = newDeployment();
    await publish(stub, lake);
    await change(stub, { maxConcurrentRuns: 1 });
    await change(stub, { startTimeoutSeconds: 60 });
    const agent = await agentFor(stub);
    const first = await launch(stub, { selection: "*" });
    const second = await launch(stub, { selection: "*" });
    await jobs(agent, 1);
    expect(await waits(stub, second.id)).toEqual({
      kind: "run_limit",
      message: `waiting for another run to end: 1 of 1 runs are in progress, held by run ${first.id}`,
    });
    await evictDurableObject(raw(stub));
    expect((await queueOf(stub)).settings).toMatchObject({ maxConcurrentRuns: 1, startTimeoutSeconds: 60, tagLimits: [] });
    await change(stub, { maxConcurrentRuns: 2 });
    await jobs(agent, 2);
  });
});

describe("the queue under random events", () => {
  it.each([1, 2, 3])("no limit is exceeded and nothing starves: history %i", async (seed) => {
    const random = randomOf(seed);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
    const stub = newDeployment();
    const graph = { a: [], b: ["a"], c: [], d: ["c"], e: [] };
    const pool = { a: "p", b: "q", c: "p", d: undefined, e: "r" };
    const units = Object.entries(pool).map(([key, name]) => ({
      id: key,
      kind: "asset" as const,
      assets: [key],
      ...(name && { pool: name }),
    }));
    await publish(stub, manifest({ ...assetsOf(graph), units, pools: { p: 2, q: 1 } }));
    let settings = await change(stub, {
      maxConcurrentRuns: 4,
      defaultPoolLimit: 2,
      tagLimits: [{ key: "team", perValue: true, limit: 2 }],
    });
    const agents = [await agentFor(stub, { slots: 3 }), await agentFor(stub, { slots: 4 })];
    const open = new Map<JobFrame, FakeAgent>();
    const seen = new Set<JobFrame>();
    const read = () => {
      for (const agent of agents) {
        for (const job of agent.jobs().filter((one) => !seen.has(one))) {
          seen.add(job);
          open.set(job, agent);
        }
      }
    };
    const finish = async () => {
      read();
      const entry = pick([...open]);
      if (!entry) return;
      open.delete(entry[0]);
      await entry[1].reported(...entry[1].success(entry[0]));
    };
    // A lowered limit applies to runs that start later.
    const raise = { runs: 4, team: 2, pool: 2 };
    for (let tx = 0; tx < 60; tx++) {
      const chance = random();
      if (chance < 0.5)
        await launch(
          stub,
          { selection: pick(["*", "a b", "e", "c d"]).split(" ").join(" or ") },
          { tags: random() < 0.6 ? { team: pick(["x", "y"]) } : {}, priority: Math.floor(random() * 3) },
        );
      else if (chance < 0.92) await finish();
      else if (chance < 0.95) await evictDurableObject(raw(stub), { webSockets: "hibernate" });
      else {
        settings = await change(stub, { maxConcurrentRuns: 3 + Math.floor(random() * 3), defaultPoolLimit: 1 + Math.floor(random() * 2) });
        raise.runs = Math.max(raise.runs, settings.maxConcurrentRuns);
      }
      const active = await rows(stub, "SELECT tags FROM run WHERE status IN ('starting', 'running')");
      expect(active.length).toBeLessThanOrEqual(raise.runs);
      for (const team of ["x", "y"])
        expect(active.filter((row) => String(row["tags"]).includes(`"${team}"`)).length).toBeLessThanOrEqual(raise.team);
      const held = await rows(
        stub,
        "SELECT pool, count(*) AS n FROM step WHERE status IN ('assigned', 'running') AND pool IS NOT NULL GROUP BY pool",
      );
      for (const row of held) expect(Number(row["n"])).toBeLessThanOrEqual(row["pool"] === "q" ? 1 : raise.pool);
      const queued = await queueOf(stub);
      const idle = queued.agents.busy < queued.agents.slots;
      if (idle) for (const run of queued.queued) expect(run.waiting, "a queued run says why").not.toBeNull();
    }
    for (let left = 0; left < 500 && (await queueOf(stub)).queuedTotal + (await queueOf(stub)).activeRuns > 0; left++) await finish();
    expect(await rows(stub, "SELECT DISTINCT status FROM run")).toEqual([{ status: "succeeded" }]);
  });
});
