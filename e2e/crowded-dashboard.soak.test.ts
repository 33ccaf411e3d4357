/** The dashboard of a deployment that has much: lists of several pages, wrong input, a person who is quick, a control plane that goes away. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { accessibilityProblems, follow, NARROW, openTab, screenshot, WIDE, type Tab } from "./support/browser.ts";
import { endBrowserSuite, openHome, startBrowserSuite } from "./support/browser-suite.ts";
import { CONDITIONS, SCHEDULES, writeCrowdedProject } from "./support/crowded-project.ts";
import { freePort, startStack, temporaryFolder, until, type Stack } from "./support/stack.ts";

const ROWS = 100;
const CONDITION_ROWS = 200;
const TICKS = 60;
const FAILING = { location: "crowded", kind: "sensor", name: "failing" } as const;
/** Longer than any delay between what is typed and the address. */
const SETTLED_MS = 800;
/** The page, three styles and scripts that all pages share, the page's own, and what it asks for. */
const FIRST_LOAD = 17;

describe("a dashboard with much in it", () => {
  const folder = temporaryFolder("crowded");
  const data = temporaryFolder("crowded-data");
  let start: () => Promise<Stack>;
  let stack: Stack;
  let browser: Browser;
  let context: BrowserContext;
  let tab: Tab;
  let page: Page;
  let home: string;

  beforeAll(async () => {
    writeCrowdedProject(`${folder}/p`);
    const port = await freePort();
    start = () => startStack({ project: `${folder}/p`, data, port, args: ["--slots", "1"] });
    const suite = await startBrowserSuite(start());
    ({ stack, browser, context, tab, page, home } = suite);
    await openHome(suite);
  }, 120_000);
  afterAll(async () => {
    await endBrowserSuite({ browser, stack }, [data, folder]);
  });
  beforeEach(() => {
    tab.errors.length = 0;
  });

  const rowsOf = (heading: string | RegExp) => page.getByRole("region", { name: heading }).getByRole("listitem");
  const counted = (list: ReturnType<typeof rowsOf>, count: number) => expect.poll(() => list.count(), { timeout: 15_000 }).toBe(count);
  const dialog = () => page.getByRole("dialog");

  it("a page loads after few requests, none refused by its policy", async () => {
    const fresh = await openTab(await signedInAgain());
    await fresh.page.goto(stack.url + home);
    await fresh.page.getByRole("heading", { name: "Next ticks" }).waitFor();
    await fresh.page.waitForLoadState("networkidle");
    // What changes meanwhile is asked for again, and that is no part of the first load.
    const first = new Set(fresh.requests.filter((url) => !url.endsWith("favicon.svg")));
    expect(first.size, [...first].join("\n")).toBeLessThanOrEqual(FIRST_LOAD - 1);
    expect(fresh.errors).toEqual([]);
    await fresh.page.context().close();
  });

  it("shows schedules a page at a time, and filters all of them", async () => {
    await follow(page, `${home}/automations`);
    const schedules = rowsOf(/^Schedules/);
    await page.getByRole("heading", { name: `Schedules ${SCHEDULES + 1}` }).waitFor();
    await counted(schedules, ROWS);
    const more = page.getByRole("button", { name: `Show more of ${SCHEDULES + 1} schedules` });
    await more.click();
    await counted(schedules, 2 * ROWS);
    await more.click();
    await counted(schedules, SCHEDULES + 1);
    await more.waitFor({ state: "detached" });

    await page.reload();
    await counted(schedules, ROWS);
    await page.getByLabel("Filter automation").fill("yearly_239");
    await page.getByRole("heading", { name: `Schedules 1 of ${SCHEDULES + 1}` }).waitFor();
    expect(await schedules.count()).toBe(1);
    await page.getByRole("link", { name: "Failing" }).click();
    await page.getByText("Nothing matches “yearly_239”").waitFor();
    await page.getByRole("link", { name: "Show all" }).click();
    await counted(schedules, ROWS);
  });

  it("some conditions stand beside the schedules, all on their own page", async () => {
    await follow(page, `${home}/automations`);
    await page.getByRole("link", { name: `All ${CONDITIONS}, and pauses` }).click();
    const conditions = page.getByRole("list", { name: "Conditions" }).getByRole("listitem");
    await counted(conditions, CONDITION_ROWS);
    await page.getByRole("button", { name: `Show more of ${CONDITIONS}` }).click();
    await counted(conditions, CONDITIONS);
  });

  it("loads older ticks on demand", async () => {
    await until("more ticks than a page has", async () => {
      await stack.api.automations.tickNow.mutate(FAILING);
      const { next } = await stack.api.automations.ticks.query({ ...FAILING, limit: TICKS });
      return next !== null;
    });
    await follow(page, `${home}/automations/crowded/sensor/failing`);
    const ticks = page.getByRole("list", { name: "Ticks, newest first" }).getByRole("listitem");
    await expect.poll(() => ticks.count()).toBeGreaterThanOrEqual(TICKS);
    const before = await ticks.count();
    await page.getByRole("button", { name: "Load more" }).click();
    await expect.poll(() => ticks.count()).toBeGreaterThan(before);
  });

  it("stays where somebody went who was quicker than the address", async () => {
    const places = page.getByRole("navigation", { name: "Places" });
    await follow(page, `${home}/automations`);
    await page.getByLabel("Filter automation").fill("yearly");
    await places.getByRole("link", { name: "Queue" }).click();
    await page.getByRole("heading", { level: 1, name: "Queue" }).waitFor();
    await page.waitForTimeout(SETTLED_MS);
    expect(new URL(page.url()).pathname).toBe(`${home}/queue`);

    await follow(page, `${home}/assets/daily/-/partitions`);
    await page.locator("#cell-0-3").click();
    await page.getByRole("link", { name: "Events", exact: true }).click();
    await page.waitForTimeout(SETTLED_MS);
    expect(new URL(page.url()).pathname).toBe(`${home}/assets/daily/-/events`);
  });

  it("a waiting run links to the runs that hold the slots", async () => {
    const first = await stack.api.runs.launch.mutate({ target: { selection: "busy" } });
    const second = await stack.api.runs.launch.mutate({ target: { selection: "busy" } });
    await follow(page, `${home}/runs/${second.id}`);
    await page
      .getByRole("status")
      .getByRole("link", { name: first.id.slice(-8) })
      .click();
    await page.waitForURL((url) => url.pathname === `${home}/runs/${first.id}`);
    for (const { id } of [second, first]) await stack.api.runs.cancel.mutate({ run: id });
  });

  it("says that a schedule ticks more often than is drawn", async () => {
    await follow(page, `${home}/timeline?zoom=7d`);
    await page.getByText("minutely ticks too often to draw every tick.").waitFor();
    await page.getByText("The next 50 ticks. Each schedule lists its own ticks on its page").waitFor();
  });

  it("offers what somebody probably meant who mistyped a name", async () => {
    await follow(page, `${home}/automations/crowded/sensor/failling`);
    const answer = page.locator("[data-status='404']");
    await answer.getByText("There is no sensor failling in crowded").waitFor();
    expect(await answer.getByRole("link").allInnerTexts()).toEqual(["failing", "Automation"]);
  });

  it("a backfill form names its missing number and sends no request", async () => {
    await follow(page, `${home}/backfills`);
    await page.getByRole("button", { name: "New backfill" }).click();
    await dialog().getByLabel("Assets", { exact: true }).fill("daily");
    const confirm = dialog().getByRole("button", { name: /^Backfill in/ });
    await confirm.waitFor();
    await dialog().getByLabel("At most").fill("");
    await dialog().getByText("Concurrent runs: enter a whole number from 1 to 1,000.").waitFor();
    expect(await confirm.isDisabled()).toBe(true);
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await dialog().waitFor({ state: "detached" });
    expect(tab.errors).toEqual([]);
  });

  it("an asset's current tab is visible on a phone", async () => {
    await page.setViewportSize(NARROW);
    await page.goto(`${stack.url}${home}/assets/daily/-/partitions`);
    const current = page.getByRole("navigation", { name: /daily/ }).getByRole("link", { name: "Automation" });
    await current.click();
    await page.waitForURL((url) => url.pathname.endsWith("/automation"));
    await page.reload();
    await current.waitFor();
    const box = await current.boundingBox();
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(NARROW.width + 1);
    await page.setViewportSize(WIDE);
  });

  it("lets the keyboard scroll an error that is wider than the page", async () => {
    const { items } = await stack.api.automations.ticks.query({ ...FAILING, states: ["failed"], limit: 1 });
    await follow(page, `${home}/automations/crowded/sensor/failing/-/ticks/${items[0]?.id}`);
    const stackTrace = page.getByRole("group", { name: "Stack trace" });
    await stackTrace.focus();
    // Headgate's own frames are folded.
    expect((await stackTrace.innerText()).trim().split("\n")).toHaveLength(1);
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it("a new page reports a lost control plane and opens later", { timeout: 90_000 }, async () => {
    await page.goto(`${stack.url}${home}/automations`);
    await page.getByRole("heading", { level: 1, name: "Automation" }).waitFor();
    await stack.stop();
    await page.getByRole("link", { name: "Jobs" }).click();
    await page.getByText("This page could not be fetched: the control plane does not answer.").waitFor();
    await page.locator("[data-banner='stream']").waitFor();
    await screenshot(page, "control-plane-away");
    stack = await start();
    await page.getByRole("heading", { level: 1, name: "Jobs" }).waitFor({ timeout: 60_000 });
    await page.locator("[data-banner='stream']").waitFor({ state: "detached" });
  });

  /** A profile without anything in its cache. */
  async function signedInAgain(): Promise<BrowserContext> {
    const again = await browser.newContext({ storageState: await context.storageState() });
    again.setDefaultTimeout(15_000);
    return again;
  }
});
