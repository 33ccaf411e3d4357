/** Applies the SQL files of the directory to the local D1. It uses the same table as `wrangler d1 migrations apply`, so both can be used in turn. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "@headgate/shared/domain/errors.ts";

/** The part of D1 that is used here. */
interface Database {
  prepare(sql: string): { bind(...values: string[]): Statement } & Statement;
  batch(statements: Statement[]): Promise<unknown>;
}
interface Statement {
  all(): Promise<{ readonly results: unknown[] }>;
  run(): Promise<unknown>;
}

const CREATE = `CREATE TABLE IF NOT EXISTS d1_migrations (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)`;

export async function applyD1Migrations(database: Database, folder: string): Promise<number> {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .sort();
  if (names.length === 0) throw new AppError("internal", `There are no migrations in ${folder}. The build is incomplete.`);
  await database.prepare(CREATE).run();
  const { results } = await database.prepare("SELECT name FROM d1_migrations").all();
  const applied = new Set((results as readonly { readonly name: string }[]).map((row) => row.name));
  const unknown = [...applied].find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new AppError(
      "unsupported_version",
      `This data folder was used by a newer headgate (migration ${unknown}). Use that release, or another folder with --data.`,
    );
  }
  let count = 0;
  for (const name of names) {
    if (applied.has(name)) continue;
    const statements = splitStatements(readFileSync(join(folder, name), "utf8")).map((sql) => database.prepare(sql));
    const done = database.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind(name);
    // One batch is one transaction: a migration is applied and recorded, or neither.
    await database.batch([...statements, done]);
    count++;
  }
  return count;
}

/** In the generated files a statement ends with ';' at the end of a line, or with the marker of drizzle. */
export function splitStatements(sql: string): readonly string[] {
  const parts = sql.includes("--> statement-breakpoint") ? sql.split("--> statement-breakpoint") : sql.split(/;[ \t]*(?:\r?\n|$)/);
  return parts.map(withoutComments).filter((part) => part !== "");
}

function withoutComments(sql: string): string {
  return sql
    .split("\n")
    .filter((line) => !line.trimStart().startsWith("--"))
    .join("\n")
    .trim()
    .replace(/;$/, "")
    .trim();
}
