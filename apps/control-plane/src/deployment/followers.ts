/**
 * The followers of each fact; no other file knows them. Code states a fact and continues. At the end of the transaction the followers run
 * in the order written here. Facts that they state are followed in the same way, until none is left.
 */
import * as conditions from "./conditions/follow-facts.ts";
import { syncConditions } from "./conditions/sync-conditions.ts";
import { afterAssetChange, syncFreshness } from "./assets/freshness.ts";
import * as stalePartitions from "./assets/stale-partitions.ts";
import { recordChecked, recordFailed, recordMaterialized } from "./assets/record-partition.ts";
import { syncAutomation } from "./automations/sync-automations.ts";
import * as waitingTicks from "./automations/waiting-ticks.ts";
import * as backfills from "./backfills/run-ended.ts";
import type { Fact, FactOf, FactType } from "./facts.ts";
import { watchKeys } from "@headgate/shared/sensor/sensor-kinds.ts";
import { type Catalog, catalogOf } from "./catalog/catalog.ts";
import { freshnessPolicies } from "./catalog/definition-details.ts";
import { conditionProgram } from "./conditions/condition-program.ts";
import type { Database } from "./kernel/database.ts";
import type { Tx } from "./kernel/tx.ts";
import { dispatch } from "./queue/dispatch.ts";
import * as retries from "./retries/run-retry.ts";
import { concernsSensors, passToSensors } from "./sensors/follow-facts.ts";
import { afterAwakened, resumeSensors } from "./sensors/sensor-ticks.ts";
import { afterDeliveriesHandled } from "./webhooks/settle-delivery.ts";
import { syncWebhooks } from "./webhooks/sync-webhooks.ts";
import { afterAgentLeft } from "./automations/end-evaluation.ts";
import { afterWebhooksActivated } from "./webhooks/announce-webhooks.ts";

/** The active definitions want to know of these. It is computed once per catalog, so that a fact without a follower costs nothing. */
interface Interests {
  /** Assets with partitions. */
  readonly partitioned: ReadonlySet<string>;
  /** Partitioned assets and what they read. */
  readonly readByPartitions: ReadonlySet<string>;
  /** Assets with a freshness policy. */
  readonly freshness: ReadonlySet<string>;
  /** True if there is any automation condition. */
  readonly conditions: boolean;
  /** True if any sensor watches events. */
  readonly sensors: boolean;
}

const known = new WeakMap<Catalog, Interests>();

function interestsOf(at: { readonly db: Database }): Interests {
  const catalog = catalogOf(at);
  const interests = known.get(catalog) ?? read(at.db, catalog);
  known.set(catalog, interests);
  return interests;
}

function read(db: Database, catalog: Catalog): Interests {
  return {
    partitioned: new Set(catalog.graph.assets.flatMap((asset) => (asset?.partitions ? [asset.key] : []))),
    readByPartitions: stalePartitions.readByPartitions(catalog.graph),
    freshness: new Set(freshnessPolicies(db, catalog).keys()),
    conditions: conditionProgram(db, catalog).program.conditions.size > 0,
    sensors: catalog.sensors.some((sensor) => watchKeys(sensor).length > 0),
  };
}

/** Receives facts of one type that were stated one after the other. */
type Follow<T extends FactType> = (tx: Tx, facts: readonly FactOf<T>[]) => void;

interface Follower<T extends FactType> {
  readonly follow: Follow<T>;
  /** Says whether the follower wants this fact. Usually it does not: few assets are watched, few runs are retried. */
  readonly wants: (fact: FactOf<T>, interests: Interests) => boolean;
}

function always<T extends FactType>(follow: Follow<T>): Follower<T> {
  return { follow, wants: () => true };
}

function when<T extends FactType>(wants: Follower<T>["wants"], follow: Follow<T>): Follower<T> {
  return { follow, wants };
}

interface OfAsset {
  readonly asset: string;
}
const isPartitioned = ({ asset }: OfAsset, { partitioned }: Interests): boolean => partitioned.has(asset);
const isReadByPartitions = ({ asset }: OfAsset, interests: Interests): boolean => interests.readByPartitions.has(asset);
const hasFreshness = ({ asset }: OfAsset, { freshness }: Interests): boolean => freshness.has(asset);
const readByConditions = (_fact: unknown, { conditions: exist }: Interests): boolean => exist;

/** The fact has no follower of its own inside the transaction; dashboards may still get it after the commit. */
const NONE: readonly never[] = [];

/** Sensors follow last; `sensors/facts-to-events.ts` lists what they can watch. */
export const FOLLOWERS: { readonly [T in FactType]: readonly Follower<T>[] } = {
  asset_materialized: [
    when(isPartitioned, recordMaterialized),
    when(isReadByPartitions, stalePartitions.afterMaterialization),
    when(hasFreshness, afterAssetChange),
    when(readByConditions, conditions.afterMaterialization),
  ],
  asset_observed: [
    when((fact, interests) => fact.changed && isReadByPartitions(fact, interests), stalePartitions.afterObservation),
    when(hasFreshness, afterAssetChange),
    when(readByConditions, conditions.afterObservation),
  ],
  asset_failed: [when(isPartitioned, recordFailed), when(readByConditions, conditions.afterFailure)],
  check_evaluated: [when(isPartitioned, recordChecked), when(readByConditions, conditions.afterCheck)],
  freshness_changed: [when(readByConditions, conditions.afterFreshnessChange)],
  run_created: [when(readByConditions, conditions.afterRunCreated)],
  run_ended: [
    // Retries come first: the others check whether the run will be retried.
    when(({ status }) => status === "failed", retries.afterRunEnded),
    when(readByConditions, conditions.afterRunEnded),
    when(({ source }) => source !== null, waitingTicks.afterRunEnded),
    when(({ backfill }) => backfill !== null, backfills.afterRunEnded),
  ],
  backfill_progressed: [when(readByConditions, conditions.afterBackfillChange)],
  run_retry_dropped: [always(backfills.afterRetryDropped)],
  sensor_event: NONE,
  sensor_awakened: [always(afterAwakened)],
  work_available: [always(dispatch)],
  version_activated: [always(syncAutomation), always(syncWebhooks), always(syncConditions), always(syncFreshness)],
  location_switched: [always(syncAutomation), always(conditions.afterLocationSwitched)],
  partition_keys_changed: [when(readByConditions, conditions.afterKeyChange)],
  deliveries_handled: [always(afterDeliveriesHandled)],
  webhooks_activated: [always(afterWebhooksActivated)],
  outbox_due: NONE,
  outbox_changed: NONE,
  agent_connected: [always(waitingTicks.afterAgentConnected), always(resumeSensors)],
  agent_left: [always(afterAgentLeft)],
  conditions_changed: NONE,
  dry_run_answered: NONE,
  run_changed: NONE,
  step_changed: NONE,
  step_asset_changed: NONE,
  events_added: NONE,
  asset_changed: NONE,
  location_changed: NONE,
  agent_changed: NONE,
  agent_gone: NONE,
  evaluation_added: NONE,
  pauses_changed: NONE,
  automation_changed: NONE,
  tick_changed: NONE,
  backfill_changed: NONE,
  settings_changed: NONE,
  definitions_changed: NONE,
};

/** Facts that are followed when nothing else is left, each kind once: first sensors start, then steps are given away. */
const LAST = ["sensor_awakened", "work_available"] as const satisfies readonly FactType[];
const waits: ReadonlySet<FactType> = new Set(LAST);

/** Runs at the end of a transaction, before it is stored. Facts that followers state are followed, too. */
export function runFollowers(tx: Tx): void {
  const waiting = new Map<FactType, Fact[]>();
  let next = 0;
  for (;;) {
    next = followFrom(tx, next, waiting);
    const last = LAST.map((type) => waiting.get(type)).find((facts) => facts !== undefined);
    if (!last?.[0]) return;
    waiting.delete(last[0].type);
    follow(tx, last, interestsOf(tx));
  }
}

/** Follows all facts from an index on, but sets those aside that come last. Returns the index after the last one. */
function followFrom(tx: Tx, from: number, waiting: Map<FactType, Fact[]>): number {
  let at = from;
  while (at < tx.facts.length) {
    const fresh = tx.facts.slice(at);
    const interests = interestsOf(tx);
    at = tx.facts.length;
    for (const fact of fresh) if (waits.has(fact.type)) waiting.set(fact.type, [...(waiting.get(fact.type) ?? []), fact]);
    for (const facts of runsOfOneType(fresh.filter(({ type }) => isFollowed(type) && !waits.has(type)))) follow(tx, facts, interests);
  }
  return at;
}

function isFollowed(type: FactType): boolean {
  return FOLLOWERS[type].length > 0 || concernsSensors(type);
}

function* runsOfOneType(facts: readonly Fact[]): Generator<readonly Fact[]> {
  let start = 0;
  for (let end = 1; end <= facts.length; end++) {
    if (facts[end]?.type === facts[start]?.type) continue;
    yield facts.slice(start, end);
    start = end;
  }
}

/** All facts have the type of the first. */
function follow<T extends FactType>(tx: Tx, facts: readonly FactOf<T>[], interests: Interests): void {
  const [first] = facts;
  if (!first) return;
  const followers: readonly Follower<T>[] = FOLLOWERS[first.type];
  for (const { follow: run, wants } of followers) {
    const wanted = facts.filter((fact) => wants(fact, interests));
    if (wanted.length > 0) run(tx, wanted);
  }
  if (interests.sensors) passToSensors(tx, facts);
}
