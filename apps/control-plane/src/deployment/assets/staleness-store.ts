/** Reads when assets were made and changed, for finding out what is stale. */
import type { VersionFacts } from "@headgate/shared/domain/health/staleness.ts";
import type { Database } from "../kernel/database.ts";

export type StoredVersionFacts = Omit<VersionFacts, "codeVersion">;

type Row = {
  asset: string;
  at: number | null;
  seq: number | null;
  saw: number | null;
  codeVersion: string | null;
  changedSeq: number | null;
  changedSaw: number | null;
  changedAt: number | null;
  failedAt: number | null;
};

/** One row for each asset that was ever materialized, observed or tried. */
export function versionFacts(db: Database): Map<string, StoredVersionFacts> {
  const rows = db.sql.exec<Row>(
    `SELECT asset, materialized_at AS at, materialized_seq AS seq, saw_seq AS saw, code_version AS codeVersion, changed_seq AS changedSeq,
       changed_saw AS changedSaw, changed_at AS changedAt, failed_at AS failedAt FROM asset_state`,
  );
  const facts = new Map<string, StoredVersionFacts>();
  for (const { asset, at, seq, saw, codeVersion, changedSeq, changedSaw, changedAt, failedAt } of rows) {
    facts.set(asset, {
      materialized: at === null || seq === null || saw === null ? null : { at, seq, saw, codeVersion },
      changed:
        changedSeq === null || changedSaw === null || changedAt === null ? null : { seq: changedSeq, saw: changedSaw, at: changedAt },
      failedAt,
    });
  }
  return facts;
}
