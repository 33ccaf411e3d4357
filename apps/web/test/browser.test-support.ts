/** Chromium and axe for the dashboard's browser tests. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";

const CHROMIUM = process.env["HEADGATE_CHROMIUM"] ?? "/usr/bin/chromium";
const WEB = join(import.meta.dirname, "..");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** A missing element fails at its own line instead of at the test's time limit. */
const TIMEOUT_MS = 30_000;
const TABS = 3;

export async function startBrowser(): Promise<Browser> {
  if (!existsSync(CHROMIUM))
    throw new Error(`${CHROMIUM} is missing: install Debian's package chromium, or name a Chromium executable with HEADGATE_CHROMIUM.`);
  if (!existsSync(join(WEB, "build/index.html"))) execFileSync("vite", ["build"], { cwd: WEB, stdio: "inherit" });
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
}

export interface OpenOptions {
  readonly width?: number;
  readonly dark?: boolean;
  readonly bypassCSP?: boolean;
  readonly zone?: string;
}

/** `problems`: uncaught errors and console errors of the page. */
export async function openPage(browser: Browser, url: string, options: OpenOptions = {}): Promise<{ page: Page; problems: string[] }> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1440, height: 900 },
    colorScheme: options.dark ? "dark" : "light",
    bypassCSP: options.bypassCSP ?? false,
    ...(options.zone !== undefined && { timezoneId: options.zone }),
  });
  const page = await context.newPage();
  page.setDefaultTimeout(TIMEOUT_MS);
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  await visit(page, url);
  return { page, problems };
}

export async function visit(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.locator("h1:not(.sr-only)").first().waitFor();
}

/** Opens a few tabs and looks at each path in one of them; most of the time a page waits for its network to be idle. */
export async function visitAll(
  open: () => Promise<{ page: Page; problems: string[] }>,
  urls: readonly string[],
  look: (page: Page, url: string) => Promise<void>,
): Promise<string[]> {
  const left = [...urls];
  const problems = await Promise.all(
    Array.from({ length: TABS }, async () => {
      const tab = await open();
      for (let url = left.shift(); url !== undefined; url = left.shift()) {
        await visit(tab.page, url);
        await tab.page.waitForLoadState("networkidle");
        await look(tab.page, url);
      }
      await tab.page.context().close();
      return tab.problems;
    }),
  );
  return problems.flat();
}

/** The page must have been opened with `bypassCSP`. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(root: Document, options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const result = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] });
    return result.violations.map((violation) => `${violation.id}: ${violation.nodes[0]?.html.slice(0, 120)}`);
  });
}
