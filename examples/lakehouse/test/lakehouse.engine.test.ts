/** The example on a real Trino with Iceberg tables in local files: unchanged but for LAKEHOUSE_ENGINE, with the figures of DuckDB. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectFigures, materializeOnTrino, testFolder, engineScripts, type Server } from "./trino.test-support.ts";

const storage = mkdtempSync(join(tmpdir(), "headgate-lakehouse-"));
let trino: Server;

beforeAll(async () => {
  const { startTrino } = await engineScripts();
  const dataDir = await testFolder("example");
  rmSync(join(dataDir, "lake"), { recursive: true, force: true });
  trino = await startTrino({ dataDir, onProgress: (line) => console.log(line) });
});

afterAll(async () => {
  await trino?.stop();
  rmSync(storage, { recursive: true, force: true });
});

test(
  "on Trino every asset has the rows that Trino counts, its query's id, and its table's snapshot and size",
  { timeout: 300_000 },
  async () => {
    const first = await materializeOnTrino(trino.url, storage);
    await expectFigures(trino.url, first);
    expect(first.materialization("silver/dim_customer")?.metadata).toMatchObject({
      operation: { value: "append" },
      added_records: { value: 200 },
    });
  },
);

test(
  "a second run gives the same figures, and says of a table that it left alone that nothing was committed",
  { timeout: 300_000 },
  async () => {
    const second = await materializeOnTrino(trino.url, storage);
    await expectFigures(trino.url, second);
    // Incremental, and no customer changed.
    expect(second.materialization("silver/dim_customer")?.metadata).toMatchObject({
      operation: { value: "none" },
      added_records: { value: 0 },
    });
  },
);
