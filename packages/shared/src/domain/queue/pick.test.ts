import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { pickSteps, type PickInput, type QueueRun, type ReadyStep } from "./pick.ts";
import { propertyRuns } from "../property-runs.test-support.ts";

function run(id: string, extra: Partial<QueueRun> = {}): QueueRun {
  return { id, priority: 0, queuedAt: Number(id.replace(/\D/g, "")) || 0, active: false, tags: {}, ...extra };
}

function ready(runId: string, step: string, extra: Partial<ReadyStep> = {}): ReadyStep {
  return { run: runId, step, pool: null, location: "main", ...extra };
}

function pick(input: Partial<PickInput>) {
  const result = pickSteps({
    runs: [],
    ready: [],
    holding: [],
    agents: [{ id: "agent", slots: 4, busy: 0 }],
    limits: { maxConcurrentRuns: null, pools: {} },
    ...input,
  });
  return {
    assigned: result.assignments.map(({ run: runId, step, agent }) => `${runId}/${step}@${agent}`),
    started: result.startedRuns,
    waiting: Object.fromEntries(result.waiting.map(({ run: runId, step, message }) => [`${runId}/${step}`, message])),
  };
}

describe("pickSteps", () => {
  it("takes runs by priority, then age, and their steps in order", () => {
    const result = pick({
      runs: [run("r1"), run("r2"), run("r3", { priority: 5 })],
      ready: [ready("r2", "a"), ready("r1", "b"), ready("r1", "a"), ready("r3", "x")],
    });
    expect(result.assigned).toEqual(["r3/x@agent", "r1/b@agent", "r1/a@agent", "r2/a@agent"]);
    expect(result.started).toEqual(["r3", "r1", "r2"]);
  });

  it("says that no agent is connected, or that all slots are busy", () => {
    expect(pick({ runs: [run("r1")], ready: [ready("r1", "a")], agents: [] }).waiting).toEqual({ "r1/a": "no agent connected" });
    expect(pick({ runs: [run("r1")], ready: [ready("r1", "a")], agents: [{ id: "agent", slots: 4, busy: 4 }] }).waiting).toEqual({
      "r1/a": "all 4 slots busy",
    });
  });

  it("a step waits for its pool, names the holder, lets others pass", () => {
    const result = pick({
      runs: [run("r1", { active: true }), run("r2")],
      ready: [ready("r1", "b", { pool: "duckdb" }), ready("r2", "c", { pool: "duckdb" }), ready("r2", "d")],
      holding: [{ run: "r1", step: "a", pool: "duckdb" }],
      limits: { maxConcurrentRuns: null, pools: { duckdb: 1 } },
    });
    expect(result.assigned).toEqual(["r2/d@agent"]);
    expect(result.waiting).toEqual({
      "r1/b": "waiting for pool duckdb 1/1, held by run r1 step a",
      "r2/c": "waiting for pool duckdb 1/1, held by run r1 step a",
    });
  });

  it("limits runs, but not the steps of runs that are in progress", () => {
    const result = pick({
      runs: [run("r1", { active: true }), run("r2"), run("r3")],
      ready: [ready("r1", "a"), ready("r2", "a"), ready("r3", "a")],
      limits: { maxConcurrentRuns: 2, pools: {} },
    });
    expect(result.assigned).toEqual(["r1/a@agent", "r2/a@agent"]);
    expect(result.waiting).toEqual({ "r3/a": "waiting for another run to end: 2 of 2 runs are in progress, held by run r1 and 1 more" });
  });

  it("limits runs by tag and by each value of a tag", () => {
    const result = pick({
      runs: [run("r1", { active: true, tags: { team: "a" } }), run("r2", { tags: { team: "a" } }), run("r3", { tags: { team: "b" } })],
      ready: [ready("r2", "s"), ready("r3", "s")],
      limits: { maxConcurrentRuns: null, pools: {}, tagLimits: [{ key: "team", perValue: true, limit: 1 }] },
    });
    expect(result.started).toEqual(["r3"]);
    expect(result.waiting).toEqual({ "r2/s": "waiting for a run with tag team=a to end: 1/1 in progress, held by run r1" });
  });

  it("a run that waits for a pool leaves its tag's limit alone", () => {
    const result = pick({
      runs: [run("r1", { tags: { team: "a" } }), run("r2", { tags: { team: "a" } })],
      ready: [ready("r1", "s", { pool: "p" }), ready("r2", "s")],
      holding: [{ run: "r0", step: "x", pool: "p" }],
      limits: { maxConcurrentRuns: null, pools: { p: 1 }, tagLimits: [{ key: "team", limit: 1 }] },
    });
    expect(result.started).toEqual(["r2"]);
  });

  it("prefers a warm agent and otherwise the one with most room", () => {
    const agents = [
      { id: "small", slots: 2, busy: 0, warm: ["main"] },
      { id: "large", slots: 8, busy: 1 },
    ];
    const result = pick({ runs: [run("r1")], ready: [ready("r1", "a"), ready("r1", "b", { location: "other" })], agents });
    expect(result.assigned).toEqual(["r1/a@small", "r1/b@large"]);
  });

  it("a run goes to agents of its queue or the default queue", () => {
    const agents = [
      { id: "gpu", slots: 9, busy: 0, queue: "gpu" },
      { id: "plain", slots: 1, busy: 0 },
    ];
    const tags = { "headgate/queue": "gpu" };
    const input = { runs: [run("r1", { tags }), run("r2"), run("r3")], ready: [ready("r1", "a"), ready("r2", "a"), ready("r3", "a")] };
    expect(pick({ ...input, agents })).toMatchObject({
      assigned: ["r1/a@gpu", "r2/a@plain"],
      waiting: { "r3/a": "the only slot is busy" },
    });
    expect(pick({ ...input, agents: agents.slice(1) }).waiting["r1/a"]).toBe("no agent of queue 'gpu' connected");
  });

  it("an agent that failed to load is skipped while another may succeed", () => {
    const broken = { id: "broken", slots: 9, busy: 0, failed: ["main"] };
    const input = { runs: [run("r1")], ready: [ready("r1", "a"), ready("r1", "b"), ready("r1", "c", { location: "other" })] };
    const reason = "the agents that can load main are busy or away; the others could not load it";
    expect(pick({ ...input, agents: [broken, { id: "good", slots: 1, busy: 0 }] })).toMatchObject({
      assigned: ["r1/a@good", "r1/c@broken"],
      waiting: { "r1/b": reason },
    });
    const away = { id: "away", slots: 0, busy: 0, away: true };
    expect(pick({ ...input, agents: [broken, away] })).toMatchObject({ assigned: ["r1/c@broken"], waiting: { "r1/a": reason } });
    expect(pick({ ...input, agents: [broken] }).assigned).toEqual(["r1/a@broken", "r1/b@broken", "r1/c@broken"]);
    expect(pick({ ...input, agents: [away] }).waiting["r1/a"]).toBe("no agent connected");
  });

  it("a step avoids the agent that lost it while there is another", () => {
    const lost = { id: "lost", slots: 9, busy: 0, warm: ["main"] };
    const input = { runs: [run("r1")], ready: [ready("r1", "a", { avoid: "lost" })] };
    expect(pick({ ...input, agents: [lost, { id: "other", slots: 1, busy: 0 }] }).assigned).toEqual(["r1/a@other"]);
    expect(pick({ ...input, agents: [lost] }).assigned).toEqual(["r1/a@lost"]);
  });

  it("no limit is exceeded, and every step has an agent or reason", () => {
    const steps = fc.array(fc.record({ run: fc.nat(5), pool: fc.constantFrom(null, "p", "q"), priority: fc.nat(2) }), { maxLength: 30 });
    fc.assert(
      fc.property(steps, fc.tuple(fc.nat(4), fc.nat(3), fc.nat(6)), (drawn, [maxRuns, poolLimit, slots]) => {
        const input: PickInput = {
          runs: [0, 1, 2, 3, 4, 5].map((id) => run(`r${id}`, { priority: id % 3, active: id === 0 })),
          ready: drawn.map((step, index) => ready(`r${step.run}`, `s${index}`, { pool: step.pool })),
          holding: [],
          agents: slots === 0 ? [] : [{ id: "agent", slots, busy: 0 }],
          limits: { maxConcurrentRuns: maxRuns + 1, pools: { p: poolLimit } },
        };
        const result = pickSteps(input);
        expect(result.assignments.length + result.waiting.length).toBe(drawn.length);
        expect(result.assignments.length).toBeLessThanOrEqual(slots);
        expect(result.startedRuns.length).toBeLessThanOrEqual(maxRuns);
        const poolOf = new Map(input.ready.map((step) => [step.step, step.pool]));
        expect(result.assignments.filter(({ step }) => poolOf.get(step) === "p").length).toBeLessThanOrEqual(poolLimit);
      }),
      { seed: 51, numRuns: propertyRuns(300) },
    );
  });
});
