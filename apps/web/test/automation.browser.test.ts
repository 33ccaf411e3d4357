/** Tests the pages of schedules, sensors, conditions, partitions, backfills, queue and timeline in a real browser. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { refuse } from "@headgate/shared/domain/errors.ts";
import { violations, visit, visitAll } from "./browser.test-support.ts";
import { useFixturePages } from "./fixture-pages.test-support.ts";

const HOME = "/acme/prod";
const SENSORS = `${HOME}/automations/lakehouse/sensor`;
const SCHEDULES = `${HOME}/automations/lakehouse/schedule`;
const PAGES = [
  `${HOME}/automations?q=nothing_like_it`,
  `${HOME}/automations/conditions`,
  `${SCHEDULES}/daily_refresh`,
  `${SCHEDULES}/month_end/-/test`,
  `${SENSORS}/new_files`,
  `${SENSORS}/new_files/-/ticks/tick-new_files-0`,
  `${SENSORS}/after_silver/-/ticks/tick-after_silver-0`,
  `${SENSORS}/airbyte_synced/-/webhook?delivery=dl-6`,
  `${SENSORS}/no_such_sensor`,
  `${HOME}/assets/gold/daily_orders/-/automation`,
  `${HOME}/assets/silver/dim_customer/-/automation`,
  `${HOME}/assets/gold/daily_orders/-/partitions?first=2026-10-12&last=2026-10-30`,
  `${HOME}/assets/metrics/regional_orders/-/partitions`,
  `${HOME}/assets/bronze/customer_files/-/partitions`,
  `${HOME}/backfills/bf-3`,
  `${HOME}/queue?edit=limits`,
];

const fixture = useFixturePages();
const { open, urlOf } = fixture;

describe("automation pages in a browser", { timeout: 360_000 }, () => {
  it("no page violates accessibility rules or throws, light or dark", async () => {
    const found: string[] = [];
    for (const dark of [false, true]) {
      const openOne = () => open(HOME, { dark, bypassCSP: true });
      const problems = await visitAll(openOne, PAGES.map(urlOf), async (page, url) => {
        found.push(...(await violations(page)).map((text) => `${dark ? "dark" : "light"} ${url} ${text}`));
      });
      found.push(...problems);
    }
    expect(found).toEqual([]);
  });

  it("no page scrolls sideways at 320 pixels", async () => {
    const wide: string[] = [];
    await visitAll(
      () => open(HOME, { width: 320 }),
      PAGES.map(urlOf),
      async (page, url) => {
        if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) wide.push(url);
      },
    );
    expect(wide).toEqual([]);
  });

  it("idle pages make no request", async () => {
    const pages: Page[] = [];
    for (const path of [`${HOME}/automations`, `${SENSORS}/new_files`, `${HOME}/backfills/bf-2`, `${HOME}/queue`, `${HOME}/timeline`]) {
      const { page } = await open(path);
      await page.waitForLoadState("networkidle");
      pages.push(page);
    }
    const before = fixture.server.requests.length;
    await pages[0]?.waitForTimeout(2500);
    expect(fixture.server.requests.slice(before)).toEqual([]);
    for (const page of pages) await page.context().close();
  });

  it("a toggle shows in all tabs at once; a refusal reverts it", async () => {
    const { page } = await open(`${HOME}/automations`);
    const other = (await open(`${HOME}/automations`)).page;
    const toggle = (where: Page) => where.getByRole("switch", { name: "Schedule hourly_bronze" });
    await toggle(page).click();
    await other.locator("[role=switch][aria-label='Schedule hourly_bronze'][aria-checked=false]").waitFor();
    const { perform } = fixture.server.deployment;
    Object.assign(fixture.server.deployment, { perform: async () => refuse("unavailable", "The deployment is being moved.") });
    await toggle(page).click();
    await page.getByText("hourly_bronze was not turned on: The deployment is being moved.").waitFor();
    expect(await toggle(page).getAttribute("aria-checked")).toBe("false");
    Object.assign(fixture.server.deployment, { perform });
    await page.context().close();
    await other.context().close();
  });

  it("a failing sensor is shown in its list, page and home", async () => {
    const { page } = await open(`${HOME}/automations?show=failing`);
    await page.getByText(/3 failures in a row: ENOENT/).waitFor();
    await visit(page, `${fixture.server.url}${SENSORS}/new_files`);
    await page.getByText(/3 failures in a row: ENOENT/).waitFor();
    await visit(page, `${fixture.server.url}${HOME}`);
    await page.getByRole("link", { name: "new_files", exact: true }).waitFor();
    await page.getByText("sensor failing").waitFor();
    await page.context().close();
  });

  it("the palette turns a schedule on by keyboard alone", async () => {
    const { page } = await open(HOME);
    await page.keyboard.press("Control+k");
    await page.keyboard.type("turn month_end");
    await page.getByRole("option", { name: /Turn schedule month_end on/ }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByText("month_end is on").waitFor();
    await page.context().close();
  });

  it("the cursor dialog shows the difference before it is saved", async () => {
    const { page } = await open(`${SENSORS}/new_files`);
    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByLabel("New cursor").fill('{"last":"orders-2026-11-22.csv","seen":7}');
    const difference = page.getByRole("group", { name: "Cursor changes" });
    await difference.getByText('"seen": 7').waitFor();
    await page.getByRole("button", { name: "Set cursor" }).click();
    await page.getByLabel("Cursor", { exact: true }).getByText('"seen": 7').waitFor();
    await page.context().close();
  });

  it("a dry run shows its result and stores nothing", async () => {
    const { page } = await open(`${SENSORS}/new_files/-/test`);
    await page.getByRole("button", { name: "Start dry run" }).click();
    await page.getByRole("heading", { name: "Would start 1 run" }).waitFor();
    await page.getByText("nothing was stored").waitFor();
    await page.getByText("no: made a run before").waitFor();
    await visit(page, `${fixture.server.url}${SCHEDULES}/month_end/-/test`);
    await page.getByRole("button", { name: "Start dry run" }).click();
    await page.getByText("at month_end (schedules.ts:31:14)").waitFor();
    await page.context().close();
  });

  it("a webhook secret is shown once, a delivery has a URL", async () => {
    const { page } = await open(`${SENSORS}/airbyte_synced/-/webhook`);
    await page.getByRole("button", { name: "New secret" }).click();
    await page.getByText("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").waitFor();
    await page.getByRole("button", { name: "Done" }).click();
    await page.reload();
    await page.getByRole("heading", { name: "Secrets" }).waitFor();
    expect(await page.getByText("whsec_MfKQ").count()).toBe(0);
    await page.getByText("data.job.id is missing in the body").click();
    await page.waitForURL(/delivery=dl-6/);
    await page.getByLabel("Body").getByText('"durationInSeconds": 84').waitFor();
    await page.context().close();
  });

  it("an evaluation shows its tree, and a condition can be paused", async () => {
    const { page } = await open(`${HOME}/assets/gold/fct_orders/-/automation`);
    await page.getByRole("group", { name: "Evaluation tree" }).getByText("Not", { exact: true }).locator("visible=true").first().waitFor();
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    await page.getByLabel("Reason").fill("The source is being moved");
    await page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
    await page.getByText(/gold\/fct_orders: paused/).waitFor();
    await page.getByText("The source is being moved").waitFor();
    await page.getByRole("button", { name: /Resume gold/ }).click();
    await page.getByText(/gold\/fct_orders: paused/).waitFor({ state: "detached" });
    await page.context().close();
  });

  it("partitions selected by keyboard are kept in the URL and backfilled", async () => {
    const { page } = await open(`${HOME}/assets/gold/daily_orders/-/partitions`);
    const cells = page.getByRole("listbox", { name: /Partitions/ });
    await cells.focus();
    await page.keyboard.press("Home");
    for (let day = 0; day < 3; day++) await page.keyboard.press("Shift+ArrowDown");
    await page.waitForURL(/first=2026-08-01&last=2026-08-04/);
    await page.getByText("4 partitions", { exact: true }).waitFor();
    const copy = (await open(page.url().slice(fixture.server.url.length))).page;
    const selected = copy.locator("[role=option][aria-selected=true]");
    await selected.nth(3).waitFor();
    expect(await selected.count()).toBe(4);
    await copy.context().close();
    await page.getByRole("region", { name: "Partition map" }).getByRole("button", { name: "Backfill…" }).click();
    const dialog = page.getByRole("dialog");
    expect(await dialog.getByLabel("From").inputValue()).toBe("2026-08-01");
    await dialog.getByRole("button", { name: "Backfill in 22 runs" }).click();
    await page.waitForURL(/\/backfills\/bf-5$/);
    await page.context().close();
  });

  it("dragging selects partitions, and the map zooms into them", async () => {
    const { page } = await open(`${HOME}/assets/gold/daily_orders/-/partitions`);
    const cell = (key: string) => page.getByRole("option", { name: `${key}:` });
    await cell("2026-09-07").hover();
    await page.mouse.down();
    await cell("2026-09-20").hover();
    await page.mouse.up();
    await page.waitForURL(/first=2026-09-07&last=2026-09-20/);
    await page.getByRole("button", { name: "Zoom in" }).click();
    await page.waitForURL(/from=2026-09-07&to=2026-09-20/);
    await page.getByText("2026-09-07 to 2026-09-20").waitFor();
    expect(await page.getByRole("option").count()).toBe(14);
    await page.getByRole("link", { name: "Show all" }).click();
    await cell("2026-08-01").waitFor();
    await page.context().close();
  });

  it("a partition key that looks like a range is refused", async () => {
    const { page } = await open(`${HOME}/assets/bronze/customer_files/-/partitions`);
    await page.getByLabel("New keys, one per line").fill("a...b");
    await page.getByRole("alert").getByText("separates partition keys").waitFor();
    expect(await page.getByRole("button", { name: "Add key" }).isDisabled()).toBe(true);
    await page.getByLabel("New keys, one per line").fill("orders-100.csv");
    await page.getByRole("button", { name: "Add key" }).click();
    await page.getByText("43 partitions").waitFor();
    await page.context().close();
  });

  it("canceling a backfill first names the number of runs", async () => {
    const { page } = await open(`${HOME}/backfills/bf-2`);
    await page.getByRole("button", { name: "Cancel", exact: true }).click();
    await page.getByRole("button", { name: "Cancel 180 runs" }).click();
    await page.getByText("Canceled", { exact: true }).first().waitFor();
    await page.context().close();
  });

  it("the queue names what runs wait for, and limits can change", async () => {
    const { page } = await open(`${HOME}/queue`);
    await page.getByText(/Waiting for pool trino 2\/2, held by run/).waitFor();
    await page.getByText("2 of 2, full").waitFor();
    await page.getByRole("link", { name: "Edit limits" }).click();
    await page.getByLabel("Slots of pool trino").fill("5");
    await page.getByRole("button", { name: "Save limits" }).click();
    await page.getByText("Pool trino: 5 slots.").waitFor();
    await page.context().close();
  });

  it("the timeline draws past and future at the URL's zoom", async () => {
    const { page } = await open(`${HOME}/timeline?zoom=7d`);
    await page.getByRole("heading", { name: "Upcoming ticks" }).waitFor();
    await page.getByRole("link", { name: "daily_refresh" }).first().waitFor();
    expect(await page.getByRole("link", { name: "7 days" }).getAttribute("aria-current")).toBe("true");
    await page.context().close();
  });
});
