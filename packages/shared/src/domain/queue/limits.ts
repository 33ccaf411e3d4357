/** Limits that make a run or a step wait: counters over what is running, raised only when something is really taken. */
export interface TagLimit {
  readonly key: string;
  /** Left out: any value. */
  readonly value?: string | undefined;
  /** Count each value for itself. */
  readonly perValue?: boolean | undefined;
  readonly limit: number;
}

export interface StepPlace {
  readonly run: string;
  readonly step: string;
}

export interface LimitSettings {
  /** Null: no limit. */
  readonly maxConcurrentRuns: number | null;
  readonly tagLimits?: readonly TagLimit[] | undefined;
  /** Pool -> slots. A pool that is not listed has `defaultPoolLimit`. */
  readonly pools: Readonly<Record<string, number>>;
  /** Null: no limit. */
  readonly defaultPoolLimit?: number | null | undefined;
}

/** Why something waits, for machines; `describeWait` says it. */
export type WaitReason =
  | { readonly type: "max_runs"; readonly limit: number; readonly holders: readonly string[] }
  | { readonly type: "tag"; readonly tag: string; readonly used: number; readonly limit: number; readonly holders: readonly string[] }
  | { readonly type: "pool"; readonly pool: string; readonly used: number; readonly limit: number; readonly holders: readonly StepPlace[] }
  /** `queue`: agents are there, but none of this queue. */
  | { readonly type: "no_agent"; readonly queue?: string | undefined }
  | { readonly type: "slots"; readonly total: number; readonly holders?: readonly string[] | undefined }
  /** Agents with free slots could not load its code location; the others are busy. */
  | { readonly type: "load_failed"; readonly location: string };

export function describeWait(reason: WaitReason): string {
  switch (reason.type) {
    case "max_runs":
      return `waiting for another run to end: ${reason.limit} of ${reason.limit} runs are in progress${runsHolding(reason.holders)}`;
    case "tag":
      return `waiting for a run with tag ${reason.tag} to end: ${reason.used}/${reason.limit} in progress${runsHolding(reason.holders)}`;
    case "pool": {
      const [first] = reason.holders;
      const holder = first
        ? `, held by run ${first.run} step ${first.step}${reason.holders.length > 1 ? ` and ${reason.holders.length - 1} more` : ""}`
        : "";
      return `waiting for pool ${reason.pool} ${reason.used}/${reason.limit}${holder}`;
    }
    case "no_agent":
      return reason.queue === undefined ? "no agent connected" : `no agent of queue '${reason.queue}' connected`;
    case "slots":
      return `${reason.total === 1 ? "the only slot is busy" : `all ${reason.total} slots busy`}${runsHolding(reason.holders ?? [])}`;
    case "load_failed":
      return `the agents that can load ${reason.location} are busy or away; the others could not load it`;
    default:
      return reason satisfies never;
  }
}

function runsHolding(holders: readonly string[]): string {
  const [first] = holders;
  if (first === undefined) return "";
  return `, held by run ${first}${holders.length > 1 ? ` and ${holders.length - 1} more` : ""}`;
}

export interface LimitCounters {
  runBlockedBy(tags: Readonly<Record<string, string>>): WaitReason | null;
  takeRun(tags: Readonly<Record<string, string>>, run: string): void;
  poolBlockedBy(pool: string | null): WaitReason | null;
  takePool(pool: string | null, place: StepPlace): void;
}

/** As what a run with these tags counts against the limit; null: it does not. */
export function countedTag(limit: TagLimit, tags: Readonly<Record<string, string>>): string | null {
  const value = own(tags, limit.key);
  if (value === undefined || (limit.value !== undefined && limit.value !== value)) return null;
  return limit.perValue === true || limit.value !== undefined ? `${limit.key}=${value}` : limit.key;
}

/** `constructor` is a possible name, and every object seems to have it. */
function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

export function limitCounters(settings: LimitSettings): LimitCounters {
  const runs: string[] = [];
  const byTag = new Map<string, string[]>();
  const holders = new Map<string, StepPlace[]>();
  const limitOf = (pool: string) => own(settings.pools, pool) ?? settings.defaultPoolLimit ?? Infinity;
  const countersOf = (tags: Readonly<Record<string, string>>) =>
    (settings.tagLimits ?? []).flatMap((limit, position) => {
      const tag = countedTag(limit, tags);
      return tag === null ? [] : [{ id: JSON.stringify([position, tag]), tag, limit: limit.limit }];
    });
  return {
    runBlockedBy(tags) {
      if (settings.maxConcurrentRuns !== null && runs.length >= settings.maxConcurrentRuns)
        return { type: "max_runs", limit: settings.maxConcurrentRuns, holders: runs.slice() };
      for (const { id, tag, limit } of countersOf(tags)) {
        const holding = byTag.get(id) ?? [];
        if (holding.length >= limit) return { type: "tag", tag, used: holding.length, limit, holders: holding.slice() };
      }
      return null;
    },
    takeRun(tags, run) {
      runs.push(run);
      for (const { id } of countersOf(tags)) {
        const holding = byTag.get(id) ?? [];
        holding.push(run);
        byTag.set(id, holding);
      }
    },
    poolBlockedBy(pool) {
      if (pool === null) return null;
      const held = holders.get(pool) ?? [];
      const limit = limitOf(pool);
      return held.length >= limit ? { type: "pool", pool, used: held.length, limit, holders: held.slice() } : null;
    },
    takePool(pool, place) {
      if (pool === null) return;
      const held = holders.get(pool) ?? [];
      held.push(place);
      holders.set(pool, held);
    },
  };
}
