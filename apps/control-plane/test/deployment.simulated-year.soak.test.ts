/**
 * Two hundred schedules in nine time zones under a simulated clock, with evictions, failing statements, sleeps and a clock that is set back.
 * Every tick of the crons happens exactly once. By default the test covers the four weeks in which six of the zones change their clocks;
 * `HEADGATE_SIMULATED_DAYS=365` covers the whole year.
 */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import { parseCron } from "@headgate/shared/domain/cron/parse.ts";
import { ticksFrom } from "@headgate/shared/domain/cron/next.ts";
import { findZone } from "@headgate/shared/domain/cron/zone.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { setClock, useRealClock } from "./support/clock.ts";
import { type DeploymentObject, newDeployment, publish, raw, rows } from "./support/deployment.ts";
import { assetsOf, manifest } from "./support/manifests.ts";
import { randomOf } from "../src/testing/seed.ts";
import { sqlFaults } from "./support/sql-faults.ts";

afterEach(useRealClock);

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WEEKS = 28;
const days = Number((env as unknown as Record<string, string>)["SIMULATED_DAYS"] ?? "") || WEEKS;
const START = days === WEEKS ? Date.UTC(2027, 2, 10, 0, 0, 30) : Date.UTC(2027, 0, 1, 0, 0, 30);
const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Kolkata",
  "America/Santiago",
  "Pacific/Auckland",
  "Africa/Casablanca",
  "America/St_Johns",
];

interface Simulated {
  readonly name: string;
  readonly cron: string[];
  readonly timezone: string;
  readonly jitterSeconds?: number;
}

/** Mostly daily schedules, some weekly and monthly, a few hourly; many in the hours in which clocks change. */
function schedulesOf(random: () => number): Simulated[] {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  return Array.from({ length: 200 }, (_, index) => {
    const minute = pick([0, 0, 0, 1, 15, 30, 45, 59]);
    const hour = pick([0, 1, 1, 2, 2, 2, 3, 3, 4, 6, 12, 23]);
    const cron =
      index < 100
        ? [`${minute} ${hour} * * *`]
        : index < 130
          ? [`${minute} ${hour} * * ${pick(["0", "1", "1-5", "SUN", "6"])}`]
          : index < 160
            ? [`${minute} ${hour} ${pick(["1", "15", "31", "29"])} * *`]
            : index < 180
              ? [`${minute} ${hour} * * *`, `0 ${pick([2, 3, 14])} * * 0`]
              : index < 190
                ? [`${minute} */6 * * *`]
                : index < 195
                  ? [pick(["@daily", "@weekly", "@monthly"])]
                  : index < 198
                    ? ["0 * * * *"]
                    : ["*/30 1-3 * * *"];
    const jitter = index % 10 === 7 ? { jitterSeconds: 600 } : {};
    return { name: `s${index}`, cron, timezone: ZONES[index % ZONES.length] as string, ...jitter };
  });
}

/** Computed from the crons alone, without the code that the object uses. */
function expectedTicks(schedule: Simulated, until: number): number[] {
  const zone = unwrap(findZone(schedule.timezone));
  const all = new Set<number>();
  for (const text of schedule.cron) {
    for (const tick of ticksFrom({ cron: unwrap(parseCron(text)), zone }, START + 1)) {
      if (tick > until) break;
      all.add(tick);
    }
  }
  return [...all].sort((a, b) => a - b);
}

interface Seen {
  /** Name -> times. */
  readonly ticks: Map<string, number[]>;
  requested: number;
  lastNo: number;
}

async function collect(stub: DeploymentObject, seen: Seen): Promise<void> {
  for (const row of await rows(stub, `SELECT no, name, scheduled_for, state, cause FROM tick WHERE no > ${seen.lastNo} ORDER BY no`)) {
    // Its transaction failed, so it is decided later.
    if (row["state"] === "open") return;
    seen.lastNo = Number(row["no"]);
    const name = String(row["name"]);
    seen.ticks.set(name, [...(seen.ticks.get(name) ?? []), Number(row["scheduled_for"])]);
    if (row["state"] === "requested") seen.requested++;
  }
}

describe("two hundred schedules in nine time zones", () => {
  it(`the schedules fire exactly their ticks in ${days} simulated days`, { timeout: 1_200_000 }, async () => {
    const random = randomOf(20_270_101);
    const schedules = schedulesOf(random);
    const stub = newDeployment();
    setClock(START);
    await publish(
      stub,
      manifest({
        ...assetsOf({ a: [] }),
        jobs: [{ name: "job", selection: "a" }],
        schedules: schedules.map((schedule, index) => ({
          ...schedule,
          job: "job",
          // All missed ticks are caught up.
          catchUp: { type: "within", ms: 30 * DAY },
          overlap: index % 4 === 0 ? "allow" : "skip",
        })),
      }),
    );
    const faults = await sqlFaults(stub);
    const seen: Seen = { ticks: new Map(), requested: 0, lastNo: 0 };
    const until = START + days * DAY;
    let now = START;
    let evictions = 0;
    const started = performance.now();
    while (now < until) {
      const end = Math.min(until, now + DAY);
      now = await runInDurableObject(raw(stub), async (instance, state) => {
        let at = now;
        while (at < end) {
          const next = state.storage.sql.exec<{ at: number | null }>("SELECT min(at) AS at FROM timer").one().at ?? end;
          const chance = random();
          // The alarm comes in time, a little late, or hours late.
          at = Math.min(end, Math.max(at + 1, next) + (chance < 0.9 ? Math.floor(random() * 200) : Math.floor(random() * 8 * HOUR)));
          setClock(at);
          if (random() < 0.1) faults.failAt(1 + Math.floor(random() * 60));
          await instance.alarm();
          faults.stop();
          if (random() < 0.01) {
            setClock(at - Math.floor(random() * 3 * HOUR));
            await instance.alarm();
          }
        }
        return at;
      });
      await collect(stub, seen);
      if (random() < 0.5) {
        evictions++;
        await evictDurableObject(raw(stub));
      }
    }
    // A failed timer runs again after half a minute.
    for (let round = 0; round < 20; round++) {
      setClock(until + (round + 1) * 31_000);
      await runInDurableObject(raw(stub), (instance) => instance.alarm());
    }
    await collect(stub, seen);
    const elapsed = performance.now() - started;

    let count = 0;
    for (const schedule of schedules) {
      const jitter = schedule.jitterSeconds ?? 0;
      const expected = expectedTicks(schedule, until);
      const ticks = (seen.ticks.get(schedule.name) ?? []).filter((tick) => tick <= until);
      // The last tick may still be due within the jitter.
      const open = jitter > 0 ? expected.filter((tick) => tick > until + 20 * 31_000 - jitter * 1000 && !ticks.includes(tick)) : [];
      expect(ticks, `${schedule.name} ${schedule.cron.join(", ")} ${schedule.timezone}`).toEqual(
        expected.filter((tick) => !open.includes(tick)),
      );
      count += ticks.length;
    }
    expect(faults.thrown).toBeGreaterThan(days);
    expect(evictions).toBeGreaterThan(0);
    const [runs] = await rows(stub, "SELECT count(*) AS runs, count(DISTINCT trigger ->> 'tick') AS ticks FROM run");
    expect(runs).toEqual({ runs: seen.requested, ticks: seen.requested });
    expect(await rows(stub, "SELECT id FROM tick WHERE state NOT IN ('requested', 'skipped')")).toEqual([]);
    console.info(
      `${days} simulated days: ${count} ticks, ${seen.requested} runs, ${faults.thrown} statements failed, ${evictions} evictions, ${(elapsed / 1000).toFixed(1)} s`,
    );
  });
});
