/** How fresh are the assets with a freshness policy? Looked at when they are materialized, and at the very time when the answer changes. */
import { freshnessOf, type FreshnessState } from "@headgate/shared/domain/health/freshness.ts";
import { freshnessPolicies, isFromOutside } from "../conditions/condition-program.ts";
import { indexFreshnessChange } from "./asset-store.ts";
import { assetFacts } from "../conditions/condition-fact-store.ts";
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
import { noteConditionChange } from "../conditions/note-change.ts";
import { lastSeenAt } from "../conditions/deployment-facts.ts";
import { appendRunless } from "../kernel/runless-event.ts";

/** Looked at in one transaction; the others follow in the next. */
const SLICE = 1000;

const SENTENCES = {
  fresh: "is fresh",
  warning: "is going to be overdue",
  overdue: "is overdue",
  unknown: "has no known freshness",
} as const satisfies Record<FreshnessState, string>;

/** Of assets without a policy nothing is stored. */
export function updateFreshness(tx: Tx, assets: readonly string[]): void {
  const catalog = tx.catalog();
  const policies = freshnessPolicies(tx.db, catalog);
  if (policies.size === 0) return;
  const own = assets.filter((asset) => policies.has(asset));
  if (own.length === 0) return;
  const facts = assetFacts(tx.db, own);
  const before = freshnessRows(tx.db, own);
  for (const asset of own) {
    const policy = policies.get(asset);
    if (!policy) continue;
    const { state, changesAt } = freshnessOf(
      policy,
      lastSeenAt(facts.get(asset) ?? null, isFromOutside(tx.db, catalog, asset)),
      tx.now,
    );
    const known = before.get(asset);
    const changed = known?.state !== state;
    if (!changed && known.changesAt === changesAt) continue;
    saveFreshness(tx.db, { asset, state, since: changed ? tx.now : known.since, changesAt });
    tx.effects.push({ type: "asset_changed", asset });
    // What it is when it is looked at for the first time is no change.
    if (changed && known !== undefined)
      indexFreshnessChange(tx.db, {
        asset,
        gseq: appendRunless(tx, { type: "freshness_changed", asset, from: known.state, to: state }),
      });
    if (changed && (known !== undefined || state !== "unknown"))
      noteConditionChange(tx, [asset], { cause: `${asset} ${SENTENCES[state]}.` });
  }
  planFreshness(tx);
}

/** After a publish: policies may be new, different or gone. */
export function syncFreshness(tx: Tx): void {
  const policies = freshnessPolicies(tx.db, tx.catalog());
  const gone = assetsWithFreshness(tx.db).filter((asset) => !policies.has(asset));
  if (gone.length > 0) deleteFreshness(tx.db, gone);
  if (policies.size > 0) updateFreshness(tx, [...policies.keys()]);
  else planFreshness(tx);
}

/** The time of at least one change has come. */
export function freshnessDue(tx: Tx): void {
  const due = dueFreshness(tx.db, tx.now, SLICE);
  const policies = freshnessPolicies(tx.db, tx.catalog());
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
