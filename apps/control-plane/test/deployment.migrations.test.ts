/** The migrations of the database: applied once and in order, refused if newer than the release, and equal to the Drizzle schema. */
import { getTableColumns, getTableName, is, Table } from "drizzle-orm";
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { migrate } from "../src/deployment/kernel/migrate.ts";
import { MIGRATIONS } from "../src/deployment/migrations.ts";
import * as agents from "../src/deployment/agents/tables.ts";
import * as assets from "../src/deployment/assets/tables.ts";
import * as backfills from "../src/deployment/backfills/tables.ts";
import * as catalog from "../src/deployment/catalog/tables.ts";
import * as conditions from "../src/deployment/conditions/tables.ts";
import * as kernel from "../src/deployment/kernel/tables.ts";
import * as outbox from "../src/deployment/outbox/tables.ts";
import * as partitions from "../src/deployment/partitions/tables.ts";
import * as runs from "../src/deployment/runs/tables.ts";
import * as ticks from "../src/deployment/ticks/tables.ts";
import * as webhooks from "../src/deployment/webhooks/tables.ts";
import { newDeployment, raw, rows } from "./support/deployment.ts";

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

describe("the database of a deployment", () => {
  it("the database has exactly the tables and columns of the schema", async () => {
    const stub = newDeployment();
    const described = [kernel, outbox, catalog, partitions, agents, assets, runs, ticks, webhooks, conditions, backfills]
      .flatMap((tables): unknown[] => Object.values(tables))
      .filter((entry) => is(entry, Table));
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

  it("each migration is applied once, in order, and keeps the rows", async () => {
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

  it("a failed migration leaves the database as it was", async () => {
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

  it("events collected before chains existed are kept", async () => {
    const stub = newDeployment();
    await runInDurableObject(raw(stub), (_instance, { storage }) => {
      storage.sql.exec("CREATE TABLE automation_before AS SELECT * FROM automation");
      storage.sql.exec(
        "INSERT INTO automation_before (location, kind, name, gathered) VALUES ('l', 'sensor', 's', ?), ('l', 'sensor', 't', NULL)",
        '{"a":{"type":"asset","seq":7}}',
      );
      const { sql = "" } = MIGRATIONS.find(({ id }) => id === "0003-chains") ?? {};
      const update = sql.slice(sql.indexOf("UPDATE automation ")).replaceAll("automation", "automation_before");
      storage.sql.exec(update);
      const [first, second] = storage.sql.exec("SELECT gathered FROM automation_before ORDER BY name").toArray();
      expect(JSON.parse(String(first?.["gathered"]))).toEqual({ a: { event: { type: "asset", seq: 7 }, chain: null } });
      expect(second).toEqual({ gathered: null });
    });
  });

  it("every frequent query uses an index", async () => {
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
      "SELECT no FROM run INDEXED BY run_open WHERE status IN ('queued', 'starting', 'running', 'canceling') AND status = 'queued' AND priority <= 1 AND (priority < 1 OR no > 2) ORDER BY priority DESC, no LIMIT 200",
      "SELECT min(assigned_at) FROM step WHERE status IN ('assigned', 'running') AND status = 'assigned'",
      "SELECT id FROM delivery WHERE hook = 'a' AND sender_id = 'b'",
      "SELECT id FROM delivery WHERE hook = 'a' AND no < 9 ORDER BY no DESC LIMIT 10",
      "SELECT id FROM delivery WHERE at < 5 ORDER BY at LIMIT 500",
      "SELECT min(at) FROM delivery",
      "SELECT id FROM hook_secret WHERE hook = 'a' ORDER BY created_at",
      "SELECT id FROM run WHERE created_at BETWEEN 1 AND 9 ORDER BY created_at DESC, no DESC LIMIT 10",
      "SELECT target FROM condition_state WHERE wake_at <= 5 ORDER BY wake_at LIMIT 10",
      "SELECT min(wake_at) FROM condition_state WHERE wake_at IS NOT NULL",
      "SELECT no FROM condition_evaluation WHERE target = 'a' AND no < 9 ORDER BY no DESC LIMIT 10",
      "SELECT no FROM condition_evaluation WHERE no < 9 AND requested > 0 ORDER BY no DESC LIMIT 10",
      "SELECT asset FROM freshness_state WHERE changes_at <= 5 ORDER BY changes_at LIMIT 10",
      "SELECT asset FROM freshness_state INDEXED BY freshness_state_late WHERE state IN ('warning', 'overdue') ORDER BY since DESC LIMIT 10",
      "SELECT at FROM condition_evaluation INDEXED BY condition_evaluation_request_of WHERE target = 'a' AND requested > 0 ORDER BY no DESC LIMIT 5",
      "SELECT 1 FROM tick WHERE location = 'l' AND name = 's' AND scheduled_for = 5 AND kind = 'schedule' AND cause IN ('clock', 'catch_up')",
      "SELECT id FROM tick WHERE location = 'l' AND kind = 'sensor' AND name = 's' AND state = 'open' ORDER BY no",
      "SELECT id FROM tick WHERE location = 'l' AND kind = 'sensor' AND name = 's' ORDER BY no DESC LIMIT 40",
      "SELECT id FROM tick WHERE location = 'l' AND kind = 'sensor' AND name = 's' AND state = 'failed' ORDER BY no DESC LIMIT 1",
      "SELECT id FROM tick WHERE state = 'open' AND started_at IS NULL AND no > 5 ORDER BY no LIMIT 100",
      "SELECT id FROM tick WHERE state = 'open' AND agent = 'a' ORDER BY no",
      "SELECT agent, count(*) FROM tick WHERE state = 'open' AND agent IS NOT NULL GROUP BY agent",
      "SELECT id FROM tick WHERE state = 'failed' ORDER BY no DESC LIMIT 50",
      "SELECT id FROM tick WHERE no < 9 ORDER BY no DESC LIMIT 50",
      "SELECT id FROM tick INDEXED BY tick_requested WHERE state = 'requested' ORDER BY no DESC LIMIT 50",
      "SELECT id FROM tick INDEXED BY tick_by_state WHERE location = 'l' AND kind = 'sensor' AND name = 's' AND state = 'skipped' ORDER BY no DESC LIMIT 50",
      "SELECT id FROM tick INDEXED BY tick_skipped WHERE state = 'skipped' AND no < 9 ORDER BY no DESC LIMIT 50",
      "SELECT no FROM sensor_event WHERE location = 'l' AND sensor = 's' ORDER BY no LIMIT 50",
      "SELECT (SELECT count(*) FROM sensor_event WHERE location = given.value ->> 0 AND sensor = given.value ->> 2) FROM json_each('[]') AS given",
      "SELECT given.key, count(*) FROM json_each('[]') AS given CROSS JOIN tick WHERE location = given.value ->> 0 AND kind = given.value ->> 1 AND name = given.value ->> 2 AND state = 'open'",
      "SELECT tick.id FROM json_each('[]') AS given CROSS JOIN tick WHERE tick.no IN (SELECT no FROM tick WHERE location = given.value ->> 0 AND kind = given.value ->> 1 AND name = given.value ->> 2 ORDER BY no DESC LIMIT 40)",
      "SELECT cursor FROM automation WHERE (location, kind, name) IN (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each('[]'))",
      "SELECT target FROM condition_state WHERE chain IS NOT NULL AND target IN (SELECT value FROM json_each('[]'))",
      "DELETE FROM self_start WHERE at < 5",
      "SELECT run_no FROM run_key WHERE location = 'l' AND sensor = 's' AND key = 'k'",
      "SELECT no FROM run WHERE source = 's' AND status IN ('queued', 'starting', 'running', 'canceling') ORDER BY no",
      "SELECT no FROM run WHERE parent = 'r' AND backfill_no = 1 ORDER BY no DESC LIMIT 1",
      "SELECT ended_at FROM run WHERE backfill_no = 1 AND ended_at IS NOT NULL ORDER BY no DESC LIMIT 100",
      "SELECT no FROM backfill INDEXED BY backfill_open WHERE status IN ('running', 'paused', 'canceling')",
      "SELECT key FROM dynamic_key WHERE name = 'n' AND no < 9 ORDER BY no DESC LIMIT 100",
      "SELECT gseq FROM report_request WHERE id = 'r'",
      "SELECT no FROM run WHERE status = 'succeeded' AND checks_failed > 0 AND no < 9 ORDER BY no DESC LIMIT 50",
      "SELECT asset, max(at), run FROM partition_failure WHERE asset IN (SELECT value FROM json_each('[]')) GROUP BY asset",
      "SELECT step.partition FROM step_asset CROSS JOIN step ON step.run_no = step_asset.run_no AND step.position = step_asset.step WHERE step_asset.asset = 'a' AND step_asset.open = 1",
      "SELECT event.at FROM asset_event CROSS JOIN event ON event.gseq = asset_event.gseq WHERE asset = 'a' AND asset_event.gseq > 5 ORDER BY asset_event.gseq",
      "SELECT event.at FROM check_event CROSS JOIN event ON event.gseq = check_event.gseq WHERE asset = 'a' AND name = 'c' AND check_event.gseq > 5 ORDER BY check_event.gseq",
    ];
    for (const question of questions) {
      const plan = (await rows(stub, `EXPLAIN QUERY PLAN ${question}`)).map((row) => String(row["detail"]));
      expect(
        plan.filter(
          (line) =>
            !/USING (COVERING )?INDEX|USING PRIMARY KEY|USING INTEGER PRIMARY KEY|VIRTUAL TABLE/.test(line) &&
            /^(SCAN|USE TEMP)/.test(line),
        ),
        question,
      ).toEqual([]);
    }
  });
});
