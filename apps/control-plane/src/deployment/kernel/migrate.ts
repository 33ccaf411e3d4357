/** Migrates a deployment's database: the applied migrations must be a prefix of the list, and the rest is applied in order. */
import { AppError } from "@headgate/shared/domain/errors.ts";

export interface Migration {
  readonly id: string;
  readonly sql: string;
}

/** The part of the storage that migrations need. */
export interface MigrationTarget {
  readonly sql: Pick<SqlStorage, "exec">;
  transactionSync<T>(closure: () => T): T;
}

/** Returns the number of applied migrations. If one fails, the database stays as it was. */
export function migrate(target: MigrationTarget, migrations: readonly Migration[]): number {
  return target.transactionSync(() => {
    target.sql.exec("CREATE TABLE IF NOT EXISTS migration (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE)");
    const applied = target.sql.exec<{ id: string }>("SELECT id FROM migration ORDER BY position").toArray();
    for (const [position, { id }] of applied.entries()) {
      if (migrations[position]?.id === id) continue;
      const expected = migrations[position]?.id ?? "nothing";
      throw new AppError(
        "unsupported_version",
        `This deployment's database has migration "${id}" at place ${position + 1} where this release has ${expected}: the release is older than the database. Deploy the newer release again.`,
      );
    }
    for (const [position, migration] of migrations.entries()) {
      if (position < applied.length) continue;
      target.sql.exec(migration.sql);
      target.sql.exec("INSERT INTO migration (position, id) VALUES (?, ?)", position, migration.id);
    }
    return migrations.length - applied.length;
  });
}
