/** Schedules and sensors that throw, hang, spin, flood or talk nonsense: each reports it at its tick, lives on, and delays no other. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeBadAutomation } from "./support/bad-automation-project.ts";
import { headgate } from "./support/cli.ts";
import { removeFolder, startStack, temporaryFolder, until, type Stack } from "./support/stack.ts";

const sensor = (name: string) => ({ location: "bad", kind: "sensor", name }) as const;

describe("user functions that misbehave", () => {
  const project = temporaryFolder("bad-automation");
  let stack: Stack;

  beforeAll(async () => {
    writeBadAutomation(join(project, "p"));
    stack = await startStack({ project: join(project, "p") });
  });
  afterAll(async () => {
    await stack?.stop();
    removeFolder(project);
    if (stack) removeFolder(stack.data);
  });

  const failedTick = async (name: string) => {
    const summary = await until(`a failed tick of ${name}`, async () => {
      const { items } = await stack.api.automations.ticks.query({ ...sensor(name), states: ["failed"], limit: 1 });
      return items[0];
    });
    return stack.api.automations.tick.query({ id: summary.id });
  };

  it.each([
    ["throws", "RangeError: no such bucket"],
    ["hangs", "took longer than its limit of 1 seconds"],
    ["spins", "took longer than its limit of 1 seconds"],
    ["nonsense", "asked for an object without a known kind"],
    ["floods", "more than 1000 runs in one tick"],
    ["unknown_job", 'There is no job "no_such_job"'],
    ["half", 'There is no job "no_such_job"'],
    ["exits", "exit"],
  ])("%s: its tick failed and says %s", async (name, message) => {
    const tick = await failedTick(name);
    expect(tick.message).toContain(message);
    expect(tick.runs).toEqual([]);
    expect(tick.cursorAfter ?? tick.cursorBefore).toBeNull();
  });

  it("a thrown error is shown with the user's own line", async () => {
    expect((await failedTick("throws")).stack).toContain("location.ts");
  });

  it("each is evaluated again at its interval, with more failures counted", async () => {
    await until("a third failure in a row", async () => {
      const { automation } = await stack.api.automations.get.query(sensor("throws"));
      return automation.failuresInARow >= 3;
    });
    const home = await stack.api.home.get.query();
    expect(home.problems.map(({ kind, subject }) => [kind, subject])).toContainEqual(["automation_failing", "bad/sensor/throws"]);
  });

  it("a tick with one impossible run makes no run at all", async () => {
    await failedTick("half");
    const { items } = await stack.api.runs.list.query({ filter: { automation: sensor("half") } });
    expect(items).toEqual([]);
  });

  it("a neighbour makes its three runs once each and rests", async () => {
    await until("the good sensor is done", async () => {
      const { automation, cursor } = await stack.api.automations.get.query(sensor("fine"));
      return cursor === "3" && automation.lastTick?.state === "skipped";
    });
    const { items } = await stack.api.runs.list.query({ filter: { automation: sensor("fine") } });
    expect(items).toHaveLength(3);
  });

  it("a dry run of a broken one exits with 1", async () => {
    const { code, stdout } = await headgate(["sensor", "test", "throws"], { stack });
    expect(code).toBe(1);
    expect(stdout).toContain("no such bucket");
    expect(stdout).toContain("nothing was stored");
  });

  it("wrong names, moments and bodies are refused and exit with 2", async () => {
    for (const [args, message] of [
      [["sensor", "test", "nobody"], "There is no sensor 'nobody'. There are "],
      [["schedule", "test", "throws_at_each_tick", "--at", "yesterday"], "'yesterday' is not a time"],
      [["sensor", "test", "fine", "--body", "{"], "--body is not JSON"],
      [["sensor", "cursor", "fine"], "Give the new cursor, or --clear"],
      [["backfill", "launch", "a"], "Choose the partitions with --from"],
      [["sensor", "ticks", "fine", "--state", "great"], "'great' is not a tick state. Use one of "],
    ] as const) {
      const { code, stderr } = await headgate(args, { stack });
      expect([code, stderr]).toEqual([2, expect.stringContaining(message) as unknown]);
    }
  });
});
