/** Automation conditions in a deployment: when they request runs, when they do not, and which evaluations are stored. */
import { describe, expect, it, vi } from "vitest";
import {
  and,
  anyDepsMatch,
  cronTickPassed,
  codeVersionChanged,
  eager,
  missing,
  newlyUpdated,
  not,
  onCron,
  sinceLastHandled,
} from "@headgate/shared/domain/automation/build.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { newDeployment, publish, rows } from "../../../../test/support/deployment.ts";
import {
  conditioned,
  conditionOf,
  evaluationsOf,
  pass,
  report,
  runsOf,
  setTime,
  START,
  timeNow,
  useOwnTime,
} from "../../../../test/support/conditions.ts";
import { FakeAgent } from "../../../../test/support/fake-agent.ts";

useOwnTime();

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** silver has no condition; gold and metrics follow by their conditions. */
const story = conditioned(
  {
    silver: {},
    gold: { deps: ["silver"], automation: eager() },
    metrics: { deps: ["gold"], automation: eager() },
  },
  {
    checks: [{ asset: "gold", name: "sane", unit: "sane", blocking: true }],
  },
);
story.units.push({ id: "sane", kind: "check", assets: [], checks: ["gold:sane"], subset: false, resources: [] });

describe("upstream updates", () => {
  it("an update makes all waiting assets in one run, once", async () => {
    const stub = newDeployment();
    await publish(stub, story);
    await pass(stub, MINUTE);
    expect(await runsOf(stub)).toEqual([]);
    await report(stub, "silver");
    const [run, ...others] = await runsOf(stub);
    expect(others).toEqual([]);
    expect(run).toMatchObject({ assetCount: 2, trigger: { type: "condition", targets: ["gold", "metrics"] } });
    await pass(stub, MINUTE);
    expect(await runsOf(stub)).toHaveLength(1);
    expect(await rows(stub, "SELECT kind FROM timer WHERE kind = 'condition'")).toEqual([]);
    const [evaluation] = (await evaluationsOf(stub, "gold")).filter((one) => one.requested > 0);
    expect(evaluation).toMatchObject({
      runs: [run?.id],
      requested: 1,
      error: null,
      cause: "silver was materialized as ada@example.com reported.",
    });
    const { tree } = unwrap(await stub.ask("conditions.evaluation", { id: evaluation?.id ?? "" }));
    expect(tree).toMatchObject({ name: "and", label: "eager", count: 1 });
    expect(await conditionOf(stub, "gold")).toMatchObject({
      text: "eager",
      lastRequestedAt: START + MINUTE,
      paused: null,
      location: "lake",
    });
  });

  it("an update with a failed blocking check stops at that check", async () => {
    const stub = newDeployment();
    await publish(stub, story);
    const agent = new FakeAgent();
    await agent.start(stub);
    await report(stub, "silver");
    await agent.reported(...agent.success(await agent.job("gold")));
    const check = await agent.job("sane");
    await agent.reported(
      agent.started(check),
      agent.event(check, { type: "check_evaluated", asset: "gold", check: "sane", passed: false, severity: "error", metadata: {} }),
      agent.done(check, { outcome: "succeeded" }),
    );
    await pass(stub, 30_000);
    const [run, ...others] = await runsOf(stub);
    expect(others).toEqual([]);
    expect(run).toMatchObject({ status: "failed", materialized: 1, steps: { skipped: 1 } });
    expect(agent.jobs().map((job) => job.step)).toEqual(["gold", "sane"]);
  });

  it("two updates before an evaluation make one run; a later one another", async () => {
    const stub = newDeployment();
    await publish(stub, conditioned({ silver: {}, gold: { deps: ["silver"], automation: eager() } }));
    await pass(stub, MINUTE);
    await report(stub, "silver");
    await report(stub, "silver");
    expect(await runsOf(stub)).toHaveLength(1);
    const agent = new FakeAgent();
    await agent.start(stub);
    const job = await agent.job("gold");
    await agent.reported(agent.started(job));
    await report(stub, "silver");
    await pass(stub, 5000);
    expect(await runsOf(stub)).toHaveLength(1);
    await agent.reported(...agent.success(job).slice(1));
    const runs = await runsOf(stub);
    expect(runs.map((run) => run.status)).toEqual(["starting", "succeeded"]);
    await agent.waitFor(() => agent.jobs().length === 2);
    const [, second] = agent.jobs();
    if (second) await agent.reported(...agent.success(second));
    await pass(stub, 30_000);
    expect(await runsOf(stub)).toHaveLength(2);
  });
});

describe("conditions", () => {
  it("thousands of never materialized assets request nothing at publishing", async () => {
    const stub = newDeployment();
    const many = Object.fromEntries(
      Array.from({ length: 2000 }, (_, index) => [`a${index}`, { deps: index < 10 ? [] : [`a${index % 10}`], automation: eager() }]),
    );
    await publish(stub, conditioned(many));
    await pass(stub, MINUTE);
    expect(await runsOf(stub)).toEqual([]);
    expect(await rows(stub, "SELECT count(*) AS states FROM condition_state WHERE wake_at IS NULL")).toEqual([{ states: 2000 }]);
    const page = unwrap(await stub.ask("conditions.list", { limit: 1500 }));
    const rest = unwrap(await stub.ask("conditions.list", { limit: 1500, cursor: page.next ?? "" }));
    expect([page.items.length, rest.items.length, rest.next]).toEqual([1500, 500, null]);
  });

  it("a cron condition follows the wall clock through clock changes", async () => {
    const stub = newDeployment();
    const nightly = onCron("30 2 * * *", "Europe/Berlin");
    await publish(stub, conditioned({ silver: {}, gold: { deps: ["silver"], automation: nightly } }));
    const times: string[] = [];
    for (let day = 0; day < 5; day++) {
      const before = (await runsOf(stub)).length;
      await pass(stub, 24 * HOUR);
      await report(stub, "silver");
      const runs = await runsOf(stub);
      expect(runs.length).toBe(before + 1);
      times.push(String((await conditionOf(stub, "gold")).nextAt));
    }
    expect(times.map((time) => new Date(Number(time)).toISOString())).toEqual([
      "2030-03-30T01:30:00.000Z",
      // 02:30 does not exist on this day, so the next existing time counts.
      "2030-03-31T01:00:00.000Z",
      "2030-04-01T00:30:00.000Z",
      "2030-04-02T00:30:00.000Z",
      "2030-04-03T00:30:00.000Z",
    ]);
  });

  it("a condition that waits for a time is evaluated then", async () => {
    const stub = newDeployment();
    setTime(Date.UTC(2030, 9, 26, 12));
    await publish(stub, conditioned({ gold: { automation: cronTickPassed("30 2 * * *", "Europe/Berlin") } }));
    await pass(stub, 3 * 24 * HOUR);
    // In the night to the 27th the hour happens twice and counts once.
    expect((await runsOf(stub)).map((run) => new Date(run.createdAt).toISOString())).toEqual([
      "2030-10-29T01:30:00.000Z",
      "2030-10-28T01:30:00.000Z",
      "2030-10-27T01:30:00.000Z",
    ]);
  });

  it("a condition that is always true fills the queue slowly", async () => {
    const stub = newDeployment();
    await publish(stub, conditioned({ gold: { automation: missing() } }));
    await pass(stub, 29_000);
    expect(await runsOf(stub)).toHaveLength(5);
    await pass(stub, 10 * MINUTE);
    expect((await runsOf(stub)).length).toBeLessThanOrEqual(5 + 100);
  });

  it("a condition that fails says so and does not block others", async () => {
    const stub = newDeployment();
    const daily = { type: "time", cadence: "daily", start: "2030-03-01" };
    const letters = { type: "static", keys: ["a", "b"] };
    const partitioned = conditioned({
      days: { partitions: daily },
      letters: { partitions: letters, deps: ["days"], automation: eager() },
      silver: {},
      gold: { deps: ["silver"], automation: eager() },
    });
    const [, second] = partitioned.assets;
    if (second) second.deps = [{ key: "days", mapping: { type: "time_window" } }];
    await publish(stub, partitioned);
    await pass(stub, MINUTE);
    await report(stub, "silver");
    expect((await runsOf(stub)).map((run) => run.trigger)).toMatchObject([{ targets: ["gold"] }]);
    const [failed] = await evaluationsOf(stub, "letters");
    expect(failed?.error).toContain("The automation condition of letters cannot be evaluated");
    expect(await rows(stub, `SELECT at FROM timer WHERE kind = 'condition' AND at <= ${timeNow()}`)).toEqual([]);
  });

  it("a condition with a broken state does not block others", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const stub = newDeployment();
    const eagerly = { deps: ["silver"], automation: eager() };
    await publish(stub, conditioned({ silver: {}, gold: eagerly, other: eagerly }));
    await pass(stub, MINUTE);
    await rows(stub, "UPDATE condition_state SET state = json_set(state, '$.nodes', NULL) WHERE target = 'gold'");
    await report(stub, "silver");
    expect((await runsOf(stub)).map((run) => run.trigger)).toMatchObject([{ targets: ["other"] }]);
    expect((await evaluationsOf(stub, "gold"))[0]?.error).toContain("could not be evaluated");
  });

  it("a condition that can never be evaluated is refused at publishing", async () => {
    const bad = (automation: object) => publish(newDeployment(), conditioned({ gold: { automation: automation as never } }));
    await expect(bad(cronTickPassed("61 * * * *"))).rejects.toThrow("The automation condition of gold cannot be used");
    await expect(bad(cronTickPassed("@daily", "Mars/Base"))).rejects.toThrow("Mars/Base");
    await expect(bad({ ...anyDepsMatch(missing()), allow: "group:(" })).rejects.toThrow("gold");
    const external = conditioned({ gold: { automation: eager() } });
    const [asset] = external.assets;
    if (asset) asset.unit = null;
    await expect(publish(newDeployment(), external)).rejects.toThrow("nothing here materializes it");
  });

  it("a changed condition is evaluated again, and a removed one is forgotten", async () => {
    const stub = newDeployment();
    const version = (codeVersion: string) => conditioned({ gold: { automation: codeVersionChanged(), codeVersion } });
    await publish(stub, version("1"));
    await pass(stub, MINUTE);
    expect(await runsOf(stub)).toEqual([]);
    await publish(stub, version("2"));
    expect(await runsOf(stub)).toHaveLength(1);
    await publish(stub, conditioned({ gold: {} }));
    await pass(stub, MINUTE);
    expect(await rows(stub, "SELECT target FROM condition_state")).toEqual([]);
    expect(await rows(stub, "SELECT kind FROM timer WHERE kind = 'condition'")).toEqual([]);
    expect((await stub.ask("conditions.get", { target: "gold" })).ok).toBe(false);
    await publish(stub, version("3"));
    await pass(stub, MINUTE);
    expect(await runsOf(stub)).toHaveLength(1);
  });

  it("a condition sees code changes of upstream assets", async () => {
    const stub = newDeployment();
    const version = (codeVersion: string) =>
      conditioned({ silver: { codeVersion }, gold: { deps: ["silver"], automation: anyDepsMatch(codeVersionChanged()) } });
    await publish(stub, version("1"));
    await pass(stub, MINUTE);
    await publish(stub, version("2"));
    expect((await runsOf(stub)).map((run) => run.trigger)).toMatchObject([{ targets: ["gold"] }]);
  });
});

describe("a clock that is set", () => {
  it("a clock set back loses no update and repeats no tick", async () => {
    const stub = newDeployment();
    await publish(
      stub,
      conditioned({ silver: {}, gold: { deps: ["silver"], automation: eager() }, hourly: { automation: cronTickPassed("0 * * * *") } }),
    );
    await pass(stub, HOUR);
    const agent = new FakeAgent();
    await agent.start(stub);
    await agent.reported(...agent.success(await agent.job("hourly")));
    await report(stub, "silver");
    await agent.reported(...agent.success(await agent.job("gold")));
    expect(await runsOf(stub)).toHaveLength(2);
    setTime(timeNow() - 5 * HOUR);
    await report(stub, "silver");
    expect((await runsOf(stub)).map((run) => run.assetCount)).toEqual([1, 1, 1]);
    await pass(stub, 10_000);
    expect(await runsOf(stub)).toHaveLength(3);
    // The clock goes forward again: one tick is enough for all that seem to have been missed.
    setTime(timeNow() + 12 * HOUR);
    await pass(stub, 10_000);
    expect((await runsOf(stub)).map((run) => (run.trigger.type === "condition" ? run.trigger.targets : []))[0]).toEqual(["hourly"]);
    expect(await runsOf(stub)).toHaveLength(4);
  });
});

describe("a clock that was set back", () => {
  it("earlier requests do not delay a condition after a clock change", async () => {
    const stub = newDeployment();
    await publish(stub, conditioned({ silver: {}, gold: { deps: ["silver"], automation: eager() } }));
    for (let times = 0; times < 6; times++) {
      await pass(stub, HOUR);
      const agent = new FakeAgent();
      await agent.start(stub);
      await report(stub, "silver");
      await agent.reported(...agent.success(await agent.job("gold")));
    }
    expect(await runsOf(stub)).toHaveLength(6);
    setTime(timeNow() - 5 * HOUR - 60_000);
    await report(stub, "silver");
    await pass(stub, 10_000);
    expect(await runsOf(stub)).toHaveLength(7);
  });
});

describe("conditions of partitions and checks", () => {
  const letters = { type: "static", keys: ["a", "b", "c"] };

  it("one partition becomes a run, and several become a backfill", async () => {
    const stub = newDeployment();
    const eagerly = sinceLastHandled(anyDepsMatch(newlyUpdated()));
    await publish(
      stub,
      conditioned({
        silver: { partitions: letters },
        gold: { partitions: letters, deps: ["silver"], automation: eagerly },
        metrics: { partitions: letters, deps: ["gold"], automation: eagerly },
      }),
    );
    await pass(stub, MINUTE);
    await report(stub, "silver", { partition: "b" });
    expect(await runsOf(stub)).toMatchObject([{ partition: "b", assetCount: 1, trigger: { type: "condition", targets: ["gold"] } }]);
    await report(stub, "silver", { partition: "a...c" });
    const [evaluation] = await evaluationsOf(stub, "gold");
    expect(evaluation).toMatchObject({ requested: 3, partitions: ["a...c"], runs: [], backfill: "bf_1" });
    const runs = await runsOf(stub);
    expect(runs.map((run) => [run.partition, run.trigger.type])).toEqual(
      expect.arrayContaining([
        ["a", "backfill"],
        ["b", "backfill"],
        ["c", "backfill"],
      ]),
    );
  });

  it("a condition of a check runs that check alone", async () => {
    const stub = newDeployment();
    const checked = conditioned(
      { silver: {}, gold: { deps: ["silver"] } },
      { checks: [{ asset: "gold", name: "sane", unit: "sane", automation: sinceLastHandled(anyDepsMatch(newlyUpdated())) }] },
    );
    checked.units.push({ id: "sane", kind: "check", assets: [], checks: ["gold:sane"], subset: false, resources: [] });
    await publish(stub, checked);
    await pass(stub, MINUTE);
    expect(await runsOf(stub)).toEqual([]);
    await report(stub, "gold");
    const [run, ...others] = await runsOf(stub);
    expect(others).toEqual([]);
    expect(run).toMatchObject({ assetCount: 0, trigger: { type: "condition", targets: ["gold:sane"] } });
    expect(unwrap(await stub.ask("runs.get", { run: run?.id ?? "" })).steps.map((step) => [step.key, step.checks])).toEqual([
      ["sane", ["gold:sane"]],
    ]);
    expect(await conditionOf(stub, "gold:sane")).toMatchObject({ location: "lake", lastRequestedAt: timeNow() });
  });
});

describe("stored evaluations", () => {
  it("the latest 200 evaluations that differ are stored per target", async () => {
    const stub = newDeployment();
    await publish(
      stub,
      conditioned({ silver: {}, gold: { deps: ["silver"], automation: and(anyDepsMatch(newlyUpdated()), missing(), not(missing())) } }),
    );
    await pass(stub, MINUTE);
    const before = (await evaluationsOf(stub, "gold")).length;
    await pass(stub, HOUR);
    expect(await evaluationsOf(stub, "gold")).toHaveLength(before);
    for (let index = 0; index < 110; index++) {
      await report(stub, "silver");
      await pass(stub, 2000);
    }
    const page = unwrap(await stub.ask("conditions.evaluations", { target: "gold", requestedOnly: false, limit: 100 }));
    expect(page.items).toHaveLength(100);
    expect(await rows(stub, "SELECT count(*) AS kept FROM condition_evaluation")).toEqual([{ kept: 200 }]);
    expect(unwrap(await stub.ask("conditions.evaluations", { requestedOnly: true, limit: 10 })).items).toEqual([]);
    const next = unwrap(await stub.ask("conditions.evaluations", { requestedOnly: false, limit: 100, cursor: page.next ?? "" }));
    expect(next.items[0]?.at).toBeLessThanOrEqual(page.items.at(-1)?.at ?? 0);
    expect((await stub.ask("conditions.evaluation", { id: "eval_unknown" })).ok).toBe(false);
    expect((await stub.ask("conditions.evaluations", { requestedOnly: false, limit: 10, cursor: "x" })).ok).toBe(false);
  });
});
