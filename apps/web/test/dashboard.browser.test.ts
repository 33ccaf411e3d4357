/** Tests the built dashboard in Chromium against the fixture server, which implements the real contracts. */
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { PLACES } from "#lib/places.ts";
import { violations, visitAll } from "./browser.test-support.ts";
import { useFixturePages } from "./fixture-pages.test-support.ts";
import { startFixtureServer } from "./fixture-server.ts";

const HOME = "/acme/prod";
const PAGES = [
  ...PLACES.map((place) => `${HOME}${place.path}`),
  `${HOME}/assets?q=nothing_like_it`,
  `${HOME}/assets/silver/dim_customer`,
  `${HOME}/assets/gold/broken_attribution`,
  `${HOME}/assets/gold/broken_attribution/-/events`,
  `${HOME}/assets/silver/dim_customer/-/checks`,
  `${HOME}/assets/gold/daily_orders/-/partitions`,
  `${HOME}/code/lakehouse`,
  `${HOME}/assets/gold/fct_order`,
  "/login",
];

const fixture = useFixturePages();
const { open, urlOf } = fixture;

describe("dashboard in a browser", { timeout: 180_000 }, () => {
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
    // Dates are longest in a zone without a short name.
    const narrow = (path: string) => open(path, { width: 320, zone: "America/St_Johns" });
    const { page } = await narrow(`${HOME}/runs`);
    const run = await page.locator("[data-run-link]").first().getAttribute("href");
    await page.context().close();
    const wide: string[] = [];
    await visitAll(
      () => narrow(HOME),
      [...PAGES, `${run}?view=details`].map(urlOf),
      async (tab, url) => {
        if (await tab.evaluate(() => document.documentElement.scrollWidth > innerWidth)) wide.push(url);
      },
    );
    expect(wide).toEqual([]);
  });

  it("idle pages make no request", async () => {
    const pages: Page[] = [];
    for (const path of [HOME, `${HOME}/assets`, `${HOME}/runs`, `${HOME}/assets/silver/dim_customer`]) {
      const { page } = await open(path);
      await page.waitForLoadState("networkidle");
      pages.push(page);
    }
    const before = fixture.server.requests.length;
    await pages[0]?.waitForTimeout(4000);
    expect(fixture.server.requests.slice(before)).toEqual([]);
    for (const page of pages) await page.context().close();
  });

  it("the first page loads under 150 KB of script without policy errors", async () => {
    const context = await fixture.browser.newContext();
    const page = await context.newPage();
    const problems: string[] = [];
    const bodies: Promise<number>[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text());
    });
    page.on("response", (response) => {
      if (response.url().endsWith(".js")) bodies.push(response.body().then((body) => gzipSync(body).length));
    });
    await page.goto(`${fixture.server.url}${HOME}`);
    await page.locator("h1:not(.sr-only)").first().waitFor();
    await page.waitForLoadState("networkidle");
    const sizes = await Promise.all(bodies);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(150 * 1024);
    expect(Math.max(...sizes)).toBeLessThan(250 * 1024);
    expect(problems).toEqual([]);
    await context.close();
  });

  it("a launch by keyboard is followed live in two tabs", async () => {
    const { page } = await open(`${HOME}/assets?q=churn_features`);
    const other = (await open(`${HOME}/assets?q=churn_features`)).page;
    await page.keyboard.press("Control+k");
    await page.keyboard.type("materialize metrics/churn_features");
    await page.keyboard.press("Enter");
    const confirm = page.getByRole("button", { name: "Materialize 1 asset" });
    await confirm.waitFor();
    await confirm.focus();
    await page.keyboard.press("Enter");
    const row = (where: Page) => where.getByRole("row", { name: /churn_features/ });
    await row(page).getByText("Queued").waitFor();
    await row(other).getByText("Running").waitFor();
    await row(page).getByText("Healthy").waitFor();
    await row(other).getByText("Healthy").waitFor();
    await page.context().close();
    await other.context().close();
  });

  it("a double click starts one run", async () => {
    const { page } = await open(`${HOME}/assets/raw/country_codes`);
    const before = fixture.server.deployment.runsById.size;
    await page.getByRole("button", { name: "Materialize", exact: true }).click();
    await page.getByRole("button", { name: "Materialize 1 asset" }).dblclick();
    await page.getByText("Materializing 1 asset").waitFor();
    expect(fixture.server.deployment.runsById.size).toBe(before + 1);
    await page.context().close();
  });

  it("a selection error is shown at its characters, with similar keys", async () => {
    const { page } = await open(`${HOME}/assets`);
    await page.keyboard.press("/");
    await page.keyboard.type("group:gold ) x");
    await page.getByRole("alert").getByText("character 12").waitFor();
    await page.getByRole("combobox", { name: "Filter assets" }).fill("gold/fct_ordres");
    await page.getByRole("link", { name: "gold/fct_orders" }).waitFor();
    await page.context().close();
  });

  it("a copied link shows the same view", async () => {
    const { page } = await open(`${HOME}/assets`);
    await page.getByRole("combobox", { name: "Filter assets" }).fill("group:silver");
    await page.getByRole("button", { name: "Rows" }).click();
    await page.waitForURL(/q=group%3Asilver.*sort=-rows/);
    const copy = (await open(page.url().slice(fixture.server.url.length))).page;
    const keys = (where: Page) => where.locator("[role=row] a").allInnerTexts();
    expect(await keys(copy)).toEqual(await keys(page));
    await page.context().close();
    await copy.context().close();
  });

  it("metadata of an unknown type is shown as JSON with its type", async () => {
    const own = await startFixtureServer({ port: 0 });
    const { asset } = own.deployment;
    const newer = { type: "geo_point", value: { lat: 52.5, lon: 13.4 } };
    Object.assign(own.deployment, {
      asset: async (input: { key: string }) => {
        const answer = await asset.call(own.deployment, input);
        return answer.ok ? { ...answer, value: { ...answer.value, metadata: { position: newer } } } : answer;
      },
    });
    const { page } = await open(`${HOME}/assets/silver/dim_customer`, { base: own.url });
    const metadata = page.getByRole("region", { name: /Latest metadata/ });
    await metadata.getByText("geo_point", { exact: true }).waitFor();
    await metadata.getByText('"lat": 52.5').waitFor();
    expect(await metadata.getByText("null", { exact: true }).count()).toBe(0);
    await page.context().close();
    await own.close();
  });

  it("a description never becomes markup", async () => {
    const { page, problems } = await open(`${HOME}/assets/silver/dim_customer`);
    await page.getByText("<script>alert(1)</script>").waitFor();
    await page.getByText("javascript:alert(1)", { exact: true }).waitFor();
    expect(await page.locator("main script, main a[href^='javascript']").count()).toBe(0);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it("a failed asset shows message and user frame without a click", async () => {
    const { page } = await open(`${HOME}/assets/gold/broken_attribution`);
    await page.getByRole("heading", { name: /KeyError: 'missing'/ }).waitFor();
    await page.getByText("assets/gold.ts:41").waitFor();
    await page.context().close();
  });

  it("an unknown asset or page suggests similar ones", async () => {
    const { page } = await open(`${HOME}/assets/gold/fct_order`);
    await page.getByRole("link", { name: "gold/fct_orders" }).waitFor();
    expect(await page.locator("[data-status='404']").count()).toBe(1);
    await page.goto(`${fixture.server.url}${HOME}/nonsense`);
    await page.getByRole("heading", { name: "Page not found" }).waitFor();
    await page.context().close();
  });

  it("the chosen theme survives a reload from the first paint", async () => {
    const { page } = await open(HOME);
    await page.getByRole("button", { name: /Theme: system/ }).click();
    await page.getByRole("button", { name: /Theme: light/ }).click();
    await page.goto(`${fixture.server.url}${HOME}`, { waitUntil: "commit" });
    await page.waitForFunction(() => document.body !== null);
    expect(await page.evaluate(() => document.documentElement.dataset["theme"])).toBe("dark");
    await page.context().close();
  });

  it("lost live updates show a banner until they recover", async () => {
    const own = await startFixtureServer({ port: 0 });
    const { page } = await open(`${HOME}/jobs`, { base: own.url });
    const port = Number(new URL(own.url).port);
    await own.close();
    await page.locator("[data-banner=stream]").waitFor();
    const again = await startFixtureServer({ port });
    await page.locator("[data-banner=stream]").waitFor({ state: "detached", timeout: 40_000 });
    await page.context().close();
    await again.close();
  });

  it("the banner about missing agents leads to the start command", async () => {
    const own = await startFixtureServer({ port: 0 });
    own.deployment.agentViews = own.deployment.agentViews.map((agent) => ({ ...agent, status: "disconnected" as const }));
    const { page } = await open(HOME, { base: own.url });
    await page.locator("[data-banner=agent]").getByRole("link", { name: "How to start an agent" }).click();
    await page.getByText("Waiting for an agent to connect").waitFor();
    await page.getByText(/^headgate agent --url/).waitFor();
    expect(await page.getByRole("list", { name: "Agents" }).getByRole("listitem").count()).toBeGreaterThan(0);
    await page.context().close();
    await own.close();
  });

  it("code that does not load has a banner on every page", async () => {
    const own = await startFixtureServer({ port: 0, broken: true });
    const { page } = await open(HOME, { base: own.url });
    for (const path of PAGES.slice(0, -1)) {
      await page.goto(`${own.url}${path}`);
      await page.locator("[data-banner='location:lakehouse']").waitFor();
    }
    await page.goto(`${own.url}${HOME}/code/lakehouse`);
    await page.getByText("at assets/gold.ts:3:28").waitFor();
    await page.getByText("npm install date-fns").waitFor();
    expect(await page.getByText("packageResolve").isVisible()).toBe(false);
    await page.context().close();
    await own.close();
  });

  it("an empty deployment shows the exact first commands", async () => {
    const own = await startFixtureServer({ port: 0, empty: true });
    const { page } = await open(HOME, { base: own.url });
    await page.getByText(`npx @headgate/cli agent --url ${own.url}`).waitFor();
    await page.getByText("cd my-lakehouse && npm install").waitFor();
    // `publish` and `run` read these variables.
    await page.getByText(`export HEADGATE_URL=${own.url} HEADGATE_TOKEN=<API token>`).waitFor();
    await page.locator("[data-banner=agent]").waitFor();
    await page.context().close();
    await own.close();
  });

  it("no text of an empty deployment is cut off on a phone", async () => {
    const own = await startFixtureServer({ port: 0, empty: true });
    const cut: string[] = [];
    await visitAll(
      () => open(HOME, { base: own.url, width: 390 }),
      PLACES.map((place) => `${own.url}${HOME}${place.path}`),
      async (tab, url) => {
        const outside = await tab
          .locator("main p")
          .evaluateAll((found) =>
            found
              .filter((one) => one.getBoundingClientRect().left < 0 || one.getBoundingClientRect().right > innerWidth)
              .map((one) => one.textContent),
          );
        cut.push(...outside.map((text) => `${url} ${text}`));
      },
    );
    expect(cut).toEqual([]);
    await own.close();
  });

  it("the code of an agent is named by its version's number", async () => {
    const own = await startFixtureServer({ port: 0 });
    const locations = [{ location: "lakehouse", version: "lakehouse-12-0a9e1bc3", state: "ready" as const }];
    own.deployment.agentViews = own.deployment.agentViews.map((agent) => ({ ...agent, locations }));
    const { page } = await open(`${HOME}/agents`, { base: own.url });
    await page.getByText("lakehouse version 12 ready").first().waitFor();
    await page.context().close();
    await own.close();
  });

  it("only visible rows of five thousand assets are in the document", async () => {
    const own = await startFixtureServer({ port: 0, assets: 5000 });
    const { page } = await open(`${HOME}/assets`, { base: own.url });
    await page.getByText("5,000").waitFor();
    expect(await page.getByRole("row").count()).toBeLessThan(80);
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    await page.getByRole("link", { name: own.deployment.definitions.assets.at(-1)?.key ?? "" }).waitFor();
    await page.context().close();
    await own.close();
  });
});
