/** What the dashboard offers to whom: a viewer looks, a launcher starts and stops, an editor also switches. Each refusal says why. */
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { follow, openChromium, openTab, signedIn } from "./support/browser.ts";
import { type Somebody, somebody } from "./support/people.ts";
import { writeProject } from "./support/project-shell.ts";
import { removeFolder, startStack, temporaryFolder, until, type Stack } from "./support/stack.ts";

const ROLES = ["viewer", "launcher", "editor"] as const;
type Role = (typeof ROLES)[number];

const CODE = `import { dailyPartitions, defineAsset, defineCodeLocation, defineJob, defineSchedule } from "@headgate/sdk";
const plain = defineAsset({ key: "plain", run: () => undefined });
const days = defineAsset({ key: "days", partitions: dailyPartitions({ start: "2025-01-01" }), run: () => undefined });
const all = defineJob({ name: "all", selection: "plain" });
export default defineCodeLocation({
  name: "roles",
  assets: [plain, days],
  jobs: [all],
  schedules: [defineSchedule({ name: "nightly", job: all, cron: "0 3 * * *" })],
});
`;

describe("the dashboard", () => {
  const project = temporaryFolder("roles");
  let stack: Stack;
  let browser: Browser;
  let home: string;
  let place: string;
  let run: string;
  let backfill: string;

  beforeAll(async () => {
    writeProject(project, { name: "roles", code: CODE });
    [stack, browser] = await Promise.all([startStack({ project }), openChromium()]);
    place = `/${stack.deployment.org}/${stack.deployment.name}`;
    home = `${stack.url}${place}`;
    run = (await stack.api.runs.launch.mutate({ target: { selection: "plain" } })).id;
    await until("the run has ended", async () => (await stack.api.runs.get.query({ run })).run.endedAt !== null);
    const range = { type: "range", first: "2025-01-01", last: "2025-01-31" } as const;
    const target = { selection: "days", partitions: range };
    backfill = (await stack.api.backfills.launch.mutate({ target, maxActive: 1 })).id;
    await stack.api.backfills.pause.mutate({ id: backfill });
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
    removeFolder(project);
    if (stack) removeFolder(stack.data);
  });

  const enter = async (role: Role): Promise<{ readonly person: Somebody; readonly context: BrowserContext }> => {
    const person = await somebody(stack, role);
    return { person, context: await signedIn(browser, person.loginUrl) };
  };
  /** Each is there for everybody; to whom it is of no use it says what it needs. */
  const offers = async (control: Locator, allowed: boolean, needed: Role): Promise<void> => {
    await control.waitFor();
    await until(`${String(control)} is ${allowed ? "on" : "off"}`, async () => (await control.isEnabled()) === allowed, 10_000);
    if (!allowed) expect(await control.getAttribute("title")).toBe(`Needs the role ${needed}`);
  };
  const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: true });

  it.each(ROLES)("offers the role %s what it may do, and nothing else", async (role) => {
    const { context } = await enter(role);
    const { page, errors } = await openTab(context);
    const [launches, edits] = [role !== "viewer", role === "editor"];

    await page.goto(`${home}/automations`);
    await offers(page.getByRole("switch", { name: "Schedule nightly" }), edits, "editor");
    await follow(page, `${place}/automations/roles/schedule/nightly`);
    await offers(page.getByRole("switch", { name: "Schedule nightly" }), edits, "editor");
    await offers(button(page, "Tick now"), launches, "launcher");
    await follow(page, `${place}/automations/roles/schedule/nightly/-/test`);
    await button(page, "Try it out").waitFor();
    expect(await page.getByText(`Your role is ${role}: ask for the role launcher`).count()).toBe(launches ? 0 : 1);
    expect(await button(page, "Try it out").isEnabled()).toBe(launches);

    await follow(page, `${place}/backfills`);
    await page.getByRole("heading", { level: 1, name: "Backfills" }).waitFor();
    await page
      .getByRole("link", { name: /2025-01-01/ })
      .first()
      .waitFor();
    expect(await button(page, "New backfill").count()).toBe(launches ? 1 : 0);
    await follow(page, `${place}/backfills/${backfill}`);
    for (const name of ["Resume", "Cancel"]) await offers(button(page, name), launches, "launcher");

    await follow(page, `${place}/runs/${run}`);
    await offers(button(page, "Re-execute all"), launches, "launcher");

    await follow(page, `${place}/assets/plain`);
    await button(page, "Materialize").click();
    const dialog = page.getByRole("dialog");
    const start = dialog.getByRole("button", { name: "Materialize 1 asset" });
    await start.waitFor();
    expect(await start.isEnabled()).toBe(launches);
    expect(await dialog.getByText(`Your role is ${role}: ask for the role launcher to start runs.`).count()).toBe(launches ? 0 : 1);

    expect(errors).toEqual([]);
    await context.close();
  });

  it("a role taken away under an open page is explained", async () => {
    const { person, context } = await enter("editor");
    const { page, errors } = await openTab(context);
    await page.goto(`${home}/automations/roles/schedule/nightly`);
    const toggle = page.getByRole("switch", { name: "Schedule nightly" });
    await offers(toggle, true, "editor");
    const before = await toggle.getAttribute("aria-checked");
    person.become("viewer");
    await toggle.click();
    await page.getByText(/nightly was not turned (on|off): .*needs the role 'editor'/).waitFor();
    expect(await toggle.getAttribute("aria-checked")).toBe(before);
    await button(page, "Tick now").click();
    await page.getByText(/nightly does not tick: .*needs the role 'launcher'/).waitFor();
    await page.goto(`${home}/runs/${run}`);
    // The page was loaded anew, and knows by now.
    await offers(button(page, "Re-execute all"), false, "launcher");
    // The browser itself writes a line for each answer that is a refusal; nothing else is there.
    expect(errors.filter((line) => !line.includes("403"))).toEqual([]);
    expect((await stack.api.automations.get.query({ location: "roles", kind: "schedule", name: "nightly" })).automation.changed).toBeNull();
    await context.close();
  });
});
