/** The main job, as a new user sees it: one command materializes the lakehouse, the next shows it in a browser, every page of it fit to be seen. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accessibilityProblems, follow, LOOKS, screenshot, sidewaysProblems, type Tab } from "./support/browser.ts";
import { endBrowserSuite, startBrowserSuite } from "./support/browser-suite.ts";
import { duckdbRows, findFile } from "./support/duckdb-rows.ts";
import { devOnce, type OnceReport } from "./support/one-run.ts";
import { freePort, ROOT, startStack, temporaryFolder, type Stack } from "./support/stack.ts";

const PROJECT = join(ROOT, "examples/lakehouse");
const expected = JSON.parse(readFileSync(join(PROJECT, "expected.json"), "utf8")) as { readonly rows: Readonly<Record<string, number>> };

describe("the main job", () => {
  const data = temporaryFolder("main-job");
  let once: OnceReport;
  let counted: ReadonlyMap<string, number>;
  let stack: Stack;
  let browser: Browser;
  let tab: Tab;
  let page: Page;
  let home: string;

  beforeAll(async () => {
    once = await devOnce({ project: PROJECT, data, port: await freePort() });
    if (once.code !== 0) throw new Error(`headgate dev --once ended with ${once.code}:\n${once.output}`);
    counted = await duckdbRows(findFile(join(data, "agent"), "lakehouse.duckdb"));
    const suite = await startBrowserSuite(startStack({ project: PROJECT, data }));
    ({ stack, browser, tab, page, home } = suite);
  }, 180_000);
  afterAll(async () => {
    await endBrowserSuite({ browser, stack }, [data]);
  });

  it("ends with exit 0 and every asset materialized", () => {
    expect(once.code).toBe(0);
    expect(once.run).toMatchObject({ status: "succeeded", materialized: once.run?.assetCount });
    expect(once.assets.filter((asset) => asset.status !== "succeeded")).toEqual([]);
    expect(once.assets.map((asset) => asset.asset)).toEqual(expect.arrayContaining(Object.keys(expected.rows)));
  });

  it("reports the row counts that DuckDB itself counts", () => {
    const reported = Object.fromEntries(
      once.assets.filter((asset) => asset.asset in expected.rows).map((asset) => [asset.asset, asset.rows]),
    );
    expect(reported).toEqual(expected.rows);
    const tables = Object.keys(expected.rows).filter((key) => counted.has(key));
    expect(tables.length).toBeGreaterThanOrEqual(Object.keys(expected.rows).length - 1);
    expect(Object.fromEntries(tables.map((key) => [key, counted.get(key)]))).toEqual(
      Object.fromEntries(tables.map((key) => [key, expected.rows[key]])),
    );
  });

  it("a restart keeps the run and the states, and runs nothing again", async () => {
    const runs = await stack.api.runs.list.query({});
    expect(runs.items.map((run) => run.id)).toEqual([once.run?.id]);
    const states = await stack.api.assets.states.query({ limit: 1000 });
    const kept = Object.fromEntries(
      states.items.filter((state) => state.key in expected.rows).map((state) => [state.key, state.materialized?.rowCount]),
    );
    expect(kept).toEqual(expected.rows);
  });

  it("a file of another dashboard build is answered with 404", async () => {
    const found = await fetch(`${stack.url}/_app/immutable/chunks/gone.js`);
    expect([found.status, found.headers.get("content-type")?.startsWith("text/html")]).toEqual([404, false]);
  });

  it("the printed link signs in once and is refused after that", async () => {
    const stranger = await browser.newContext();
    const other = await stranger.newPage();
    const answer = await other.goto(stack.loginUrl);
    expect(answer?.status()).toBe(401);
    await other.getByText("This login link is used or expired").first().waitFor();
    await other.goto(stack.url + home);
    await other.getByRole("heading", { name: "Sign in with a link" }).waitFor();
    await stranger.close();
  });

  it("shows the same row counts in the catalog", async () => {
    await page.goto(`${stack.url}${home}/assets`);
    for (const [key, rows] of Object.entries(expected.rows)) {
      const row = page.getByRole("row").filter({ has: page.getByRole("link", { name: key, exact: true }) });
      await row.scrollIntoViewIfNeeded();
      expect.soft((await row.locator(".col-rows").innerText()).trim(), key).toBe(rows.toLocaleString("en"));
    }
  });

  it("the asset's and the run's page show row counts and times", async () => {
    await follow(page, `${home}/assets/gold/fct_orders`);
    await page
      .getByText(`${expected.rows["gold/fct_orders"]?.toLocaleString("en")} rows`)
      .first()
      .waitFor();
    await follow(page, `${home}/runs/${once.run?.id}`);
    const models = Object.keys(expected.rows).filter((key) => !key.startsWith("raw/"));
    for (const model of models) {
      const row = page.locator(`[data-row="dbt:lakehouse ${model}"]`);
      await row.scrollIntoViewIfNeeded();
      const text = (await row.innerText()).replaceAll(/\s+/g, " ");
      expect.soft(text, model).toContain(`${expected.rows[model]?.toLocaleString("en")} rows`);
      expect.soft(text, model).toMatch(/\d (ms|s)\b/);
    }
  });

  describe("every page can be looked at", () => {
    const views = (): readonly (readonly [name: string, path: string, landmark: string])[] => {
      const run = `${home}/runs/${once.run?.id}`;
      const asset = `${home}/assets/gold/fct_orders`;
      return [
        ["home", home, "text=Recent runs"],
        ["assets", `${home}/assets`, "text=silver/dim_customer"],
        ["asset-overview", asset, "text=One row per order"],
        ["asset-events", `${asset}/-/events`, "role=heading[level=1]"],
        ["asset-checks", `${asset}/-/checks`, "role=heading[level=1]"],
        ["asset-lineage", `${asset}/-/lineage`, "[data-asset='gold/fct_orders']"],
        ["asset-partitions", `${home}/assets/metrics/orders_by_day/-/partitions`, "role=heading[level=1]"],
        ["lineage-graph", `${home}/lineage`, "[data-lineage-nodes]"],
        ["lineage-graph-focus", `${home}/lineage?at=gold%2Ffct_orders`, "[data-asset='gold/fct_orders']"],
        ["lineage-map", `${home}/lineage?mode=map`, "[aria-label='Legend']"],
        ["runs", `${home}/runs`, "[data-run-link]"],
        ["run-log", run, "[data-seq]"],
        ["run-steps", `${run}?view=steps`, "role=columnheader[name='Attempt']"],
        ["run-raw", `${run}?view=raw`, "[aria-label='Raw output']"],
        ["run-details", `${run}?view=details`, "text=Run ID"],
        ["jobs", `${home}/jobs`, "text=customer_pipeline"],
        ["code", `${home}/code`, "text=lakehouse"],
        ["code-location", `${home}/code/lakehouse`, "role=heading[level=1]"],
        ["agents", `${home}/agents`, "text=Slots"],
      ];
    };
    it.for(LOOKS)("$scheme at $size.width px: no accessibility violation, no error, no sideways scroll", async ({ scheme, size }) => {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize(size);
      const problems: Record<string, readonly string[]> = {};
      for (const [name, path, landmark] of views()) {
        tab.errors.length = 0;
        await follow(page, path);
        await page.locator(landmark).locator("visible=true").first().waitFor();
        await page.getByText("Loading").first().waitFor({ state: "detached" });
        const found = [...(await accessibilityProblems(page)), ...(await sidewaysProblems(page)), ...tab.errors];
        if (found.length > 0) problems[name] = found;
        await screenshot(page, `${scheme}-${size.width}/${name}`);
      }
      expect(problems).toEqual({});
    });
  });
});
