/** A real Chromium for a test: opens pages, remembers what went wrong in them, and looks at each as a strict reviewer would. */
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { ROOT } from "./stack.ts";

export const SCREENSHOTS = join(ROOT, "artifacts/screenshots");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const WIDE = { width: 1440, height: 900 };
export const NARROW = { width: 390, height: 844 };
/** How pages are looked at: two opposite ways in `npm test`, all of them with `HEADGATE_LOOKS=all`, as in CI. */
export const LOOKS = (
  [
    { scheme: "light", size: WIDE },
    { scheme: "dark", size: NARROW },
    { scheme: "light", size: NARROW },
    { scheme: "dark", size: WIDE },
  ] as const
).slice(0, process.env["HEADGATE_LOOKS"] === "all" ? 4 : 2);

export async function openChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env["HEADGATE_CHROMIUM"] ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

export interface Tab {
  readonly page: Page;
  /** Messages of the console at level error, and exceptions that were not caught. */
  readonly errors: string[];
  /** Addresses of all HTTP requests since the tab was opened. */
  readonly requests: string[];
}

export async function openTab(context: BrowserContext): Promise<Tab> {
  const page = await context.newPage();
  const tab: Tab = { page, errors: [], requests: [] };
  page.on("console", (message) => {
    if (message.type() === "error") tab.errors.push(`${message.text()} at ${message.location().url}`);
  });
  page.on("pageerror", (error) => tab.errors.push(String(error)));
  page.on("request", (request) => tab.requests.push(request.url()));
  return tab;
}

/** Signs in by the one-time link: the cookie is the context's, so all its tabs are signed in. */
export async function signedIn(browser: Browser, loginUrl: string): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: WIDE, colorScheme: "light", timezoneId: "Europe/Berlin", locale: "en" });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  await page.goto(loginUrl);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => !url.pathname.startsWith("/login/"));
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  await page.close();
  return context;
}

export async function screenshot(page: Page, name: string): Promise<void> {
  const path = join(SCREENSHOTS, `${name}.png`);
  mkdirSync(dirname(path), { recursive: true });
  await page.screenshot({ path });
}

/** Moves around inside the application without loading it again, as its own links do. */
export async function follow(page: Page, path: string): Promise<void> {
  await page.evaluate((href) => {
    const link = Object.assign(document.createElement("a"), { href });
    document.body.append(link);
    link.click();
    link.remove();
  }, path);
  await page.waitForURL((url) => url.pathname + url.search === path);
}

/** Rules of axe-core that the page breaks, each with the first elements that break it. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  // Through the debugger, because the page's own policy rightly refuses foreign scripts.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
  return page.evaluate(async () => {
    const axe = (
      window as unknown as {
        axe: { run(): Promise<{ violations: { id: string; help: string; nodes: { target: unknown; failureSummary?: string }[] }[] }> };
      }
    ).axe;
    const { violations } = await axe.run();
    return violations.map(
      (rule) =>
        `${rule.id} (${rule.nodes.length}): ${rule.help}: ${rule.nodes
          .slice(0, 3)
          .map((node) => `${String(node.target)} ${(node.failureSummary ?? "").split("\n")[1]?.trim() ?? ""}`)
          .join(" | ")}`,
    );
  });
}

/** Elements that stick out to the right although the page itself must not scroll sideways. */
export async function sidewaysProblems(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { clientWidth, scrollWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const inScroller = (element: Element) => {
      for (let parent = element.parentElement; parent; parent = parent.parentElement)
        if (getComputedStyle(parent).overflowX !== "visible") return true;
      return false;
    };
    const culprits = [...document.body.querySelectorAll("*")].filter(
      (element) => element.getBoundingClientRect().right > clientWidth + 1 && !inScroller(element),
    );
    return [
      `the page is ${scrollWidth} px wide: ${culprits
        .slice(-3)
        .map((element) => `${element.tagName.toLowerCase()}.${element.className} "${(element.textContent ?? "").trim().slice(0, 40)}"`)
        .join(" | ")}`,
    ];
  });
}
