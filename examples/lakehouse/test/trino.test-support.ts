/** The whole lakehouse on a given Trino: everything is materialized, and Trino itself is asked what is there. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { materialize } from "@headgate/sdk/testing";
import { expect } from "vitest";
import expected from "../expected.json" with { type: "json" };
import { landRaw } from "../src/assets/bronze.ts";
import { customerReport, enoughCustomers, ordersByDay, sourceQuality, topCustomers } from "../src/assets/gold.ts";
import { lakehouse } from "../src/assets/silver.ts";

export interface Server {
  readonly url: string;
  stop(): Promise<void>;
}
interface S3 {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  stop(): Promise<void>;
}
interface Start {
  readonly dataDir: string;
  onProgress(line: string): void;
}
interface EngineScripts {
  testFolder(name: string): string;
  startTrino(options: Start & { readonly catalogs?: Record<string, Record<string, string>> }): Promise<Server>;
  startNessie(options: Start & { readonly s3: S3 }): Promise<{ uri: string; warehouse: string; stop(): Promise<void> }>;
  startS3Server(options: Start & { readonly engine: "garage" }): Promise<S3>;
  icebergOnRest(options: { uri: string; warehouse: string; s3: S3 }): Record<string, string>;
}

/** The scripts are plain JavaScript outside of any package. */
export async function engineScripts(): Promise<EngineScripts> {
  const names = ["engine-cache", "trino-server", "nessie-server", "s3-server"];
  const modules = await Promise.all(
    names.map((name) => import(new URL(`../../../scripts/engines/${name}.mjs`, import.meta.url).href) as Promise<Partial<EngineScripts>>),
  );
  return Object.assign({}, ...modules) as EngineScripts;
}

/** The same one each time, so that the server of a killed run is found in it and ended. */
export async function testFolder(name: string): Promise<string> {
  return (await engineScripts()).testFolder(name);
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const everything = [landRaw, lakehouse, topCustomers, enoughCustomers, customerReport, ordersByDay, sourceQuality] as const;

/** The one value of the one row that a query gives, over Trino's HTTP protocol. */
export async function askTrino(url: string, sql: string): Promise<unknown> {
  const headers = { "X-Trino-User": "test", "X-Trino-Catalog": "lakehouse" };
  const rows: unknown[][] = [];
  let response = await fetch(`${url}/v1/statement`, { method: "POST", headers, body: sql });
  for (;;) {
    const answer = (await response.json()) as { data?: unknown[][]; nextUri?: string; error?: { message: string } };
    if (answer.error) throw new Error(`${answer.error.message}\nin: ${sql}`);
    rows.push(...(answer.data ?? []));
    if (answer.nextUri === undefined) return rows[0]?.[0];
    response = await fetch(answer.nextUri, { headers });
  }
}

export async function materializeOnTrino(url: string, storage: string) {
  return materialize(everything, {
    root,
    storage,
    partition: "2025-03-01",
    env: { LAKEHOUSE_ENGINE: "trino", TRINO_URL: url },
  });
}

/** `expected.json`, as Trino counts and as the materializations say. */
export async function expectFigures(url: string, result: Awaited<ReturnType<typeof materializeOnTrino>>): Promise<void> {
  expect(result.failures).toEqual([]);
  for (const [key, rows] of Object.entries(expected.rows)) {
    expect(await askTrino(url, `select count(*) from ${key.replace("/", ".")}`), `rows of ${key}`).toBe(rows);
    const { metadata = {} } = result.materialization(key) ?? {};
    // A view has no rows of its own: dbt creates it, and nothing is counted.
    const isView = key.startsWith("bronze/stg_");
    expect(metadata["row_count"], `row_count of ${key}`).toEqual(isView ? undefined : { type: "int", value: rows });
    if (isView) continue;
    const [schema, table] = key.split("/");
    const snapshot = await askTrino(url, `select cast(snapshot_id as varchar) from ${schema}."${table}$refs" where name = 'main'`);
    expect(metadata["snapshot_id"], `snapshot of ${key}`).toEqual({ type: "text", value: snapshot });
    const size = await askTrino(url, `select sum(file_size_in_bytes) from ${schema}."${table}$files"`);
    expect(metadata["size_bytes"], `size of ${key}`).toEqual({ type: "int", value: size });
    if (!key.startsWith("raw/") && key !== "bronze/country_codes") expect(metadata["query_id"]).toMatchObject({ type: "text" });
  }
  expect(await askTrino(url, "select sum(revenue_cents) from metrics.daily_revenue")).toBe(expected.revenueCents);
  expect(result.value("gold/top_customers")).toHaveLength(10);
  expect(result.materialization("metrics/orders_by_day")).toMatchObject({ partition: "2025-03-01" });
  expect(result.materialization("metrics/source_quality")?.metadata).toMatchObject({ tests: { value: 4 }, passed: { value: 4 } });
  expect(result.check("gold/top_customers", "enough_customers")).toMatchObject({ passed: true });
  expect(result.check("silver/dim_customer", "not_null_dim_customer_email")).toMatchObject({
    passed: false,
    severity: "warn",
    metadata: { failures: { value: expected.customersWithoutEmail } },
  });
}
