/** The example on the full stack: Trino writes Iceberg tables into Garage, and Nessie knows them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import { engineScripts, expectFigures, materializeOnTrino, testFolder, type Server } from "./trino.test-support.ts";

const storage = mkdtempSync(join(tmpdir(), "headgate-lakehouse-"));
const onProgress = (line: string): void => console.log(line);
const started: { stop(): Promise<void> }[] = [];
let trino: Server;

beforeAll(async () => {
  const { startTrino, startNessie, startS3Server, icebergOnRest } = await engineScripts();
  const s3 = await startS3Server({ dataDir: await testFolder("example-garage"), engine: "garage", onProgress });
  started.push(s3);
  const nessie = await startNessie({ dataDir: await testFolder("example-nessie"), s3, onProgress });
  started.push(nessie);
  trino = await startTrino({
    dataDir: await testFolder("example-trino"),
    catalogs: { lakehouse: icebergOnRest({ ...nessie, s3 }) },
    onProgress,
  });
  started.push(trino);
});

afterAll(async () => {
  for (const server of started.reverse()) await server.stop();
  rmSync(storage, { recursive: true, force: true });
});

for (const time of ["first", "second"])
  test(`on Trino, Nessie and Garage every asset has the figures of DuckDB, the ${time} time`, { timeout: 300_000 }, async () => {
    await expectFigures(trino.url, await materializeOnTrino(trino.url, storage));
  });
