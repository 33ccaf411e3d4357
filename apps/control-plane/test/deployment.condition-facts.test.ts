/** What conditions read of an asset stays bounded, however much happened to it since they last looked. */
import { runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { assetUpdates, MAX_UPDATES } from "../src/deployment/store/condition-fact-store.ts";
import { openDatabase } from "../src/deployment/store/database.ts";
import { newDeployment, raw } from "./support/deployment.ts";

it("updates beyond the newest are read as the latest of each partition, in order", async () => {
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
