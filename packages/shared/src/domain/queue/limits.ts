/** Which limits stand in the way of a run or a step? Counters over what is running, raised only when something is really taken. */
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
  | { readonly type: "max_runs"; readonly limit: number }
  | { readonly type: "tag"; readonly tag: string; readonly used: number; readonly limit: number }
  | { readonly type: "pool"; readonly pool: string; readonly used: number; readonly limit: number; readonly holders: readonly StepPlace[] }
  | { readonly type: "no_agent" }
  | { readonly type: "slots"; readonly total: number };

export function describeWait(reason: WaitReason): string {
  switch (reason.type) {
    case "max_runs":
      return `waiting for another run to end: ${reason.limit} of ${reason.limit} runs are in progress`;
    case "tag":
      return `waiting for a run with tag ${reason.tag} to end: ${reason.used}/${reason.limit} in progress`;
    case "pool": {
      const [first] = reason.holders;
      const holder = first
        ? `, held by run ${first.run} step ${first.step}${reason.holders.length > 1 ? ` and ${reason.holders.length - 1} more` : ""}`
        : "";
      return `waiting for pool ${reason.pool} ${reason.used}/${reason.limit}${holder}`;
    }
    case "no_agent":
      return "no agent connected";
    case "slots":
      return reason.total === 1 ? "the only slot is busy" : `all ${reason.total} slots busy`;
    default:
      return reason satisfies never;
  }
}

export interface LimitCounters {
  runBlockedBy(tags: Readonly<Record<string, string>>): WaitReason | null;
  takeRun(tags: Readonly<Record<string, string>>): void;
  poolBlockedBy(pool: string | null): WaitReason | null;
  takePool(pool: string | null, place: StepPlace): void;
}

export function limitCounters(settings: LimitSettings): LimitCounters {
  let runs = 0;
  const byTag = new Map<string, number>();
  const holders = new Map<string, StepPlace[]>();
  // `constructor` is a possible name, and every object seems to have it.
  const own = <T>(record: Readonly<Record<string, T>>, key: string) => (Object.hasOwn(record, key) ? record[key] : undefined);
  const limitOf = (pool: string) => own(settings.pools, pool) ?? settings.defaultPoolLimit ?? Infinity;
  const countersOf = (tags: Readonly<Record<string, string>>) =>
    (settings.tagLimits ?? []).flatMap((limit, position) => {
      const value = own(tags, limit.key);
      if (value === undefined || (limit.value !== undefined && limit.value !== value)) return [];
      const tag = limit.perValue === true || limit.value !== undefined ? `${limit.key}=${value}` : limit.key;
      return [{ id: JSON.stringify([position, tag]), tag, limit: limit.limit }];
    });
  return {
    runBlockedBy(tags) {
      if (settings.maxConcurrentRuns !== null && runs >= settings.maxConcurrentRuns)
        return { type: "max_runs", limit: settings.maxConcurrentRuns };
      for (const { id, tag, limit } of countersOf(tags)) {
        const used = byTag.get(id) ?? 0;
        if (used >= limit) return { type: "tag", tag, used, limit };
      }
      return null;
    },
    takeRun(tags) {
      runs++;
      for (const { id } of countersOf(tags)) byTag.set(id, (byTag.get(id) ?? 0) + 1);
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
