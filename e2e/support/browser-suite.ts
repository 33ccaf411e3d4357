/** The start and the end of a browser test: a running Headgate and a signed-in tab. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { openChromium, openTab, signedIn, type Tab } from "./browser.ts";
import { removeFolder, type Stack } from "./stack.ts";

export interface BrowserSuite {
  readonly stack: Stack;
  readonly browser: Browser;
  readonly context: BrowserContext;
  readonly tab: Tab;
  readonly page: Page;
  /** Path of the home page of the deployment. */
  readonly home: string;
}

/** The tab is still empty: the test opens its first page. */
export async function startBrowserSuite(starting: Promise<Stack>): Promise<BrowserSuite> {
  const [stack, browser] = await Promise.all([starting, openChromium()]);
  const context = await signedIn(browser, stack.loginUrl);
  const tab = await openTab(context);
  return { stack, browser, context, tab, page: tab.page, home: `/${stack.deployment.org}/${stack.deployment.name}` };
}

/** Opens the home page and waits for the agent, without which nothing runs. */
export async function openHome({ stack, page, home }: BrowserSuite): Promise<void> {
  await page.goto(stack.url + home);
  await page.getByText("1 agent connected").waitFor();
}

/** Also after a failed start, when a part is missing. */
export async function endBrowserSuite(
  { browser, stack }: { readonly browser: Browser | undefined; readonly stack: Stack | undefined },
  folders: readonly string[],
): Promise<void> {
  await browser?.close();
  await stack?.stop();
  for (const folder of folders) removeFolder(folder);
}
