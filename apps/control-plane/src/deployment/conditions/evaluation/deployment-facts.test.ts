/** Conditions read a limited number of updates, however many happened since their last evaluation. */
import { runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { assetUpdates, checkUpdates, MAX_UPDATES } from "../condition-fact-store.ts";
import { openDatabase } from "../../kernel/database.ts";
import { newDeployment, raw } from "../../../../test/support/deployment.ts";

it("older updates are read as the latest of each partition, in order", async () => {
  const stub = newDeployment();
  await runInDurableObject(raw(stub), (_instance, { storage }) => {
    const extra = 300;
    storage.sql.exec(
      `WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?)
       INSERT INTO event (gseq, run_no, seq, at, level, type, body) SELECT n, 1, n, n, 1, 'asset_materialized', '{}' FROM number`,
      MAX_UPDATES + extra,
    );
    storage.sql.exec(
      "INSERT INTO asset_event (asset, gseq, type, partition, changed) SELECT 'a', gseq, type, 'p' || (gseq % 3), 1 FROM event",
    );
    const numbers = assetUpdates(openDatabase(storage), "a", 10).map((row) => row.gseq);
    expect(numbers).toEqual([extra - 2, extra - 1, extra, ...Array.from({ length: MAX_UPDATES }, (_, index) => extra + 1 + index)]);
    expect(assetUpdates(openDatabase(storage), "a", extra + 10)).toHaveLength(MAX_UPDATES - 10);
  });
});

it("older check results are read as the latest of each partition", async () => {
  const stub = newDeployment();
  await runInDurableObject(raw(stub), (_instance, { storage }) => {
    const extra = 300;
    storage.sql.exec(
      `WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?)
       INSERT INTO event (gseq, run_no, seq, at, level, type, body) SELECT n, 1, n, n, 1, 'check_evaluated', '{}' FROM number`,
      2 * (MAX_UPDATES + extra),
    );
    storage.sql.exec("INSERT INTO asset_event (asset, gseq, type, partition) SELECT 'a', gseq, type, 'p' || (gseq % 3) FROM event");
    // Every second result belongs to another check.
    storage.sql.exec(
      "INSERT INTO check_event (asset, name, gseq, run_no, step, passed, severity) SELECT 'a', iif(gseq % 2, 'odd', 'even'), gseq, 1, 's', 1, 'warn' FROM event",
    );
    const db = openDatabase(storage);
    const numbers = checkUpdates(db, { asset: "a", name: "even" }, 10).map((row) => row.gseq);
    const newest = Array.from({ length: MAX_UPDATES }, (_, index) => 2 * (extra + 1 + index));
    expect(numbers).toEqual([2 * (extra - 2), 2 * (extra - 1), 2 * extra, ...newest]);
    expect(checkUpdates(db, { asset: "a", name: "even" }, 2 * (extra + 10))).toHaveLength(MAX_UPDATES - 10);
    expect(checkUpdates(db, { asset: "a", name: "neither" }, 0)).toEqual([]);
  });
});
