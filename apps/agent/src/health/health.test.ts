import { describe, expect, it } from "vitest";
import type { AgentSnapshot } from "../agent-handle.ts";
import { liveness, readiness, SILENCE_LIMIT_MS } from "./health.ts";
import { metricsText } from "./metrics.ts";
import { snapshotOf } from "./snapshot.test-support.ts";

const NOW = 1_000_000;

describe("liveness", () => {
  it.each<[string, AgentSnapshot | null]>([
    ["an agent that starts", null],
    ["an agent that heard something a moment ago", snapshotOf({ activeAt: NOW - 1000 })],
    ["an agent whose first connection failed", snapshotOf({ connected: false, problem: "refused", activeAt: NOW - 1000 })],
    ["an agent that waits for a retry in ten minutes", snapshotOf({ connected: false, activeAt: NOW + 600_000 })],
    ["an agent that drains", snapshotOf({ draining: "SIGTERM", activeAt: NOW })],
  ])("%s is alive", (_what, state) => {
    expect(liveness(state, NOW).healthy).toBe(true);
  });

  it("an agent whose connection loop stands still is not alive", () => {
    expect(liveness(snapshotOf({ activeAt: NOW - SILENCE_LIMIT_MS }), NOW)).toEqual({
      healthy: false,
      reason: "The agent has neither heard from the control plane nor tried to connect for 180 seconds.",
    });
  });
});

describe("readiness", () => {
  it.each<[string, AgentSnapshot | null, string | null]>([
    ["a connected agent", snapshotOf(), null],
    ["an agent without code locations", snapshotOf({ locations: [] }), null],
    ["an agent that starts", null, "The agent is starting."],
    ["an agent before its first answer", snapshotOf({ connected: false }), "The agent is connecting to the control plane."],
    ["an agent that cannot connect", snapshotOf({ connected: false, problem: "No route." }), "No route."],
    ["an agent that drains", snapshotOf({ draining: "SIGTERM" }), "The agent stops and takes no new steps (SIGTERM)."],
  ])("%s says whether it takes steps", (_what, state, refusal) => {
    const verdict = readiness(state);
    expect(verdict.healthy).toBe(refusal === null);
    if (refusal !== null) expect(verdict.reason).toBe(refusal);
  });
});

describe("metrics", () => {
  it("every metric has a HELP line, a TYPE line and its value", () => {
    const text = metricsText(
      snapshotOf({ running: 3, slots: 4, unacknowledged: 7, spoolBytes: 12_345_678, workerDeaths: 2, workers: [1, 2] }),
    );
    const values = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(values).toEqual([
      "headgate_agent_connected 1",
      "headgate_agent_draining 0",
      "headgate_agent_running_steps 3",
      "headgate_agent_slots 4",
      "headgate_agent_workers 2",
      "headgate_agent_worker_deaths_total 2",
      "headgate_agent_unacknowledged_reports 7",
      "headgate_agent_spool_bytes 12345678",
      'headgate_agent_location_version{location="lakehouse",version="v1",state="ready"} 1',
    ]);
    for (const line of values) {
      const [name = ""] = line.split(/[ {]/);
      expect(text).toContain(`# HELP ${name} `);
      expect(text).toMatch(new RegExp(`# TYPE ${name} (gauge|counter)\n`));
    }
  });

  it("quotes, backslashes and line breaks in labels are escaped", () => {
    const text = metricsText(snapshotOf({ locations: [{ location: 'a"b\\c\nd', version: "v1", state: "failed" }] }));
    expect(text).toContain('location="a\\"b\\\\c\\nd"');
  });
});
