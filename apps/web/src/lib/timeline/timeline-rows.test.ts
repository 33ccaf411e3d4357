import { describe, expect, it } from "vitest";
import type { TimelineRun } from "@headgate/shared/contract/runs/timeline.ts";
import { axisTicks, spanOf, timelineRows, ZOOMS, type Zoom } from "./timeline-rows.ts";

const NOW = Date.UTC(2026, 10, 23, 12);
const HOUR = 3_600_000;
const span = spanOf("24h", NOW);
const run = (id: string, startedAt: number, endedAt: number | null, title = "job"): TimelineRun => ({
  id,
  status: endedAt === null ? "running" : "succeeded",
  title,
  trigger: { type: "person", user: "ada" },
  createdAt: startedAt,
  startedAt,
  endedAt,
  error: null,
});

describe("the timeline", () => {
  it("shows past and future, whatever the zoom, with a readable axis", () => {
    for (const zoom of Object.keys(ZOOMS) as Zoom[]) {
      const { from, to, now } = spanOf(zoom, NOW);
      expect(to - from).toBe(ZOOMS[zoom]);
      expect(from < now && now < to).toBe(true);
      const ticks = axisTicks({ from, to, now }, "UTC");
      expect(ticks.length).toBeGreaterThanOrEqual(3);
      expect(ticks.length).toBeLessThanOrEqual(9);
    }
  });

  it("marks days at the midnight of the zone, also where a clock change makes one longer", () => {
    const week = { from: Date.UTC(2026, 9, 22), to: Date.UTC(2026, 9, 28), now: Date.UTC(2026, 9, 27) };
    const clock = (zone: string) => (at: number) => new Date(at).toLocaleTimeString("en-GB", { timeZone: zone });
    for (const zone of ["Europe/Berlin", "Asia/Kolkata", "America/New_York"])
      expect(new Set(axisTicks(week, zone).map(clock(zone)))).toEqual(new Set(["00:00:00"]));
    const berlin = axisTicks(week, "Europe/Berlin");
    expect(berlin.slice(1).map((at, index) => (at - (berlin[index] ?? 0)) / HOUR)).toContain(25);
  });

  it("stacks runs that overlap and lets others share a lane", () => {
    const [row] = timelineRows(
      {
        runs: [run("a", NOW - 6 * HOUR, NOW - 4 * HOUR), run("b", NOW - 5 * HOUR, NOW - 3 * HOUR), run("c", NOW - 2 * HOUR, null)],
        ticks: [],
      },
      span,
    );
    expect(row?.bars.map(({ run: { id }, lane }) => [id, lane])).toEqual([
      ["a", 0],
      ["b", 1],
      ["c", 0],
    ]);
    expect(row?.lanes).toBe(2);
  });

  it("keeps a run of seconds visible and a run inside the picture", () => {
    const [row] = timelineRows({ runs: [run("a", NOW - 2000, NOW - 1000), run("b", span.from - HOUR, span.from + HOUR)], ticks: [] }, span);
    const [first, second] = row?.bars ?? [];
    expect(first?.left).toBe(0);
    expect(second?.width).toBeGreaterThanOrEqual(0.004);
    for (const bar of row?.bars ?? []) expect(bar.left + bar.width).toBeLessThanOrEqual(1.001);
  });

  it("puts coming ticks into the row of their job, and what is outside nowhere", () => {
    const tick = (at: number, job = "job") => ({ location: "l", schedule: "s", job, at, timezone: "UTC" });
    const rows = timelineRows(
      { runs: [run("a", NOW - HOUR, NOW)], ticks: [tick(NOW + HOUR), tick(span.to + 1), tick(NOW + HOUR, "other")] },
      span,
    );
    expect(rows.map(({ title, marks }) => [title, marks.length])).toEqual([
      ["job", 1],
      ["other", 1],
    ]);
  });
});
