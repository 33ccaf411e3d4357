/**
 * `npm start -- --engine trino`: the example on a real Trino as the dashboard shows it, with row counts and Iceberg snapshots; in the full
 * tier also on a Trino that is already there, which writes into Garage and has Nessie as its catalog.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Browser, Page } from "playwright-core";
import { follow, openChromium, openTab, screenshot, signedIn } from "./support/browser.ts";
import { removeFolder, ROOT, startStack, temporaryFolder, until, type Stack } from "./support/stack.ts";

interface StartEngine {
  readFlags(flags: readonly string[], root: string): { engine: string; flags: string[]; data: string };
  startEngine(options: { engine: string; data: string; onProgress(line: string): void }): Promise<{
    env: { LAKEHOUSE_ENGINE: string; TRINO_URL: string };
    stop(): Promise<void>;
  }>;
}

interface Started {
  stop(): Promise<void>;
}
interface Scripts {
  startS3Server(options: { dataDir: string; engine: string }): Promise<Started>;
  startNessie(options: { dataDir: string; s3: Started }): Promise<Started>;
  icebergOnRest(options: { s3: Started }): Record<string, string>;
  startTrino(options: { dataDir: string; catalogs: Record<string, Record<string, string>> }): Promise<Started & { url: string }>;
}

const PROJECT = join(ROOT, "examples/lakehouse");
const expected = JSON.parse(readFileSync(join(PROJECT, "expected.json"), "utf8")) as { readonly rows: Readonly<Record<string, number>> };
const VARIANTS = process.env["HEADGATE_ENGINES"] === "full" ? ["trino", "trino-nessie-garage"] : ["trino"];

describe.each(VARIANTS)("on %s", (variant) => {
  const data = temporaryFolder(variant);
  const own: Started[] = [];
  const lines: string[] = [];
  let tables: Awaited<ReturnType<StartEngine["startEngine"]>>;
  let stack: Stack;
  let browser: Browser;
  let page: Page;
  let home: string;

  beforeAll(async () => {
    if (variant !== "trino") process.env["TRINO_URL"] = await startFullStack(data, own);
    const { readFlags, startEngine } = (await import(join(ROOT, "scripts/start-engine.mjs"))) as StartEngine;
    const asked = readFlags(["--engine", "trino", "--data", data], ROOT);
    expect(asked.flags).toEqual(["--data", data]);
    tables = await startEngine({ ...asked, onProgress: (line) => lines.push(line) });
    stack = await startStack({ project: PROJECT, data, env: tables.env, args: ["--launch-if-empty", "full_refresh"] });
    browser = await openChromium();
    page = (await openTab(await signedIn(browser, stack.loginUrl))).page;
    home = `/${stack.deployment.org}/${stack.deployment.name}`;
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
    await tables?.stop();
    for (const each of own.reverse()) await each.stop();
    delete process.env["TRINO_URL"];
    removeFolder(data);
  });

  it("says each step, and the full run succeeds on Trino", { timeout: 300_000 }, async () => {
    expect(lines.some((line) => line.startsWith(variant === "trino" ? "starting Trino" : "using Trino at"))).toBe(true);
    const run = await until(
      "the full run to end",
      async () => (await stack.api.runs.list.query({})).items.find(({ status }) => !["queued", "starting", "running"].includes(status)),
      240_000,
    );
    expect(run.status).toBe("succeeded");
  });

  it("the dashboard shows row counts, Iceberg snapshots and Trino queries", async () => {
    await page.goto(`${stack.url}${home}/assets`);
    for (const [key, rows] of Object.entries(expected.rows)) {
      const row = page.getByRole("row").filter({ has: page.getByRole("link", { name: key, exact: true }) });
      await row.scrollIntoViewIfNeeded();
      // Views have no rows of their own, and counting would read everything below them.
      if (!key.startsWith("bronze/stg_")) expect((await row.locator(".col-rows").innerText()).trim(), key).toBe(rows.toLocaleString("en"));
    }
    await screenshot(page, `${variant}/assets`);
    const key = "gold/fct_orders";
    await follow(page, `${home}/assets/${key}`);
    await page.getByText("snapshot_id").first().waitFor();
    const shown = await page.locator("main").innerText();
    expect(shown).toContain(expected.rows[key]?.toLocaleString("en"));
    expect(shown).toContain(await currentSnapshot(tables.env.TRINO_URL, "gold", "fct_orders"));
    expect(shown).toContain("query_id");
    await page.getByText("snapshot_id").first().scrollIntoViewIfNeeded();
    await screenshot(page, `${variant}/asset-snapshot`);
  });
});

/** As Trino itself tells it. */
async function currentSnapshot(url: string, schema: string, table: string): Promise<string> {
  const headers = { "X-Trino-User": "test" };
  const sql = `select cast(snapshot_id as varchar) from lakehouse.${schema}."${table}$refs" where name = 'main'`;
  let response = await fetch(`${url}/v1/statement`, { method: "POST", headers, body: sql });
  for (;;) {
    const answer = (await response.json()) as { data?: string[][]; nextUri?: string };
    const found = answer.data?.[0]?.[0];
    if (found !== undefined) return found;
    if (answer.nextUri === undefined) throw new Error(`Trino knows no snapshot of ${schema}.${table}.`);
    response = await fetch(answer.nextUri, { headers });
  }
}

async function startFullStack(data: string, started: Started[]): Promise<string> {
  const load = async (name: string): Promise<Scripts> => (await import(join(ROOT, "scripts/engines", name))) as Scripts;
  const s3 = await (await load("s3-server.mjs")).startS3Server({ dataDir: join(data, "garage"), engine: "garage" });
  started.push(s3);
  const nessie = await (await load("nessie-server.mjs")).startNessie({ dataDir: join(data, "nessie"), s3 });
  started.push(nessie);
  const { startTrino, icebergOnRest } = await load("trino-server.mjs");
  const trino = await startTrino({ dataDir: join(data, "trino"), catalogs: { lakehouse: icebergOnRest({ ...nessie, s3 }) } });
  started.push(trino);
  return trino.url;
}
