/** Stores which sensors led to the changes that a condition saw since its last request, until it requests again. */
import type { CauseChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import { type Database, execBatches } from "../kernel/database.ts";

export function readChains(db: Database, targets: readonly string[]): Map<string, CauseChain> {
  const rows = db.sql
    .exec<{ target: string; chain: string }>(
      "SELECT target, chain FROM condition_state WHERE chain IS NOT NULL AND target IN (SELECT value FROM json_each(?))",
      JSON.stringify(targets),
    )
    .toArray();
  return new Map(rows.map(({ target, chain }) => [target, JSON.parse(chain) as CauseChain]));
}

/** Null removes the stored chain. */
export function saveChains(db: Database, chains: ReadonlyMap<string, CauseChain | null>): void {
  execBatches(
    db,
    `UPDATE condition_state SET chain = change.value ->> 1 FROM json_each(?1) AS change WHERE condition_state.target = change.value ->> 0`,
    { rows: [...chains] },
  );
}
