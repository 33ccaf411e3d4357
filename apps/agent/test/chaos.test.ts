import type { AgentHandle } from "../src/agent-handle.ts";
import { describe, expect, it } from "vitest";
import { openFixture } from "./agent-fixture.test-support.ts";
import { testJob } from "./test-location.ts";

/** A small seeded generator (mulberry32): the same seed cuts at the same places. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const STEPS = 300;
const LINES = 7;

describe("random faults", () => {
  it.each([1, 2, 3])("random connection faults lose, double and reorder nothing (seed %i)", async (seed) => {
    const random = seededRandom(seed);
    const fixture = await openFixture();
    const { plane } = fixture;
    const agent: AgentHandle = await fixture.start({
      random,
      config: { slots: 4 },
      timing: { reconnectMaxMs: 40, inflightBatches: 2, outboxMemoryBytes: 10_000 },
    });
    await plane.until("connected", () => plane.hellos.length > 0);
    const jobs = Array.from({ length: STEPS }, (_, index) => testJob("chatty", { step: `s${index}`, config: { lines: LINES, pause: 1 } }));
    let next = 0;
    let faults = 0;
    const open = new Set<string>();
    while (next < jobs.length || open.size > 0) {
      while (open.size < 4 && next < jobs.length) {
        const job = jobs[next++];
        if (job === undefined) break;
        open.add(job.step);
        plane.lease(job);
        if (random() < 0.2) plane.send(job);
      }
      const dice = random();
      if (dice < 0.15) {
        faults++;
        plane.cut();
      } else if (dice < 0.25) {
        // What is sent now arrives nowhere, although the socket stands for a while.
        faults++;
        plane.listening = false;
        await new Promise((resolve) => setTimeout(resolve, random() * 10));
        plane.cut();
        plane.listening = true;
      }
      const before = open.size;
      await plane.until("a step ended", () => {
        for (const step of open) if (plane.donesOf(step).length > 0) open.delete(step);
        return open.size < before || (before === 0 && next >= jobs.length);
      });
    }
    await plane.until("all acknowledged", () => agent.snapshot().acknowledged === agent.snapshot().nextItem - 1);
    for (const job of jobs) {
      expect(plane.donesOf(job.step)).toEqual([{ outcome: "succeeded" }]);
      const events = plane.eventsOf(job.step);
      expect(events.map((event) => event.type)).toEqual([
        "step_started",
        ...Array.from({ length: LINES }, () => "log"),
        "asset_materialized",
      ]);
      expect(events.flatMap((event) => (event.type === "log" ? [event.message.trim()] : []))).toEqual(
        Array.from({ length: LINES }, (_, index) => `line ${index + 1}`),
      );
    }
    expect(faults).toBeGreaterThan(10);
    expect(plane.problems).toEqual([]);
    await fixture.close();
  });
});
