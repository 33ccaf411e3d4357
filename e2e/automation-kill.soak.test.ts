/** Kills workerd, agents, workers and sockets while a sensor, a schedule, an asset sensor and a backfill work, and counts what came of it. */
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";
import { keepAgent, killAtRandom, randomSource, type Victim } from "./support/chaos.ts";
import { cuttableProxy } from "./support/cuttable-proxy.ts";
import { removeFolder, startStack, temporaryFolder, until, type Api } from "./support/stack.ts";
import { KEYS, writeTickingProject } from "./support/ticking-project.ts";

const SEEDS = (process.env["HEADGATE_KILL_SEEDS"] ?? "1").split(",").map(Number);
const FEEDER = { location: "ticking", kind: "sensor", name: "feeder" } as const;
const CLOCK = { location: "ticking", kind: "schedule", name: "every_minute" } as const;
const PLANNED: readonly Victim[] = [
  "workerd",
  "worker",
  "agent",
  "socket",
  "workerd",
  "worker",
  "agent",
  "workerd",
  "socket",
  "worker",
  "workerd",
];

const cleanups: (() => Promise<void> | void)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

async function allRuns(api: Api): Promise<RunSummary[]> {
  const found: RunSummary[] = [];
  let cursor: string | null = null;
  do {
    const page = await api.runs.list.query({ limit: 500, cursor });
    found.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return found;
}

describe("killing things while much starts by itself", () => {
  it.each(SEEDS)("makes each requested run once and fills in every partition (seed %i)", { timeout: 420_000 }, async (seed) => {
    const random = randomSource(seed);
    const project = temporaryFolder("ticking");
    const agentData = temporaryFolder("ticking-agent");
    writeTickingProject(join(project, "p"));
    const stack = await startStack({ project: join(project, "p") });
    const proxy = await cuttableProxy({ host: "127.0.0.1", port: Number(new URL(stack.url).port) });
    const { secret } = await stack.api.tokens.create.mutate({ name: "through the proxy", kind: "agent" });
    const second = keepAgent({ url: `http://127.0.0.1:${proxy.port}`, token: secret, data: agentData });
    cleanups.push(
      () => removeFolder(project),
      () => removeFolder(agentData),
      () => removeFolder(stack.data),
      () => stack.stop(),
      () => proxy.close(),
      () => second.stop(),
    );
    const { api } = stack;
    const started = Date.now();
    const backfill = await api.backfills.launch.mutate({
      target: { selection: 'key:"day" or key:"report"', partitions: { type: "range", first: "2025-01-01", last: "2025-01-20" } },
      maxActive: 4,
      requestId: `kill-${seed}`,
    });
    const killed = await killAtRandom({ stack, proxy, second, random }, PLANNED);

    await until(
      "the sensor has asked for everything",
      async () => (await api.automations.get.query(FEEDER)).cursor === String(KEYS),
      200_000,
    );
    const filled = await until(
      "the backfill ends",
      async () => {
        const detail = await api.backfills.get.query({ id: backfill.id });
        return detail.backfill.endedAt === null ? null : detail;
      },
      200_000,
    );
    // No new tick of the clock may come between looking at its ticks and at its runs.
    await until("half a minute past a tick of the clock", async () => Date.now() % 60_000 > 5_000 && Date.now() % 60_000 < 40_000, 70_000);
    const runs = await until(
      "every run ends",
      async () => {
        const all = await allRuns(api);
        const fed = all.filter(({ job, status }) => job === "feed" && status === "succeeded").length;
        const followed = all.filter(({ job }) => job === "follow").length;
        return all.every(({ status }) => isTerminalRun(status)) && followed >= fed && all;
      },
      100_000,
    );

    const keys = runs.filter(({ job }) => job === "feed").map(({ tags }) => Number(tags["key"]));
    expect(keys.toSorted((a, b) => a - b)).toEqual(Array.from({ length: KEYS }, (_, index) => index + 1));

    const ticks = (await api.automations.ticks.query({ ...FEEDER, limit: 500 })).items.toReversed();
    let last = 0;
    for (const { id } of ticks) {
      const tick = await api.automations.tick.query({ id });
      expect(Number(tick.cursorBefore ?? 0), `tick ${id} started where another had ended`).toBeGreaterThanOrEqual(last);
      last = Math.max(last, Number(tick.cursorAfter ?? tick.cursorBefore ?? 0));
    }
    expect(last).toBe(KEYS);

    const times = (await api.automations.ticks.query({ ...CLOCK, limit: 500 })).items
      .map(({ scheduledFor }) => scheduledFor)
      .toSorted((a, b) => a - b);
    const expected: number[] = [];
    for (let at = Math.ceil(started / 60_000) * 60_000; at <= Date.now(); at += 60_000) expected.push(at);
    // The schedule was switched on by the first publish, which came shortly before.
    expect(times.filter((at) => at >= started)).toEqual(expected);
    const byTick = new Map(
      Object.entries(
        Object.groupBy(
          runs.filter(({ job }) => job === "clock"),
          ({ trigger }) => (trigger.type === "schedule" ? trigger.tick : "?"),
        ),
      ),
    );
    expect([...byTick.values()].every((made) => made?.length === 1)).toBe(true);
    expect(byTick.size).toBe(times.length);

    const events = (await api.assets.events.query({ key: "fed", limit: 500, types: ["asset_materialized"] })).items;
    expect(runs.filter(({ job }) => job === "follow")).toHaveLength(events.length);

    expect(filled.backfill).toMatchObject({ status: "succeeded", runs: { succeeded: 20, failed: 0, blocked: 0, waiting: 0, active: 0 } });
    for (const key of ["day", "report"]) {
      const { items } = await api.assets.partitions.query({ key, limit: 100 });
      const states = items.filter((item) => item.key <= "2025-01-20").map(({ status }) => status);
      expect(states, key).toEqual(Array.from({ length: 20 }, () => "materialized"));
    }
    console.log(
      `seed ${seed}: killed ${JSON.stringify(killed)}; ${keys.length} keys, ${times.length} clock ticks, ${events.length} asset events, 20 days, ${runs.length} runs`,
    );
    for (const victim of ["workerd", "agent", "worker", "socket"] as const) expect(killed[victim]).toBeGreaterThan(0);
  });
});
