/**
 * The followers of each fact; no other file knows them. Code states a fact and continues. At the end of the transaction the followers run
 * in the order written here. Facts that they state are followed in the same way, until none is left.
 */
import * as conditions from "./conditions/follow-facts.ts";
import { syncConditions } from "./conditions/sync-conditions.ts";
import { afterAssetChange, syncFreshness } from "./assets/freshness.ts";
import { recordChecked, recordFailed, recordMaterialized } from "./assets/record-partition.ts";
import { syncAutomation } from "./automations/sync-automations.ts";
import * as waitingTicks from "./automations/waiting-ticks.ts";
import * as backfills from "./backfills/run-ended.ts";
import type { Fact, FactOf, FactType } from "./facts.ts";
import type { Tx } from "./kernel/tx.ts";
import { dispatchIfWanted, wantDispatch } from "./queue/dispatch.ts";
import * as retries from "./retries/run-retry.ts";
import * as sensors from "./sensors/sensor-events.ts";
import { fireAwakened, resumeSensors } from "./sensors/sensor-ticks.ts";
import { afterDeliveriesHandled } from "./webhooks/settle-delivery.ts";
import { syncWebhooks } from "./webhooks/sync-webhooks.ts";
import { afterAgentLeft } from "./automations/end-evaluation.ts";
import { afterWebhooksActivated } from "./webhooks/announce-webhooks.ts";

/** Receives facts of one type that were stated one after the other. */
type Follower<T extends FactType> = (tx: Tx, facts: readonly FactOf<T>[]) => void;

/** The fact has no follower inside the transaction; dashboards may still get it after the commit. */
const NONE: readonly never[] = [];

export const FOLLOWERS: { readonly [T in FactType]: readonly Follower<T>[] } = {
  asset_materialized: [recordMaterialized, afterAssetChange, conditions.afterMaterialization, sensors.afterMaterialization],
  asset_observed: [afterAssetChange, conditions.afterObservation],
  asset_failed: [recordFailed, conditions.afterFailure],
  check_evaluated: [recordChecked, conditions.afterCheck, sensors.afterCheck],
  freshness_changed: [conditions.afterFreshnessChange],
  run_created: [conditions.afterRunCreated],
  // Retries come first: the others check whether the run will be retried.
  run_ended: [retries.afterRunEnded, conditions.afterRunEnded, sensors.afterRunEnded, waitingTicks.afterRunEnded, backfills.afterRunEnded],
  backfill_progressed: [conditions.afterBackfillChange],
  run_retry_dropped: [backfills.afterRetryDropped],
  work_available: [wantDispatch],
  version_activated: [syncAutomation, syncWebhooks, syncConditions, syncFreshness],
  partition_keys_changed: [conditions.afterKeyChange],
  deliveries_handled: [afterDeliveriesHandled],
  webhooks_activated: [afterWebhooksActivated],
  outbox_due: NONE,
  outbox_changed: NONE,
  agent_connected: [waitingTicks.afterAgentConnected, resumeSensors],
  agent_left: [afterAgentLeft],
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

/** Work that is done when no fact is left. Each function returns whether it did something. */
const LAST: readonly ((tx: Tx) => boolean)[] = [fireAwakened, dispatchIfWanted];

/** Runs at the end of a transaction, before it is stored. */
export function runFollowers(tx: Tx): void {
  let next = 0;
  for (;;) {
    next = followFrom(tx, next);
    if (!LAST.some((work) => work(tx))) return;
  }
}

/** Follows all facts from an index on, including facts that followers state. Returns the index after the last one. */
function followFrom(tx: Tx, from: number): number {
  let at = from;
  while (at < tx.facts.length) {
    const followed = tx.facts.slice(at).filter(({ type }) => FOLLOWERS[type].length > 0);
    at = tx.facts.length;
    for (const facts of runsOfOneType(followed)) follow(tx, facts);
  }
  return at;
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
function follow<T extends FactType>(tx: Tx, facts: readonly FactOf<T>[]): void {
  const [first] = facts;
  if (!first) return;
  const followers: readonly Follower<T>[] = FOLLOWERS[first.type];
  for (const follower of followers) follower(tx, facts);
}
