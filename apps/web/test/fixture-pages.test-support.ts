/** Opens pages of the built dashboard in Chromium, answered by a fixture server that starts and ends with the test file. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { openPage, startBrowser, type OpenOptions } from "./browser.test-support.ts";
import { startFixtureServer, type FixtureServer } from "./fixture-server.ts";

export interface FixturePages {
  readonly browser: Browser;
  readonly server: FixtureServer;
  urlOf(path: string): string;
  /** `base`: the address of another server than the fixture server. */
  open(path: string, options?: OpenOptions & { readonly base?: string }): Promise<{ page: Page; problems: string[] }>;
}

export function useFixturePages(): FixturePages {
  let browser: Browser;
  let server: FixtureServer;
  beforeAll(async () => {
    browser = await startBrowser();
    server = await startFixtureServer({ port: 0 });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  return {
    get browser() {
      return browser;
    },
    get server() {
      return server;
    },
    urlOf: (path) => `${server.url}${path}`,
    open: (path, options = {}) => openPage(browser, `${options.base ?? server.url}${path}`, options),
  };
}
