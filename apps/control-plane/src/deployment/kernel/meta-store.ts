/** Stores single values of the deployment, such as its identity and the position of the live stream. */
import type { Database } from "./database.ts";
import type { DeploymentIdentity } from "./identity.ts";

export function readMeta(db: Database, key: string): string | null {
  return db.sql.exec<{ value: string }>("SELECT value FROM meta WHERE key = ?", key).toArray()[0]?.value ?? null;
}

export function writeMeta(db: Database, key: string, value: string): void {
  db.sql.exec("INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value);
}

export function readIdentity(db: Database): DeploymentIdentity | null {
  const text = readMeta(db, "identity");
  return text === null ? null : (JSON.parse(text) as DeploymentIdentity);
}

export interface StreamPosition {
  readonly stream: string;
  readonly seq: number;
}

/** The stream id is made with the database, so a deployment that is restored from a copy continues the stream and its numbers. */
export function readStream(db: Database): StreamPosition {
  return { stream: readMeta(db, "stream") ?? "", seq: Number(readMeta(db, "live_seq") ?? 0) };
}

export function advanceStream(db: Database): number {
  const row = db.sql
    .exec<{ value: string }>(
      "INSERT INTO meta (key, value) VALUES ('live_seq', '1') ON CONFLICT (key) DO UPDATE SET value = value + 1 RETURNING value",
    )
    .one();
  return Number(row.value);
}
