/** The inputs of `bench/domain.ts`, drawn the same way each time; `domain-dagster.py` makes the same graph from the same rule. */
import type { GraphAsset } from "@headgate/shared/domain/run/plan-types.ts";

/** As many as Dagster can be asked to build while one waits; it needs about a quarter of an hour for them. */
export const ASSETS = Number(process.env["BENCH_ASSETS"] ?? 10_000);

/** Asset n reads n/2, n/3 and n-7: a graph that is wide and deep at once. */
export function dependenciesOf(index: number): number[] {
  return [...new Set([index >> 1, Math.floor(index / 3), index - 7])].filter((dep) => dep >= 0 && dep < index);
}

export function graphAssets(size: number): GraphAsset[] {
  return Array.from({ length: size }, (_, index) => ({
    key: `n${index}`,
    unit: `n${index}`,
    location: "main",
    group: `g${index % 100}`,
    kinds: [],
    owners: [],
    tags: { tier: index % 3 === 0 ? "gold" : "silver" },
    deps: dependenciesOf(index).map((dep) => ({ key: `n${dep}` })),
  }));
}

const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Sydney"];
export const SCHEDULES = Array.from({ length: 10_000 }, (_, index) => ({
  cron:
    [`${index % 60} * * * *`, `${index % 60} ${index % 24} * * *`, `0 6 * * ${index % 7}`, `30 3 ${1 + (index % 28)} * *`][index % 4] ?? "",
  zone: ZONES[index % ZONES.length] ?? "UTC",
}));

/** Milliseconds of the fastest of some runs: the one that the rest of the machine disturbed least. */
export function bestOf(runs: number, measure: () => unknown): number {
  let best = Infinity;
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    measure();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}
