/** What the command line says of schedules, sensors, deliveries and backfills: enough to know why, without the dashboard. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { headgate } from "./support/cli.ts";
import { writeQuietAutomation } from "./support/quiet-automation-project.ts";
import { removeFolder, startStack, temporaryFolder, until, type Stack } from "./support/stack.ts";

const sensor = (name: string) => ({ location: "quiet", kind: "sensor", name }) as const;

describe("the command line", () => {
  const project = temporaryFolder("quiet-automation");
  let stack: Stack;

  beforeAll(async () => {
    writeQuietAutomation(join(project, "p"));
    stack = await startStack({ project: join(project, "p"), env: { TZ: "America/New_York" } });
  });
  afterAll(async () => {
    await stack?.stop();
    removeFolder(project);
    if (stack) removeFolder(stack.data);
  });

  const inNewYork = { TZ: "America/New_York" };
  const said = async (...args: string[]) => {
    const { code, stdout, stderr } = await headgate(args, { stack, env: inNewYork });
    return { code, out: stdout + stderr };
  };
  const ended = async (name: string) =>
    until(`the tick of ${name}`, async () => {
      const { items } = await stack.api.automations.ticks.query({ ...sensor(name), limit: 1 });
      return items[0]?.finishedAt ? items[0] : undefined;
    });

  it("a dry run of a sensor shows what it would report and what would be refused", async () => {
    const { code, out } = await said("sensor", "test", "reports");
    expect(code).toBe(1);
    expect(out).toContain("partitions of tenants: +1 -0");
    expect(out).toContain("report ext/orders as materialized");
    expect(out).toContain("    There is no asset no/such.");
    expect(out).not.toContain("nothing was asked for");
  });

  it("a dry run of a schedule shows its time; a date begins in the zone of the machine", async () => {
    expect((await said("schedule", "test", "yearly", "--at", "2025-03-01")).out).toContain(
      "tick for 2025-03-01 00:00:00 (America/New_York)",
    );
    expect((await said("schedule", "test", "yearly", "--at", "2025-03-01T00:00Z")).out).toContain("tick for 2025-02-28 19:00:00");
  });

  it("a tick that a person requests is shown with its run, cursor, reports and log", async () => {
    const { code, out } = await said("sensor", "now", "mixed");
    expect(code).toBe(0);
    expect(out).toMatch(/^tick tick_\w+: /);
    const { id, runs } = await ended("mixed");
    const { out: shown } = await said("sensor", "tick", id);
    expect(shown).toMatch(/cause +requested by a person/);
    expect(shown).toMatch(/result +1 run/);
    expect(shown).toContain(runs[0] ?? "none");
    expect(shown).toMatch(/cursor +none -> two/);
    expect(shown).toContain("looking around");
    expect(shown).toContain("Reported ext/orders as materialized.");
    expect((await headgate(["sensor", "tick", id, "--json"], { stack })).json).toMatchObject([{ id, state: "requested" }]);
    expect(await said("sensor", "tick", "tick_none")).toMatchObject({ code: 2, out: expect.stringContaining("tick_none") as unknown });
  });

  it("a long error is cut in the list and complete at its tick", async () => {
    await said("sensor", "now", "throws");
    const { id } = await ended("throws");
    const { out } = await said("sensor", "list");
    const [title = "", ...lines] = out.split("\n");
    expect(title.trimEnd().length).toBeLessThan(120);
    for (const line of lines.filter((text) => !text.startsWith("throws"))) expect(line.length).toBeLessThan(160);
    expect((await said("sensor", "tick", id)).out).toContain("location.ts");
  });

  it("a schedule that is reset is as its definition says", async () => {
    expect((await said("schedule", "off", "yearly")).out).toMatch(/is off since .* by /);
    expect((await said("schedule", "reset", "yearly")).out).toContain("schedule yearly is on, as defined");
    expect((await said("schedule", "show", "yearly")).out).toMatch(/on +on, as defined/);
  });

  it("a delivery is shown with its body and its result", async () => {
    const { path } = await stack.api.webhooks.get.query({ location: "quiet", sensor: "hook" });
    const sent = await fetch(`${stack.url}${path ?? ""}`, { method: "POST", body: '{"id": "d-1"}', headers: { "idempotency-key": "k-1" } });
    const { delivery } = (await sent.json()) as { delivery: string };
    const { out } = await said("sensor", "delivery", delivery);
    expect(out).toContain('{"id": "d-1"}');
    expect(out).toMatch(/sender's id +k-1/);
    expect(out).toMatch(/result +requested/);
  });

  it("the address of a webhook sensor is turned off and on again", async () => {
    const { path } = await stack.api.webhooks.get.query({ location: "quiet", sensor: "hook" });
    const post = async (id: string) => (await fetch(`${stack.url}${path ?? ""}`, { method: "POST", body: JSON.stringify({ id }) })).status;
    expect(await said("sensor", "webhook", "off", "hook")).toMatchObject({
      code: 0,
      out: "webhook of hook is off: its address answers 404\n",
    });
    expect(await post("d-off")).toBe(404);
    expect(await said("sensor", "webhook", "on", "hook")).toMatchObject({ code: 0, out: "webhook of hook is on\n" });
    expect(await post("d-on")).toBe(202);
    expect(await said("sensor", "webhook", "off", "mixed")).toMatchObject({ code: 2 });
  });

  it("the older of two secrets is revoked by default, a single one only by its id", async () => {
    const secretIds = async () => (await stack.api.webhooks.get.query({ location: "quiet", sensor: "signed" })).secrets.map(({ id }) => id);
    const revoke = (...more: string[]) => said("sensor", "webhook", "revoke", "signed", ...more);
    expect(await revoke()).toMatchObject({ code: 2, out: expect.stringContaining("has no valid secret") as unknown });
    await said("sensor", "secret", "signed");
    const [older = ""] = await secretIds();
    expect(await revoke()).toMatchObject({ code: 2, out: expect.stringContaining(`has one valid secret, ${older}`) as unknown });
    await said("sensor", "secret", "signed");
    const newer = (await secretIds()).find((id) => id !== older) ?? "";
    expect((await said("sensor", "show", "signed")).out).toMatch(new RegExp(`secrets +${older} \\(made .*, never used\\), ${newer} `));
    const { json } = await headgate(["sensor", "webhook", "revoke", "signed", "--json"], { stack });
    expect(json).toMatchObject([{ revoked: older, hook: { secrets: [{ id: newer }] } }]);
    expect(await revoke(newer)).toMatchObject({ code: 0, out: expect.stringContaining("every delivery is refused") as unknown });
    expect(await secretIds()).toEqual([]);
  });

  it("a released run key makes a run again", async () => {
    const { path } = await stack.api.webhooks.get.query({ location: "quiet", sensor: "hook" });
    const deliver = async () => {
      const sent = await fetch(`${stack.url}${path ?? ""}`, { method: "POST", body: '{"id": "again"}' });
      const { delivery } = (await sent.json()) as { delivery: string };
      return (await stack.api.webhooks.delivery.query({ id: delivery })).runs;
    };
    expect(await deliver()).toHaveLength(1);
    expect(await deliver()).toHaveLength(0);
    expect(await said("sensor", "release", "hook", "again")).toMatchObject({ code: 0 });
    expect(await deliver()).toHaveLength(1);
    expect(await said("sensor", "release", "hook", "never")).toMatchObject({
      code: 2,
      out: expect.stringContaining('made no run with the run key "never"') as unknown,
    });
  });

  it("a dry run of a delivery sees its headers", async () => {
    const body = ["--body", '{"id": "d-2"}'];
    expect((await said("sensor", "test", "hook", ...body, "--header", "X-Event=push")).out).toContain("run j key d-2 what=push");
    expect(await said("sensor", "test", "hook", ...body, "--header", "X-Event")).toMatchObject({ code: 2 });
  });

  it("show prints what the definition says", async () => {
    const { out } = await said("schedule", "show", "yearly");
    expect(out).toMatch(/job +j\n/);
    expect(out).toMatch(/cron +0 0 1 1 \* \(Asia\/Tokyo\)/);
    expect(out).toMatch(/then +\d{4}-12-31 10:00:00.* \(America\/New_York\)/);
    expect((await said("sensor", "show", "mixed")).out).toMatch(/runs +every 1 h\n/);
    const { json } = await headgate(["sensor", "show", "mixed", "--json"], { stack });
    expect(json).toMatchObject([{ automation: { name: "mixed" }, definition: { intervalSeconds: 3600 } }]);
  });

  it("a run has the priority of its job or the given one", async () => {
    const launched = async (...args: string[]) => {
      const { json } = await headgate(["run", "j", "--no-wait", "--json", ...args], { stack });
      return json;
    };
    expect(await launched()).toMatchObject([{ run: { priority: 4 } }]);
    expect(await launched("--priority", "-3")).toMatchObject([{ run: { priority: -3 } }]);
  });

  it("a run of checks alone names the checked assets", async () => {
    expect((await said("run", "checked")).code).toBe(0);
    expect((await said("run", "checked", "--checks-only")).out).toMatch(/checked +succeeded +1\/1 passed/);
  });

  it("an evaluation of a condition is printed with its cause, its parts and its runs", async () => {
    expect((await said("run", "-s", "followed or follower")).code).toBe(0);
    expect((await said("run", "-s", "followed")).code).toBe(0);
    const { id, runs } = await until("the follower is requested", async () => {
      const { items } = await stack.api.conditions.evaluations.query({ target: "follower", requestedOnly: true });
      return items.find((item) => item.cause.includes("followed"));
    });
    const { out } = await said("condition", "evaluation", id);
    expect(out).toMatch(/cause +followed was materialized by run /);
    expect(out).toMatch(/result +requested\n/);
    expect(out).toMatch(new RegExp(`runs +${runs[0] ?? "none"}`));
    expect(out).toContain("\n+ eager (and)\n");
    expect(out).toMatch(/\n +\+ any_deps_updated \(any_deps_match\)\n/);
    expect((await said("condition", "evaluations", "follower", "--requested")).out).toContain(id);
    const { out: list } = await said("condition", "list");
    expect(list).toMatch(/^follower +eager.* quiet /m);
    expect(list).toMatch(/^picky .*… +quiet /m);
    expect(list.split("\n", 1)[0]?.length).toBeLessThan(110);
    const shown = await said("condition", "show", "follower");
    expect(shown.out).toMatch(/requested +last \d{4}-/);
    expect(shown.out).toMatch(/\n[+-] eager \(and\)\n/);
    const { json } = await headgate(["condition", "evaluation", id, "--json"], { stack });
    expect(json).toMatchObject([{ evaluation: { id, tree: { label: "eager" } } }]);
    expect(await said("condition", "evaluations", "folower")).toMatchObject({
      code: 2,
      out: expect.stringContaining("Did you mean follower?") as unknown,
    });
  });

  it("conditions are paused with a reason and an end, and resumed", async () => {
    const pause = (...more: string[]) => said("condition", "pause", ...more);
    expect((await pause("--asset", "follower", "--reason", "source moves", "--until", "2099-01-31T05:00Z")).out).toMatch(
      /^asset follower: paused by .+ until 2099-01-31 00:00:00 \(source moves\)\n$/,
    );
    expect((await pause("--location", "quiet", "--for", "8h")).out).toMatch(/^location quiet: paused by .+ until \d{4}-/);
    expect((await pause("--all")).out).toMatch(/^all conditions: paused by \S.*\n$/);
    expect((await said("condition", "pauses")).out.trim().split("\n")).toHaveLength(3);
    expect((await said("condition", "list")).out).toMatch(/^follower .* paused by /m);
    expect((await said("condition", "resume", "--all")).out).toMatch(/^all conditions: resumed\nStill paused:\n/);
    await said("condition", "resume", "--location", "quiet");
    expect((await said("condition", "resume", "--asset", "follower")).out).toBe("asset follower: resumed\n");
    expect((await said("condition", "resume", "--asset", "follower")).out).toBe("asset follower: was not paused\n");
    expect(await said("condition", "pauses")).toMatchObject({ code: 0, out: "nothing is paused\n" });
    expect(await pause("--asset", "no/such")).toMatchObject({
      code: 2,
      out: expect.stringContaining("There is no asset no/such") as unknown,
    });
  });

  it("partitions are listed by their state", async () => {
    expect((await said("run", "-s", "matrix", "--partition", "2025-01-05|eu")).code).toBe(0);
    const keys = async (...states: string[]) => {
      const args = ["partitions", "show", "matrix", "--json", ...states.flatMap((state) => ["--state", state])];
      const [status] = (await headgate(args, { stack })).json;
      return (status as { readonly items: readonly { readonly key: string }[] }).items.map(({ key }) => key);
    };
    expect(await keys("materialized")).toEqual(["2025-01-05|eu"]);
    expect(await keys("materialized", "failed")).toEqual(["2025-01-05|eu"]);
    const missing = await keys("missing");
    expect(missing).toHaveLength(50);
    expect(missing).not.toContain("2025-01-05|eu");
    expect((await said("partitions", "show", "matrix", "--state", "failed")).out).toBe(
      "matrix: 62 partitions, 1 materialized, 0 failed, 61 missing\n",
    );
  });

  it("a dry run of a backfill names a few of its partitions", async () => {
    const { out } = await said("backfill", "launch", "matrix or checked", "--key", "eu", "--dry-run");
    expect(out).toContain("matrix: 31 partitions 2025-01-01|eu, 2025-01-02|eu, 2025-01-03|eu, 2025-01-04|eu, 2025-01-05|eu, …\n");
    expect(out).toContain("  checked\n");
  });
});
