/** Tests that the built dashboard shows what is wrong, where and why, in Chromium against the fixture fixture.server. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { EventRow } from "@headgate/shared/contract/runs/run-views.ts";
import { dbtFailure } from "./fixture-history.ts";
import { useFixturePages } from "./fixture-pages.test-support.ts";
import { startFixtureServer } from "./fixture-server.ts";

const HOME = "/acme/prod";
const fixture = useFixturePages();

async function open(path: string): Promise<Page> {
  const { page } = await fixture.open(`${HOME}${path}`);
  return page;
}

const line = (seq: number, message: string, level: "info" | "error" = "info"): EventRow => ({
  seq,
  at: 1_790_000_000_000 + seq,
  step: "a",
  attempt: 1,
  event: { type: "log", level, message },
});
const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => line(from + index, `line ${from + index} end`));
const runWith = (status: string) => [...fixture.server.deployment.runsById.values()].find((run) => run.status === status)?.id ?? "";

describe("what the dashboard says about assets", { timeout: 120_000 }, () => {
  it("a stale asset says its cause in list, header and graph", async () => {
    const page = await open("/assets?q=status:stale");
    await page
      .getByRole("row", { name: /regional_orders/ })
      .getByText(/gold\/fct_orders changed/)
      .waitFor();
    await page.goto(`${fixture.server.url}${HOME}/assets/metrics/regional_orders`);
    await page.getByRole("link", { name: /^Stale: gold\/fct_orders changed/ }).waitFor();
    await page.goto(`${fixture.server.url}${HOME}/lineage?at=metrics/regional_orders`);
    await page
      .getByRole("complementary", { name: "Asset metrics/regional_orders" })
      .getByText(/^Stale: gold\/fct_orders/)
      .waitFor();
    await page.context().close();
  });

  it("materializes what is stale from the catalog and an asset", async () => {
    const page = await open("/assets");
    const button = page.getByRole("button", { name: /^Materialize \d+ stale$/ });
    const count = Number(/\d+/.exec(await button.innerText())?.[0]);
    await button.click();
    expect(count).toBeGreaterThan(0);
    // Partitioned assets are among them, and a run makes one partition only.
    const dialog = page.getByRole("dialog", { name: "Backfill" });
    expect(await dialog.getByLabel("Assets", { exact: true }).inputValue()).toBe("status:stale");
    expect(await dialog.getByRole("radio", { name: "Stale" }).isChecked()).toBe(true);
    for (const key of ["metrics/regional_orders", "metrics/daily_revenue"]) {
      await page.goto(`${fixture.server.url}${HOME}/assets/${key}`);
      await page.getByRole("button", { name: "More materialize options" }).click();
      await page.getByRole("menuitem", { name: /^What is stale/ }).click();
      if (key === "metrics/regional_orders")
        expect(await dialog.getByLabel("Assets", { exact: true }).inputValue()).toBe(`+key:"${key}" and status:stale`);
      else await page.getByRole("dialog").getByRole("button", { name: "Materialize 1 asset" }).waitFor();
    }
    await page.context().close();
  });

  it("the list of partitions marks those that are stale", async () => {
    const page = await open("/assets/gold/daily_orders/-/partitions");
    const stale = page.getByRole("list", { name: "Partitions" }).getByRole("listitem").filter({ hasText: "Stale" });
    await stale.first().waitFor();
    expect(await stale.count()).toBe(2);
    await stale.filter({ hasText: "2026-11-20" }).getByTitle("What it reads changed after it was materialized.").waitFor();
    await page.context().close();
  });

  it("a failed check says its sentence beside the asset", async () => {
    const sentence = "Check revenue_not_negative failed: 3 of 120 days have a negative revenue";
    const page = await open("/assets?q=daily_revenue");
    await page
      .getByRole("row", { name: /daily_revenue/ })
      .getByText(sentence)
      .waitFor();
    await page.goto(`${fixture.server.url}${HOME}/assets/metrics/daily_revenue`);
    await page.getByRole("link", { name: sentence }).click();
    await page.waitForURL(/\/-\/checks\?check=revenue_not_negative/);
    await page.context().close();
  });

  it("a dbt error marks its line of the compiled SQL", async () => {
    const own = await startFixtureServer({ port: 0 });
    const { deployment } = own;
    const key = "gold/fct_orders";
    const failure = dbtFailure();
    const failed = { at: Date.now(), run: runWith("failed"), step: "dbt:lakehouse", message: failure.message, partition: null };
    const state = deployment.states.get(key);
    if (state) deployment.states.set(key, { ...state, health: "failed", failed });
    const events = await deployment.assetEvents({ key, limit: 1 });
    Object.assign(deployment, {
      assetEvents: async () =>
        events.ok && { ...events, value: { ...events.value, items: events.value.items.map((row) => ({ ...row, failure })) } },
    });
    const { page } = await fixture.open(`${HOME}/assets/${key}`, { base: own.url });
    await page.getByText(/^Failed .*: Binder Error: column no_such_column not found /).waitFor();
    const box = page.getByRole("region", { name: "Binder Error: column no_such_column not found" });
    expect(await box.locator("pre").first().textContent()).toBe("LINE 27:     o.no_such_column,\n             ^");
    const marked = box.locator("[data-marked=true]");
    await marked.waitFor();
    expect(await marked.textContent()).toBe("    o.no_such_column,");
    expect(await marked.locator("span").count()).toBeGreaterThan(1);
    await box.getByText("Compiled SQL, line 22").waitFor();
    await box.getByRole("link", { name: "models/gold/fct_orders.sql" }).click();
    await page.waitForURL(/#code$/);
    expect(await page.getByText("Binder Error").count()).toBe(2);
    await page.context().close();
    await own.close();
  });

  it("a schedule that is off says so beside its asset", async () => {
    const page = await open("/assets/bronze/stg_customers");
    const card = page.getByRole("region", { name: "Automation" });
    const line = (name: string) => card.getByRole("paragraph").filter({ hasText: `${name} runs` });
    await line("month_end").filter({ hasText: "(off)" }).waitFor();
    expect(await line("hourly_bronze").textContent()).not.toContain("(off)");
    await page.context().close();
  });

  it("a backfill of which a part failed says how many", async () => {
    const page = await open("/backfills/bf-0");
    await page.getByRole("heading", { name: "bronze/orders, all partitions" }).waitFor();
    await page.getByText("Partly failed").first().waitFor();
    expect(await page.title()).not.toContain("[Failed]");
    await page.context().close();
  });

  it("a failed partition says its reason and filters the list", async () => {
    const page = await open("/assets/gold/daily_orders/-/partitions?first=2026-11-18&last=2026-11-18");
    const detail = page.getByRole("region", { name: /^Partition 2026/ });
    await detail.getByText("Binder Error: column order_day not found").waitFor();
    await detail.getByRole("link", { name: "Open the run" }).waitFor();
    await page
      .getByRole("region", { name: "Partition counts" })
      .getByRole("link", { name: /failed$/ })
      .click();
    await page.waitForFunction(() => document.querySelectorAll("[aria-label='Partitions'] > li").length === 1);
    await page.context().close();
  });
});

describe("the log of a run", { timeout: 120_000 }, () => {
  it("a log opens at its end and follows until a person scrolls", async () => {
    const run = runWith("succeeded");
    fixture.server.deployment.events.set(run, lines(1, 6001));
    const page = await open(`/runs/${run}`);
    await page.getByText("line 6000 end").waitFor();
    fixture.server.deployment.addEvents(run, lines(6001, 6400));
    await page.getByText("line 6399 end").waitFor();
    await page.getByText("line 6399 end").hover();
    await page.mouse.wheel(0, -2000);
    await page.getByRole("button", { name: "Jump to end" }).waitFor();
    fixture.server.deployment.addEvents(run, lines(6400, 6500));
    await page.getByText(/^6,499 lines$/).waitFor();
    expect(await page.getByText("line 6499 end").count()).toBe(0);
    await page.getByRole("button", { name: "Jump to end" }).click();
    await page.getByText("line 6499 end").waitFor();
    await page.context().close();
  });

  it("the log of a failed run opens at its first error", async () => {
    const run = runWith("failed");
    const red = "\u001B[31mred\u001B[0m";
    fixture.server.deployment.events.set(run, [...lines(1, 3000), line(3000, `${red} first error`, "error"), ...lines(3001, 6000)]);
    const page = await open(`/runs/${run}`);
    const error = page.getByText("first error");
    await error.waitFor();
    const colors = await error.evaluate((found) => {
      const part = found.querySelector(".ansi-red-fg");
      return [part && getComputedStyle(part).color, getComputedStyle(document.body).color];
    });
    expect(colors).toEqual(["rgb(165, 29, 42)", "rgb(16, 25, 29)"]);
    await page.context().close();
  });
});
