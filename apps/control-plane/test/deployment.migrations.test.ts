/** The database: made once, brought up to date in order, refused when it is newer than the release, and described truly. */
import { getTableColumns, getTableName, is, Table } from "drizzle-orm";
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { migrate } from "../src/deployment/migrate.ts";
import { MIGRATIONS } from "../src/deployment/migrations.ts";
import * as automationSchema from "../src/deployment/automation-schema.ts";
import * as schema from "../src/deployment/schema.ts";
import { newDeployment, raw, rows } from "./support/deployment.ts";

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

describe("the database of a deployment", () => {
  it("has exactly the tables and columns that the schema describes", async () => {
    const stub = newDeployment();
    const described = Object.values({ ...schema, ...automationSchema }).filter((entry) => is(entry, Table));
    const tables = (
      await rows(
        stub,
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%' AND name <> 'migration'",
      )
    ).map((row) => row["name"]);
    expect(tables.toSorted()).toEqual(described.map((table) => getTableName(table)).toSorted());
    for (const table of described) {
      const columns = await rows(stub, `SELECT name, type, "notnull" AS required, pk FROM pragma_table_info('${getTableName(table)}')`);
      const expected = Object.entries(getTableColumns(table)).map(([name, column]) => [
        snakeCase(name),
        column.getSQLType().toUpperCase(),
        column.notNull || column.primary,
      ]);
      expect(columns.map((row) => [row["name"], row["type"], row["required"] === 1 || Number(row["pk"]) > 0])).toEqual(expected);
    }
  });

  it("is migrated once, in order, and keeps its rows", async () => {
    const stub = newDeployment();
    await runInDurableObject(raw(stub), (_instance, { storage }) => {
      storage.sql.exec("INSERT INTO request (id, run_no, at) VALUES ('r', 1, 1)");
      expect(migrate(storage, MIGRATIONS)).toBe(0);
      const later = [...MIGRATIONS, { id: "9999-later", sql: "ALTER TABLE request ADD COLUMN extra TEXT" }];
      expect(migrate(storage, later)).toBe(1);
      expect(storage.sql.exec("SELECT id, extra FROM request").toArray()).toEqual([{ id: "r", extra: null }]);
      expect(() => migrate(storage, MIGRATIONS)).toThrow("9999-later");
    });
  });

  it("stays as it was when a migration fails", async () => {
    const stub = newDeployment();
    await runInDurableObject(raw(stub), (_instance, { storage }) => {
      const broken = [
        ...MIGRATIONS,
        { id: "1", sql: "CREATE TABLE extra (a TEXT)" },
        { id: "2", sql: "INSERT INTO no_such_table VALUES (1)" },
      ];
      expect(() => migrate(storage, broken)).toThrow("no_such_table");
      expect(storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'extra'").toArray()).toEqual([]);
      expect(migrate(storage, MIGRATIONS)).toBe(0);
    });
  });

  it("answers every hot question through an index", async () => {
    const stub = newDeployment();
    const questions = [
      "SELECT position FROM step WHERE run_no = 1 AND status = 'pending' AND deps_left = 0 ORDER BY position LIMIT 4",
      "SELECT agent, count(*) FROM step WHERE status IN ('assigned', 'running') GROUP BY agent",
      "SELECT no FROM run INDEXED BY run_open WHERE status IN ('queued', 'starting', 'running', 'canceling') ORDER BY priority DESC, no",
      "SELECT seq FROM event WHERE run_no = 1 AND seq > 10 ORDER BY seq LIMIT 10",
      "SELECT gseq FROM asset_event WHERE asset = 'a' AND gseq < 10 ORDER BY gseq DESC LIMIT 10",
      "SELECT asset FROM step_asset WHERE open = 1",
      "SELECT at FROM timer WHERE at <= 5 ORDER BY at LIMIT 10",
      "SELECT asset FROM asset_state WHERE failed_at IS NOT NULL ORDER BY failed_at DESC LIMIT 10",
    ];
    for (const question of questions) {
      const plan = (await rows(stub, `EXPLAIN QUERY PLAN ${question}`)).map((row) => String(row["detail"]));
      expect(
        plan.filter(
          (line) => !/USING (COVERING )?INDEX|USING PRIMARY KEY|USING INTEGER PRIMARY KEY/.test(line) && /^(SCAN|USE TEMP)/.test(line),
        ),
        question,
      ).toEqual([]);
    }
  });
});
