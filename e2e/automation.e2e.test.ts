/**
 * It runs by itself: the stories of the lakehouse, on the real thing. A schedule is switched on in the browser, a file arrives, Airbyte calls
 * twice, one layer makes the next, a failed check holds a report back, a month is filled in, and each page says why.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import { accessibilityProblems, LOOKS, screenshot, sidewaysProblems, WIDE, type Tab } from "./support/browser.ts";
import { endBrowserSuite, startBrowserSuite } from "./support/browser-suite.ts";
import { ROOT, startStack, temporaryFolder, until, type Stack } from "./support/stack.ts";

const LOCATION = "lakehouse";
const FULL = { location: LOCATION, kind: "schedule", name: "full_refresh_schedule" } as const;
const NEW_FILES = { location: LOCATION, kind: "sensor", name: "new_files" } as const;
const AIRBYTE = { location: LOCATION, sensor: "airbyte_sync" } as const;
const ENDED = new Set(["succeeded", "failed", "canceled"]);

describe("the lakehouse runs by itself", () => {
  const data = temporaryFolder("automation");
  const landing = temporaryFolder("landing");
  let stack: Stack;
  let browser: Browser;
  let tab: Tab;
  let page: Page;
  let home: string;

  const runs = async (filter: Parameters<Stack["api"]["runs"]["list"]["query"]>[0]["filter"] = {}): Promise<readonly RunSummary[]> =>
    (await stack.api.runs.list.query({ filter, limit: 200 })).items;
  const ended = async (id: string, timeoutMs = 90_000): Promise<RunSummary> =>
    until(
      `the end of run ${id}`,
      async () => {
        const { run } = await stack.api.runs.get.query({ run: id });
        return ENDED.has(run.status) ? run : null;
      },
      timeoutMs,
    );
  const launched = async (
    target: Parameters<Stack["api"]["runs"]["launch"]["mutate"]>[0]["target"],
    config?: unknown,
  ): Promise<RunSummary> => ended((await stack.api.runs.launch.mutate({ target, ...(config !== undefined && { config }) })).id);
  const byCondition = async (asset: string, after: string): Promise<RunSummary> =>
    until(`a run of ${asset} by its condition`, async () => {
      const found = (await runs({ asset })).find(({ trigger, id }) => trigger.type === "condition" && id > after);
      return found && ENDED.has(found.status) ? found : null;
    });

  beforeAll(async () => {
    mkdirSync(landing, { recursive: true });
    const suite = await startBrowserSuite(
      startStack({ project: join(ROOT, "examples/lakehouse"), data, env: { LAKEHOUSE_LANDING: landing } }),
    );
    ({ stack, browser, tab, page } = suite);
    home = stack.url + suite.home;
    const first = await launched({ job: "full_refresh" });
    if (first.status !== "succeeded") throw new Error(`full_refresh ${first.status}: ${first.error}`);
  }, 240_000);
  afterAll(async () => {
    await endBrowserSuite({ browser, stack }, [data, landing]);
  });

  it("a first full run makes no condition ask for more", async () => {
    const { items } = await stack.api.conditions.evaluations.query({ requestedOnly: true });
    expect(items).toEqual([]);
    expect((await runs()).map(({ job }) => job)).toEqual(["full_refresh"]);
  });

  it("the daily schedule is switched off and on in the browser", async () => {
    await page.goto(`${home}/automations`);
    const row = page.getByRole("listitem").filter({ hasText: FULL.name });
    const toggle = row.getByRole("switch");
    await toggle.click();
    await until("the schedule is off", async () => !(await stack.api.automations.get.query(FULL)).automation.enabled);
    await page.reload();
    await until("the switch shows off", async () => (await toggle.getAttribute("aria-checked")) === "false");
    await toggle.click();
    const detail = await until("the schedule is on", async () => {
      const found = await stack.api.automations.get.query(FULL);
      return found.automation.enabled ? found : null;
    });
    const next = new Date(detail.automation.nextAt ?? 0).toLocaleTimeString("en-GB", { timeZone: "Europe/Paris" });
    expect(next).toBe("02:00:00");
    const trial = await stack.api.automations.test.mutate(FULL);
    expect(trial.runs).toMatchObject([{ job: "full_refresh", problem: null }]);
    expect((await runs()).length).toBe(1);
  });

  it("a new file is loaded once, however often the sensor looks", async () => {
    const before = await runs();
    const header = "order_id,customer_id,ordered_at,status,amount_cents";
    const shipped = join(ROOT, "examples/lakehouse/data/raw/orders.csv");
    copyFileSync(shipped, join(landing, "notes.txt"));
    writeFileSync(join(landing, "orders-2025-03-02.csv"), `${firstLine(shipped) ?? header}\n`);
    await stack.api.automations.tickNow.mutate(NEW_FILES);
    const made = await until("a run of the new file", async () => {
      const found = (await runs()).filter(({ trigger }) => trigger.type === "sensor" && trigger.name === NEW_FILES.name);
      return found.length > 0 ? found : null;
    });
    expect(made.map(({ job, tags }) => [job, tags["file"]]).toSorted()).toEqual([
      ["bronze_refresh", "notes.txt"],
      ["bronze_refresh", "orders-2025-03-02.csv"],
    ]);
    for (const { id } of made) expect((await ended(id)).status).toBe("succeeded");
    await stack.api.automations.tickNow.mutate(NEW_FILES);
    await until("a second look", async () => {
      const { items } = await stack.api.automations.ticks.query({ ...NEW_FILES, limit: 1 });
      return items[0]?.state === "skipped" && items[0].message?.includes("no new files");
    });
    expect((await runs({ job: "bronze_refresh" })).length).toBe(before.filter(({ job }) => job === "bronze_refresh").length + 2);
  });

  it("an Airbyte sync that calls twice loads once, a failed one never", async () => {
    const { url } = await stack.api.webhooks.rotateSecret.mutate(AIRBYTE);
    const call = async (body: unknown) =>
      (await fetch(`${stack.url}${url}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }))
        .status;
    const sync = { success: true, jobId: 4711, connection: { id: "c1", name: "customers" }, recordsCommitted: 200 };
    expect([await call({ text: "done", data: sync }), await call({ text: "done", data: sync })]).toEqual([202, 202]);
    expect(await call({ text: "failed", data: { ...sync, jobId: 4712, success: false } })).toBe(202);
    expect(await call({ text: "This is a test notification" })).toBe(202);
    const wrong = await fetch(`${stack.url}${url?.replace(/.{8}$/, "xxxxxxxx")}`, { method: "POST", body: "{}" });
    expect(wrong.status).toBe(401);
    const [run, ...others] = (await runs()).filter(({ tags }) => tags["airbyte_job"] === "4711");
    expect(others).toEqual([]);
    expect(run).toMatchObject({
      job: "bronze_refresh",
      tags: { connection: "customers" },
      trigger: { type: "sensor", name: "airbyte_sync" },
    });
    expect((await ended(run?.id ?? "")).status).toBe("succeeded");
    const { items } = await stack.api.webhooks.deliveries.query(AIRBYTE);
    expect(items.map(({ state }) => state)).toEqual(["skipped", "skipped", "skipped", "requested"]);
  });

  it("an updated silver table runs gold and its report, with causes", async () => {
    const silver = await launched({ selection: 'key:"silver/dim_customer"' });
    expect(silver.status).toBe("succeeded");
    const gold = await byCondition("gold/top_customers", silver.id);
    expect(gold).toMatchObject({ status: "succeeded", selection: expect.stringContaining("gold/top_customers") as unknown });
    const report = await until("the report is made", async () => {
      const found = (await runs({ asset: "metrics/customer_report" })).find(
        ({ id, trigger }) => id >= gold.id && trigger.type === "condition",
      );
      return found && ENDED.has(found.status) ? found : null;
    });
    expect(report.status).toBe("succeeded");
    const evaluation = gold.trigger.type === "condition" ? gold.trigger.evaluation : "";
    const { cause, tree } = await stack.api.conditions.evaluation.query({ id: evaluation });
    expect(cause).toContain("silver/dim_customer");
    expect(tree?.count).toBe(1);
    await page.goto(`${home}/runs/${gold.id}`);
    await page.getByText("condition of gold/top_customers").first().waitFor();
    await page.goto(`${home}/assets/gold/top_customers/-/automation`);
    await page.getByText("silver/dim_customer").first().waitFor();
  });

  it("a failed blocking check holds the report back", async () => {
    const config = { assets: { "gold/top_customers": { limit: 3 } } };
    const together = await launched({ selection: 'key:"gold/top_customers"+' }, config);
    const detail = await stack.api.runs.get.query({ run: together.id });
    const steps = Object.fromEntries(detail.steps.map(({ key, status }) => [key, status]));
    expect(together.status).toBe("failed");
    expect(steps["metrics/customer_report"]).toBe("skipped");
    const alone = await launched({ selection: 'key:"gold/top_customers"' }, config);
    const held = await until("the evaluation of the report", async () => {
      const { items } = await stack.api.conditions.evaluations.query({ target: "metrics/customer_report", limit: 1 });
      return items[0] && items[0].at >= (alone.endedAt ?? 0) - 1000 ? items[0] : null;
    });
    expect(held.requested).toBe(0);
    const after = (await runs({ asset: "metrics/customer_report" })).filter(({ id }) => id > alone.id);
    expect(after).toEqual([]);
  });

  it("a backfill fills a month of days, as the browser shows", async () => {
    const target = {
      selection: 'key:"metrics/orders_by_day"',
      partitions: { type: "range", first: "2025-01-01", last: "2025-01-30" },
    } as const;
    const preview = await stack.api.backfills.preview.query({ target });
    expect(preview.runs).toBe(30);
    const { id } = await stack.api.backfills.launch.mutate({ target, maxActive: 5, title: "January" });
    await page.goto(`${home}/backfills/${id}`);
    await page
      .getByRole("heading", { name: /January/ })
      .first()
      .waitFor();
    const done = await until(
      "the end of the backfill",
      async () => {
        const detail = await stack.api.backfills.get.query({ id });
        return detail.backfill.endedAt === null ? null : detail;
      },
      110_000,
    );
    expect(done.backfill).toMatchObject({ status: "succeeded", runs: { succeeded: 30, failed: 0, waiting: 0, active: 0 } });
    await page.getByText("30 of 30").first().waitFor();
    const { items } = await stack.api.assets.partitions.query({ key: "metrics/orders_by_day", limit: 100 });
    const month = items.filter(({ key }) => key < "2025-01-31");
    expect(month).toHaveLength(30);
    expect(month.every(({ status }) => status === "materialized")).toBe(true);
  });

  it("every automation page is accessible and without errors at each size", { timeout: 240_000 }, async () => {
    const { items: ticks } = await stack.api.automations.ticks.query({ ...NEW_FILES, limit: 1 });
    const pages = {
      automations: "/automations",
      schedule: `/automations/${LOCATION}/schedule/${FULL.name}`,
      sensor: `/automations/${LOCATION}/sensor/${NEW_FILES.name}`,
      tick: `/automations/${LOCATION}/sensor/${NEW_FILES.name}/-/ticks/${ticks[0]?.id ?? ""}`,
      webhook: `/automations/${LOCATION}/sensor/airbyte_sync/-/webhook`,
      "asset-automation": "/assets/gold/top_customers/-/automation",
      "asset-partitions": "/assets/metrics/orders_by_day/-/partitions",
      backfills: "/backfills",
      queue: "/queue",
      timeline: "/timeline",
      home: "",
    };
    const problems: string[] = [];
    for (const [name, path] of Object.entries(pages)) {
      for (const { scheme, size } of LOOKS) {
        // Loaded in each look: rows out of sight keep the colours of the scheme in which they were seen last.
        await page.emulateMedia({ colorScheme: scheme });
        await page.setViewportSize(WIDE);
        await page.goto(home + path);
        await page.getByRole("heading", { level: 1 }).first().waitFor();
        await page.locator("[aria-busy='true']").first().waitFor({ state: "detached" });
        await page.setViewportSize(size);
        await page.evaluate(async () => {
          await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
          await Promise.allSettled(document.getAnimations().map((animation) => animation.finished));
        });
        await screenshot(page, `automation/${name}-${scheme}-${size.width}`);
        const found = [...(await accessibilityProblems(page)), ...(await sidewaysProblems(page))];
        problems.push(...found.map((problem) => `${name} ${scheme} ${size.width}: ${problem}`));
      }
    }
    expect(problems).toEqual([]);
    expect(tab.errors).toEqual([]);
  });
});

function firstLine(path: string): string | undefined {
  return readFileSync(path, "utf8").split("\n", 1)[0];
}
