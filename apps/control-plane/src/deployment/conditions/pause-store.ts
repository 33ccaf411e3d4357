/** Stores the pauses of automation conditions. */
import type { PauseView } from "@headgate/shared/contract/automations/conditions.ts";
import type { Database } from "../kernel/database.ts";

export function readPauses(db: Database): PauseView[] {
  return db.sql
    .exec<{ scope: string; by: string; at: number; reason: string | null; until: number | null }>(
      "SELECT scope, by, at, reason, until FROM pause ORDER BY at, scope",
    )
    .toArray();
}

export function savePause(db: Database, pause: PauseView): void {
  db.sql.exec(
    `INSERT INTO pause (scope, by, at, reason, until) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (scope) DO UPDATE SET by = excluded.by, at = excluded.at, reason = excluded.reason, until = excluded.until`,
    pause.scope,
    pause.by,
    pause.at,
    pause.reason,
    pause.until,
  );
}

/** Returns whether there was such a pause. */
export function deletePause(db: Database, scope: string): boolean {
  return db.sql.exec("DELETE FROM pause WHERE scope = ? RETURNING scope", scope).toArray().length > 0;
}
