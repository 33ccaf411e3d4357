/** What people do in the dashboard, done in a real browser on the running whole: launch, watch, cancel, find, recover. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";
import { follow, openTab, screenshot, type Tab } from "./support/browser.ts";
import { endBrowserSuite, openHome, startBrowserSuite } from "./support/browser-suite.ts";
import { CHATTER, FAILURE, writeDashboardProject, type DashboardProject } from "./support/dashboard-project.ts";
import { startStack, temporaryFolder, until, type Stack } from "./support/stack.ts";

const IDLE_MS = 20_000;

describe("the dashboard", () => {
  const folder = temporaryFolder("shop");
  let project: DashboardProject;
  let stack: Stack;
  let browser: Browser;
  let context: BrowserContext;
  let tab: Tab;
  let page: Page;
  let home: string;

  beforeAll(async () => {
    project = writeDashboardProject(`${folder}/shop`);
    const suite = await startBrowserSuite(startStack({ project: project.folder, args: ["--slots", "1"] }));
    ({ stack, browser, context, tab, page, home } = suite);
    await openHome(suite);
  }, 120_000);
  afterAll(async () => {
    await endBrowserSuite({ browser, stack }, [folder, ...(stack ? [stack.data] : [])]);
  });
  beforeEach(() => {
    tab.errors.length = 0;
  });

  const assetPage = (key: string) => `${home}/assets/${key}`;
  const pill = (where: Page, word: string | RegExp) =>
    where
      .locator("main header, main")
      .first()
      .getByText(word, { exact: typeof word === "string" })
      .first();
  const runsOf = async () => (await stack.api.runs.list.query({})).items;
  async function ended(run: string) {
    return until(`run ${run} ends`, async () => {
      const detail = await stack.api.runs.get.query({ run });
      return isTerminalRun(detail.run.status) ? detail : null;
    });
  }

  it("a double click launches once, and another tab follows the run", async () => {
    const long = await stack.api.runs.launch.mutate({ target: { selection: "slow/nightly" } });
    const other = await openTab(context);
    await other.page.goto(stack.url + assetPage("stock/levels"));
    await pill(other.page, "Never materialized").waitFor();

    await follow(page, `${home}/runs/${long.id}`);
    await page.getByText("the long work begins").waitFor();

    await follow(page, assetPage("stock/levels"));
    await page.getByRole("button", { name: "Materialize", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("1 asset in 1 step").waitFor();
    await dialog.getByText("stock/levels").waitFor();
    await dialog.getByRole("button", { name: "Materialize 1 asset" }).dblclick();
    await dialog.waitFor({ state: "detached" });
    await pill(other.page, "Queued").waitFor();
    expect((await runsOf()).filter((run) => run.selection.includes("stock/levels"))).toHaveLength(1);

    await follow(page, `${home}/runs/${long.id}`);
    await page.getByRole("button", { name: "Cancel run" }).click();
    await pill(page, "Canceled").waitFor();
    expect((await ended(long.id)).run.status).toBe("canceled");

    await pill(other.page, "Running").waitFor();
    await other.page.getByText("78 rows").first().waitFor();
    expect(other.requests.filter((url) => url === stack.url + assetPage("stock/levels"))).toHaveLength(1);
    expect(other.errors).toEqual([]);
    await other.page.close();
    expect(tab.errors).toEqual([]);
  });

  it("a failure shows its sentence, and re-execution does what is missing", async () => {
    const first = await stack.api.runs.launch.mutate({ target: { selection: "supplier/contacts+" } });
    await follow(page, `${home}/runs/${first.id}`);
    const why = page.getByRole("region", { name: "Failure" });
    await why.getByText(FAILURE, { exact: true }).waitFor();
    await expect.poll(() => why.innerText()).toContain("location.ts:");
    await page.locator("[data-row='supplier/invoices']").getByText("skipped: an upstream step did not succeed").waitFor();
    await screenshot(page, "failed-run");
    await follow(page, `${home}/runs`);
    await page
      .getByRole("listitem")
      .filter({ has: page.locator(`[data-run-link="${first.id}"]`) })
      .getByText(FAILURE)
      .waitFor();
    await follow(page, assetPage("supplier/orders"));
    await page.locator("main").getByText(FAILURE).first().waitFor();
    await follow(page, home);
    await page.getByRole("region", { name: "Needs attention" }).getByText(FAILURE).first().waitFor();
    await screenshot(page, "failed-home");

    project.mend();
    await follow(page, `${home}/runs/${first.id}`);
    await page.getByRole("button", { name: "Re-execute from failure" }).click();
    await page.waitForURL((url) => url.pathname.startsWith(`${home}/runs/`) && !url.pathname.endsWith(first.id));
    await pill(page, "Succeeded").waitFor();
    await page.locator("[data-row='supplier/invoices']").getByText("56 rows").waitFor();
    expect(await page.locator("[data-row='supplier/contacts']").count()).toBe(0);
    await follow(page, home);
    await page.getByText(FAILURE).waitFor({ state: "detached" });
    expect(tab.errors).toEqual([]);
  });

  it("the log is filtered and searched; a link leads to its line", async () => {
    const { id } = await stack.api.runs.launch.mutate({ target: { selection: "stock/audit" } });
    await ended(id);
    await follow(page, `${home}/runs/${id}`);
    const count = page.locator("[data-log-count]");
    await page.getByLabel("Level").selectOption("debug");
    await expect.poll(async () => Number(await count.getAttribute("data-log-count"))).toBeGreaterThan(CHATTER);
    await page.getByLabel("Search the log").fill("shelf 17");
    // 17, 170 to 179, and the warning.
    await expect.poll(async () => Number(await count.getAttribute("data-log-count"))).toBe(12);
    expect(new URL(page.url()).searchParams.get("search")).toBe("shelf 17");
    await page.getByLabel("Level").selectOption("warn");
    await expect.poll(async () => Number(await count.getAttribute("data-log-count"))).toBe(1);
    await page.getByLabel("Search the log").fill("");
    await expect.poll(async () => Number(await count.getAttribute("data-log-count"))).toBe(2);

    const line = (await stack.api.runs.events.query({ run: id, after: 0, limit: 1000 })).events.find(
      (event) => event.event.type === "log" && event.event.message === "shelf 200 counted",
    );
    const other = await openTab(context);
    await other.page.goto(`${stack.url}${home}/runs/${id}#L${line?.seq}`);
    await other.page.locator(`[data-seq="${line?.seq}"]`).getByText("shelf 200 counted").waitFor();
    await expect.poll(() => other.page.locator(`[data-seq="${line?.seq}"]`).getAttribute("class")).toContain("bg-accent-soft");
    await other.page.close();
  });

  it("says 404 for what does not exist and offers what is nearest", async () => {
    await follow(page, assetPage("supplier/ordres"));
    await page.locator("[data-status='404']").getByRole("link", { name: "supplier/orders" }).waitFor();
    await follow(page, `${home}/runs/01a00000-0000-7000-8000-000000000000`);
    await page.locator("[data-status='404']").getByRole("link", { name: "All runs" }).waitFor();
    await follow(page, `${home}/nowhere`);
    await page.getByRole("heading", { level: 1 }).waitFor();
  });

  it("points at the place of a syntax error in a selection", async () => {
    await follow(page, `${home}/assets`);
    await page.getByRole("combobox", { name: "Filter assets" }).fill("group:a and ) key:b");
    const problem = page.getByRole("alert");
    await problem.waitFor();
    const shown = (await problem.innerText()).split("\n");
    const [text = "", mark = ""] = [shown.find((line) => line.includes("group:a")), shown.find((line) => /^\s*\^+\s*$/.test(line))];
    expect(text.indexOf(")"), shown.join("\n")).toBe(mark.indexOf("^"));
    await page.getByRole("combobox", { name: "Filter assets" }).fill("");
    await problem.waitFor({ state: "detached" });
  });

  it("the keyboard alone suffices: skip link, palette, lineage", async () => {
    await page.goto(stack.url + home);
    await page.getByRole("heading", { level: 1 }).first().waitFor();
    await page.keyboard.press("Tab");
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to content");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("main");

    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Search or run an action" }).waitFor();
    await page.keyboard.type("materialize contacts");
    await page.getByRole("option", { name: "Materialize supplier/contacts" }).waitFor();
    await page.keyboard.press("Enter");
    const confirm = page.getByRole("dialog").getByRole("button", { name: "Materialize 1 asset" });
    await confirm.waitFor();
    await confirm.focus();
    await page.keyboard.press("Enter");
    await page.getByText("Materializing 1 asset").waitFor();
    await until("the run from the palette", async () => (await runsOf())[0]?.selection.includes("supplier/contacts"));

    await follow(page, `${home}/lineage?at=supplier%2Fcontacts`);
    await page.locator("[data-asset='supplier/contacts']").waitFor();
    await page.getByRole("group", { name: /Lineage graph/ }).focus();
    await page.keyboard.press("ArrowRight");
    await page.waitForURL((url) => url.searchParams.get("at") === "supplier/orders");
    await page.keyboard.press("ArrowRight");
    await page.waitForURL((url) => url.searchParams.get("at") === "supplier/invoices");
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname === assetPage("supplier/invoices"));
    expect(tab.errors).toEqual([]);
  });

  it("broken code is shown on every page until it is mended", async () => {
    const paths = [home, `${home}/assets`, `${home}/lineage`, `${home}/runs`, `${home}/jobs`, `${home}/agents`];
    await follow(page, home);
    project.breakCode();
    const banner = page.locator("[data-banner='location:shop']");
    await banner.waitFor();
    for (const path of paths) {
      await follow(page, path);
      expect(await banner.innerText()).toContain("Code location shop does not load");
    }
    await banner.getByRole("link").click();
    await page.waitForURL((url) => url.pathname === `${home}/code/shop`);
    await page.getByText("location.ts").first().waitFor();
    await screenshot(page, "broken-code");
    const { id } = await stack.api.runs.launch.mutate({ target: { selection: "supplier/contacts" } });
    expect((await ended(id)).run.status).toBe("succeeded");
    project.restore();
    await banner.waitFor({ state: "detached" });
  });

  it("says when no agent is connected, and when one is again", async () => {
    await follow(page, `${home}/assets`);
    const [agent] = stack.children().agent;
    if (agent === undefined) throw new Error("there is no agent process to kill");
    process.kill(agent, "SIGKILL");
    const banner = page.locator("[data-banner='agent']");
    await banner.waitFor();
    await page.getByText("No agent", { exact: true }).waitFor();
    await banner.waitFor({ state: "detached" });
    await page.getByText("1 agent connected").waitFor();
  });

  it("an idle page sends no request in 20 s", { timeout: 60_000 }, async () => {
    const [run] = await runsOf();
    const tabs = await Promise.all(
      [home, assetPage("supplier/orders"), `${home}/runs/${run?.id}`].map(async (path) => {
        const opened = await openTab(context);
        await opened.page.goto(stack.url + path);
        await opened.page.waitForLoadState("networkidle");
        opened.requests.length = 0;
        return opened;
      }),
    );
    await new Promise((wake) => setTimeout(wake, IDLE_MS));
    expect(tabs.flatMap((opened) => opened.requests)).toEqual([]);
    expect(tabs.flatMap((opened) => opened.errors)).toEqual([]);
    for (const opened of tabs) await opened.page.close();
  });
});
