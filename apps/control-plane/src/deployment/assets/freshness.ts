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
import type { Turn } from "../kernel/tx.ts";
import { noteConditionChange } from "../conditions/note-change.ts";
import { lastSeenAt } from "../conditions/deployment-facts.ts";
import { appendRunless } from "../kernel/runless-event.ts";

/** Looked at in one turn; the others follow in the next. */
const SLICE = 1000;

const SENTENCES = {
  fresh: "is fresh",
  warning: "is going to be overdue",
  overdue: "is overdue",
  unknown: "has no known freshness",
} as const satisfies Record<FreshnessState, string>;

/** Of assets without a policy nothing is stored. */
export function updateFreshness(turn: Turn, assets: readonly string[]): void {
  const catalog = turn.catalog();
  const policies = freshnessPolicies(turn.db, catalog);
  if (policies.size === 0) return;
  const own = assets.filter((asset) => policies.has(asset));
  if (own.length === 0) return;
  const facts = assetFacts(turn.db, own);
  const before = freshnessRows(turn.db, own);
  for (const asset of own) {
    const policy = policies.get(asset);
    if (!policy) continue;
    const { state, changesAt } = freshnessOf(
      policy,
      lastSeenAt(facts.get(asset) ?? null, isFromOutside(turn.db, catalog, asset)),
      turn.now,
    );
    const known = before.get(asset);
    const changed = known?.state !== state;
    if (!changed && known.changesAt === changesAt) continue;
    saveFreshness(turn.db, { asset, state, since: changed ? turn.now : known.since, changesAt });
    turn.effects.push({ type: "asset_changed", asset });
    // What it is when it is looked at for the first time is no change.
    if (changed && known !== undefined)
      indexFreshnessChange(turn.db, {
        asset,
        gseq: appendRunless(turn, { type: "freshness_changed", asset, from: known.state, to: state }),
      });
    if (changed && (known !== undefined || state !== "unknown"))
      noteConditionChange(turn, [asset], { cause: `${asset} ${SENTENCES[state]}.` });
  }
  planFreshness(turn);
}

/** After a publish: policies may be new, different or gone. */
export function syncFreshness(turn: Turn): void {
  const policies = freshnessPolicies(turn.db, turn.catalog());
  const gone = assetsWithFreshness(turn.db).filter((asset) => !policies.has(asset));
  if (gone.length > 0) deleteFreshness(turn.db, gone);
  if (policies.size > 0) updateFreshness(turn, [...policies.keys()]);
  else planFreshness(turn);
}

/** The time of at least one change has come. */
export function freshnessDue(turn: Turn): void {
  const due = dueFreshness(turn.db, turn.now, SLICE);
  const policies = freshnessPolicies(turn.db, turn.catalog());
  const gone = due.filter((asset) => !policies.has(asset));
  if (gone.length > 0) deleteFreshness(turn.db, gone);
  updateFreshness(turn, due);
  planFreshness(turn);
}

function planFreshness(turn: Turn): void {
  const at = nextFreshnessChange(turn.db);
  if (at === null) clearTimer(turn.db, "freshness", "");
  else setTimer(turn.db, { kind: "freshness", id: "", at });
  turn.effects.push({ type: "timers_changed" });
}
