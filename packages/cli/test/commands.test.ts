import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startFixtureControlPlane, type FixtureControlPlane } from "./fixture-control-plane.test-support.ts";

let server: FixtureControlPlane;
beforeAll(async () => {
  server = await startFixtureControlPlane();
});
afterAll(() => server?.stop());

const inLakehouse = ["--location", "lakehouse"];

/** Standard output of a command that succeeds. */
async function output(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await server.run(...args);
  expect(code, stderr).toBe(0);
  return stdout;
}

describe("the commands about runs", () => {
  it("list runs with their cause, and say that there are more", async () => {
    const { stdout, stderr } = await server.run("runs", "--limit", "2");
    expect(stdout).toMatch(/^run +status +what +launched +took +cause\n/);
    expect(stdout).toMatch(/full_refresh \(12 assets\).* schedule daily_refresh\n/);
    expect(stderr).toBe("there are more: raise --limit (now 2)\n");
    const [page] = await server.json("runs", "--limit", "2");
    expect(page).toMatchObject({ items: [{ status: "failed" }, { status: "succeeded" }], next: expect.anything() as unknown });
  });

  it("list only runs with the given status", async () => {
    const [page] = (await server.json("runs", "--status", "failed")) as [{ items: { status: string }[] }];
    expect(new Set(page.items.map(({ status }) => status))).toEqual(new Set(["failed"]));
  });

  it("show a run with its status, cause and error", async () => {
    const text = await output("runs", "show", "c41f3dde");
    expect(text).toMatch(/^status +failed$/m);
    expect(text).toMatch(/^cause +schedule daily_refresh$/m);
    expect(text).toMatch(/^error +KeyError/m);
  });

  it("ask for more of an id that several runs have", async () => {
    expect(await server.run("runs", "show", "019ab3c0")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/'019ab3c0' is the beginning or end of \d+ runs\. Type more of the id\./) as unknown,
    });
    expect((await server.run("runs", "show", "ffff")).stderr).toContain("There is no run 'ffff'. `headgate runs` lists them.");
  });

  it("launch a job without waiting for its end", async () => {
    const [document] = await server.json("run", "full_refresh", "--no-wait", "--tag", "team=data");
    expect(document).toMatchObject({ run: { job: "full_refresh" } });
  });

  it("show the priority of a run only where it is not 0", async () => {
    const [document] = await server.json("run", "full_refresh", "--no-wait", "--priority", "-7");
    const { id } = (document as { run: { id: string } }).run;
    const list = await output("runs");
    expect(list).toMatch(/^run +status +what +launched +took +cause +priority\n/);
    expect(list).toMatch(new RegExp(`^${id} .* ada +-7$`, "m"));
    expect(await output("runs", "show", id)).toMatch(/^priority +-7$/m);
    expect(await output("runs", "show", "c41f3dde")).not.toContain("priority");
    expect(await output("runs", "--status", "failed")).not.toContain("priority");
  });

  it("run what is stale, and name the backfill for its partitions", async () => {
    const launched = await server.run("run", "status:stale", "--no-wait");
    expect(launched.stderr).toContain("headgate backfill launch 'status:stale' --stale");
    expect(launched.stderr).toContain("a run takes one partition: 2026-11-22;");
    const id = launched.stdout.trim();
    expect(await output("runs", "show", id)).toContain("status:stale");
    const plain = await server.run("run", "status:stale and not gold/daily_orders and not metrics/regional_orders", "--no-wait");
    expect(plain.stderr).toContain("launched");
    expect(plain.stderr).not.toContain("backfill");
  });

  it("repeat a run from its failure", async () => {
    const { stdout, stderr } = await server.run("runs", "reexecute", "c41f3dde", "--from-failure");
    expect(stderr).toContain(`run ${stdout.trim()} launched: it repeats run 019ab3c0-0002-7000-8000-0000c41f3dde`);
  });

  it("show pools, tags and the waiting runs of the queue", async () => {
    const text = await output("queue");
    expect(text).toMatch(/^\d+ of \d+ runs active, \d+ queued; 2 agents, \d+ of 12 slots busy\n/);
    expect(text).toMatch(/^pool trino: 2\/2, held by \w{8} /m);
    expect(text).toMatch(/^run +priority +since +what +waiting for$/m);
  });
});

describe("the commands about assets", () => {
  it("list assets with their state", async () => {
    const text = await output("assets");
    expect(text).toMatch(/^airbyte\/orders +airbyte +airbyte +external/m);
    expect(text).toMatch(/^bronze\/stg_orders +bronze +dbt, duckdb +(healthy|queued|running) +[\d,]+ +\d{4}-/m);
  });

  it("say why an asset is stale", async () => {
    expect(await output("assets", "status:stale")).toMatch(/^metrics\/daily_revenue .* gold\/fct_orders changed 1\d min ago$/m);
  });

  it("list only the assets of a selection", async () => {
    const keys = (await output("assets", "group:bronze")).trim().split("\n").slice(1);
    expect(keys.length).toBeGreaterThan(1);
    expect(keys.every((line) => line.startsWith("bronze/"))).toBe(true);
    expect(await output("assets", "group:none")).toBe("the selection contains no assets; `headgate assets` without one lists all\n");
  });

  it("count the partitions of an asset by their state", async () => {
    expect(await output("partitions", "show", "gold/daily_orders", "--limit", "1")).toMatch(
      /^gold\/daily_orders: \d+ partitions, \d+ materialized, \d+ failed, \d+ missing\npartition +state +since/,
    );
  });

  it("list the dynamic partition sets and their keys", async () => {
    expect(await output("partitions", "sets")).toMatch(/^customer_files: \d+ keys, used by bronze\/customer_files$/m);
    expect(await output("partitions", "keys", "customer_files", "--limit", "1")).not.toBe("");
  });

  it("show a backfill with its failures, and pause it", async () => {
    const text = await output("backfill", "show", "last");
    expect(text).toMatch(/^backfill bf-3 running: /);
    expect(text).toMatch(/^asset +partitions +done +failed +active +waiting$/m);
    expect(text).toContain("2 x Binder Error: column order_day not found");
    expect(await output("backfill", "pause", "last")).toBe("backfill bf-3 is paused\n");
    expect(await output("backfill", "list")).toMatch(/^bf-3 +paused/m);
  });

  it("show what a backfill would do without starting it", async () => {
    expect(await output("backfill", "launch", "gold/daily_orders", "--missing", "--dry-run")).toMatch(/^\d+ runs for /);
  });
});

describe("the commands about schedules and sensors", () => {
  it("list schedules and sensors with their next tick", async () => {
    expect(await output("schedule", "list")).toMatch(/^daily_refresh +lakehouse +on /m);
    const sensors = await output("sensor", "list");
    expect(sensors).toMatch(/^tell_the_team \(run status\) +lakehouse +off +no tick yet$/m);
    expect(sensors).toMatch(/^after_silver \(asset\) .* on the next event /m);
    const [document] = (await server.json("schedule", "list")) as [{ schedules: { name: string }[] }];
    expect(document.schedules.map(({ name }) => name)).toContain("daily_refresh");
  });

  it("show what a schedule runs and when", async () => {
    const text = await output("schedule", "show", "daily_refresh", ...inLakehouse);
    expect(text).toMatch(/^schedule +daily_refresh$/m);
    expect(text).toMatch(/^cron +.+\(.+\)$/m);
    expect(text).toMatch(/^on +on/m);
  });

  it("turn a schedule off and back to its definition", async () => {
    expect(await output("schedule", "off", "month_end", ...inLakehouse)).toMatch(/^schedule month_end is off/);
    expect(await output("schedule", "reset", "month_end", ...inLakehouse)).toMatch(/^schedule month_end is /);
  });

  it("list ticks, and refuse a state that does not exist", async () => {
    expect(await output("sensor", "ticks", "new_files", "--limit", "2", ...inLakehouse)).toMatch(/^tick +for +late +runs +result\n/);
    expect((await server.run("sensor", "ticks", "new_files", "--state", "done", ...inLakehouse)).stderr).toContain(
      "'done' is not a tick state. Use one of open, requested, skipped, failed.",
    );
  });

  it("end a dry run with the words that nothing was stored", async () => {
    const { stdout } = await server.run("schedule", "test", "daily_refresh", "--at", "2025-01-31T02:00:00Z", ...inLakehouse);
    expect(stdout).toMatch(/^tick for 2025-01-3\d /);
    expect(stdout).toContain("This was a dry run: nothing was stored and nothing was started.\n");
  });

  it("set the cursor of a sensor, or ask for it", async () => {
    expect(await output("sensor", "cursor", "new_files", "b", ...inLakehouse)).toMatch(/^cursor of new_files: .* -> b\n$/);
    expect((await server.run("sensor", "cursor", "new_files", ...inLakehouse)).stderr).toContain("Give the new cursor, or --clear");
  });

  it("list the deliveries to a webhook sensor", async () => {
    expect(await output("sensor", "deliveries", "airbyte_synced", ...inLakehouse)).toMatch(/^delivery +at +result +bytes +note\n/);
  });

  it("turn the address of a webhook sensor off", async () => {
    expect(await output("sensor", "webhook", "off", "airbyte_synced", ...inLakehouse)).toBe(
      "webhook of airbyte_synced is off: its address answers 404\n",
    );
  });
});

describe("the commands about conditions", () => {
  it("list conditions with the result of their last evaluation", async () => {
    expect(await output("condition", "list")).toMatch(/^gold\/fct_orders +eager +lakehouse +\d{4}-.* requested$/m);
  });

  it("show a condition with its last evaluation, part by part", async () => {
    const text = await output("condition", "show", "gold/fct_orders");
    expect(text).toMatch(/^next evaluation +at the next change$/m);
    expect(text).toMatch(/^cause +silver\/dim_customer was materialized by run /m);
    expect(text).toContain("\n+ eager (and)\n");
  });

  it("pause all conditions with a reason, and resume them", async () => {
    expect(await output("condition", "pause", "--all", "--reason", "migration")).toMatch(/^all conditions: paused by \w+ \(migration\)\n$/);
    expect(await output("condition", "pauses")).toContain("(migration)");
    expect(await output("condition", "resume", "--all")).toBe("all conditions: resumed\n");
    expect(await output("condition", "pauses")).toBe("nothing is paused\n");
  });
});

describe("the commands about code locations", () => {
  it("say which version is active", async () => {
    expect(await output("location", "list")).toMatch(/^✓ lakehouse loaded, version 4 is active: 15 assets/);
    expect(await output("location", "versions", "lakehouse")).toMatch(/^ +4 +active /m);
  });

  it("roll back to the version before, or refuse an unknown one", async () => {
    expect(await output("location", "rollback", "lakehouse")).toMatch(/^lakehouse is back at version 3: 14 assets/);
    expect((await server.run("location", "rollback", "lakehouse", "--to", "99")).stderr).toContain("has no version 99");
  });
});
