/** What Trino answers for relations that have columns, but no metadata tables of Iceberg, and to a parameter where it takes none. */
import { expect, test } from "vitest";
import { createLogger } from "../../src/runtime/steps/logger.ts";
import { icebergMaterialization, icebergMetadata, icebergTable } from "../../src/integrations/trino/index.ts";
import { signature, startFakeTrino, STATS } from "./fake-trino.test-support.ts";
import { openTrino, rejection } from "./open-trino.test-support.ts";

const VARCHAR = signature("varchar");
const columns = (...names: readonly string[]) => names.map((name) => ({ name, type: "varchar", typeSignature: VARCHAR }));
const refused = (errorName: string, message: string) => ({ error: { message, errorCode: 46, errorName, errorType: "USER_ERROR" } });

/** A materialized view with two rows. */
async function openView() {
  const server = await startFakeTrino({
    pages: [{}],
    misbehave({ method, body }) {
      if (method !== "POST") return undefined;
      const found = [
        [
          /information_schema\.columns/,
          { columns: columns("name", "type", "nullable", "comment"), data: [["region", "varchar", "YES", null]] },
        ],
        [/\$snapshots/, refused("TABLE_NOT_FOUND", "line 1:1: Table 'lakehouse.gold.\"by_region$snapshots\"' does not exist")],
        [/table_comments/, { columns: columns("comment"), data: [["by region"]] }],
        [/count\(\*\)/, { columns: [{ name: "_col0", type: "bigint", typeSignature: signature("bigint") }], data: [[2]] }],
        [/refresh/, { updateType: "REFRESH MATERIALIZED VIEW" }],
      ].find(([pattern]) => (pattern as RegExp).test(body));
      return { status: 200, body: JSON.stringify({ id: "q1", infoUri: "", stats: STATS, ...(found?.[1] as object) }) };
    },
  });
  return { ...(await openTrino({ url: server.url })), server };
}

const FACTS = {
  row_count: 2,
  columns: { type: "table_schema", value: { columns: [{ name: "region", type: "varchar", nullable: true }] } },
  relation: "lakehouse.gold.by_region",
  comment: "by region",
};

test("the metadata of a materialized view has its rows and columns", async () => {
  const { trino } = await openView();
  expect(await icebergTable(trino, "lakehouse.gold.by_region")).toMatchObject({ isIceberg: false, snapshot: null, rowCount: 2 });
  expect(await icebergMetadata(trino, "lakehouse.gold.by_region")).toEqual(FACTS);
});

test("an asset that refreshes a materialized view is materialized", async () => {
  const { trino } = await openView();
  const result = await icebergMaterialization({
    trino,
    log: createLogger(() => undefined),
    table: "lakehouse.gold.by_region",
    write: async (to) => {
      await to.execute("refresh materialized view lakehouse.gold.by_region");
      await to.execute("refresh materialized view lakehouse.gold.by_region");
    },
  });
  expect(result.metadata).toEqual(FACTS);
  expect(result.dataVersion).toBeUndefined();
});

test("a version as a parameter is answered with what to write", async () => {
  const server = await startFakeTrino({
    pages: [{}, { more: refused("INVALID_ARGUMENTS", "line 1:60: pointer value must be a constant") }],
  });
  const { trino } = await openTrino({ url: server.url });
  const sql = "select * from lakehouse.gold.orders for version as of ?";
  expect((await rejection(trino.all(sql, [7n]))) as Error).toMatchObject({
    message: expect.stringContaining(
      "Trino takes no parameter after FOR VERSION AS OF: write the number of the snapshot into the statement.",
    ) as string,
  });
});
