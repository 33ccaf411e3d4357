/** Keeps the freshness state of assets up to date: after a materialization or observation, and at the moment when a state changes by time alone. */
import { freshnessOf } from "@headgate/shared/domain/health/freshness.ts";
import { indexFreshnessChange } from "./asset-store.ts";
import {
  assetsWithFreshness,
  deleteFreshness,
  dueFreshness,
  freshnessRows,
  nextFreshnessChange,
  saveFreshness,
} from "./freshness-store.ts";
import { clearTimer, setTimer } from "../kernel/timer-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { appendRunless } from "../kernel/events/event-store.ts";
import { catalogOf } from "../catalog/catalog.ts";
import { freshnessPolicies, isFromOutside } from "../catalog/definition-details.ts";
import { lastSeenAt, assetFacts } from "./latest-fact-store.ts";

/** The most assets updated in one transaction; the next one continues. */
const SLICE = 1000;

/** Assets without a policy have no stored state. */
function updateFreshness(tx: Tx, assets: readonly string[]): void {
  const catalog = catalogOf(tx);
  const policies = freshnessPolicies(tx.db, catalog);
  if (policies.size === 0) return;
  const own = assets.filter((asset) => policies.has(asset));
  if (own.length === 0) return;
  const facts = assetFacts(tx.db, own);
  const before = freshnessRows(tx.db, own);
  for (const asset of own) {
    const policy = policies.get(asset);
    if (!policy) continue;
    const { state, changesAt } = freshnessOf(policy, lastSeenAt(facts.get(asset) ?? null, isFromOutside(tx.db, catalog, asset)), tx.now);
    const known = before.get(asset);
    const changed = known?.state !== state;
    if (!changed && known.changesAt === changesAt) continue;
    saveFreshness(tx.db, { asset, state, since: changed ? tx.now : known.since, changesAt });
    tx.fact({ type: "asset_changed", asset });
    // The first known state is not a change.
    if (changed && known !== undefined)
      indexFreshnessChange(tx.db, {
        asset,
        gseq: appendRunless(tx, { type: "freshness_changed", asset, from: known.state, to: state }),
      });
    if (changed && (known !== undefined || state !== "unknown")) tx.fact({ type: "freshness_changed", asset, state });
  }
  planFreshness(tx);
}

export function afterAssetChange(tx: Tx, facts: readonly { readonly asset: string }[]): void {
  updateFreshness(tx, [...new Set(facts.map(({ asset }) => asset))]);
}

/** Runs after an activation: policies may be new, different or gone. */
export function syncFreshness(tx: Tx): void {
  const policies = freshnessPolicies(tx.db, catalogOf(tx));
  const gone = assetsWithFreshness(tx.db).filter((asset) => !policies.has(asset));
  if (gone.length > 0) deleteFreshness(tx.db, gone);
  if (policies.size > 0) updateFreshness(tx, [...policies.keys()]);
  else planFreshness(tx);
}

/** Runs when a state changes by time alone. */
export function freshnessDue(tx: Tx): void {
  const due = dueFreshness(tx.db, tx.now, SLICE);
  const policies = freshnessPolicies(tx.db, catalogOf(tx));
  const gone = due.filter((asset) => !policies.has(asset));
  if (gone.length > 0) deleteFreshness(tx.db, gone);
  updateFreshness(tx, due);
  planFreshness(tx);
}

function planFreshness(tx: Tx): void {
  const at = nextFreshnessChange(tx.db);
  if (at === null) clearTimer(tx.db, "freshness", "");
  else setTimer(tx.db, { kind: "freshness", id: "", at });
  tx.effects.push({ type: "timers_changed" });
}
