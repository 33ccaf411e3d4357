import { describe, expect, it } from "vitest";
import type { AutomationView, TickSummary } from "@headgate/shared/contract/automations/automation-views.ts";
import { scheduleFacts, sensorFacts } from "./definition-facts.ts";
import { nextText, onText, resultText } from "./state-text.ts";
import { tickText } from "./tick-text.ts";

const tick = (over: Partial<TickSummary>) => ({ state: "skipped", message: null, runCount: 0, startedAt: 1, ...over }) as TickSummary;
const sensor = (over: Partial<AutomationView>) =>
  ({
    enabled: true,
    changed: null,
    lastTick: null,
    failuresInARow: 0,
    waiting: null,
    nextAt: null,
    pendingEvents: 0,
    sensorKind: "asset",
    ...over,
  }) as AutomationView;

describe("the result of a tick", () => {
  it("is its runs, or the first line of why there are none", () => {
    expect(tickText(tick({ state: "requested", runCount: 2 }))).toBe("2 runs");
    expect(tickText(tick({ message: "nothing new\nin the bucket" }))).toBe("skipped: nothing new");
    expect(tickText(tick({ state: "failed" }))).toBe("failed");
  });

  it("says what an open tick waits for", () => {
    expect(tickText(tick({ state: "open", startedAt: null }))).toBe("waiting for an agent");
    expect(tickText(tick({ state: "open", startedAt: null, message: "No agent has this version." }))).toBe("no agent has this version.");
    expect(tickText(tick({ state: "open" }))).toBe("in progress");
  });
});

describe("the state of a schedule or sensor", () => {
  it("counts failures in a row and names what is waiting", () => {
    expect(resultText(sensor({}))).toBe("no tick yet");
    expect(resultText(sensor({ lastTick: tick({ state: "failed" }), failuresInARow: 3 }))).toBe("failed (3 times in a row)");
    expect(resultText(sensor({ lastTick: tick({}), waiting: "2 deliveries wait" }))).toBe("skipped. 2 deliveries wait");
  });

  it("says when the next tick comes", () => {
    expect(nextText(sensor({ enabled: false, pendingEvents: 2 }))).toBe("");
    expect(nextText(sensor({ pendingEvents: 2 }))).toBe("2 events waiting");
    expect(nextText(sensor({}))).toBe("on the next event");
    expect(nextText(sensor({ sensorKind: "polling" }))).toBe("");
  });

  it("is as defined until a person changes it", () => {
    expect(onText(sensor({}))).toBe("on, as defined");
    expect(onText(sensor({ enabled: false, changed: { at: 0, by: "ada" } }))).toMatch(/^off since .* by ada$/);
  });
});

describe("the definition of a schedule or sensor", () => {
  it("names the catch-up of missed ticks in words", () => {
    const schedule = { name: "nightly", job: "all", cron: ["0 2 * * *"], timezone: "UTC", evaluated: false } as unknown as Parameters<
      typeof scheduleFacts
    >[0];
    const catchUp = (policy: NonNullable<(typeof schedule)["catchUp"]>) =>
      new Map(scheduleFacts({ ...schedule, catchUp: policy })).get("catch-up");
    expect(catchUp({ type: "latest" })).toBe("the latest missed tick");
    expect(catchUp({ type: "last", count: 3 })).toBe("the last 3 missed ticks");
    expect(catchUp({ type: "within", ms: 604_800_000 })).toBe("ticks missed in the last 7d");
  });

  it("names what a sensor watches", () => {
    const base = { name: "s", kind: "run_status", intervalSeconds: 30, evaluated: false } as unknown as Parameters<typeof sensorFacts>[0];
    const fact = (over: object, title: string) => new Map(sensorFacts({ ...base, ...over })).get(title);
    expect(fact({ runStatuses: ["failed", "canceled"], jobs: ["a", "b"] }, "watches")).toBe(
      "runs with status failed or canceled of a or b",
    );
    expect(fact({ kind: "polling" }, "runs")).toBe("every 30 s");
    expect(fact({ assets: ["x", "y"], match: "all" }, "watches")).toBe("x and y");
  });
});
