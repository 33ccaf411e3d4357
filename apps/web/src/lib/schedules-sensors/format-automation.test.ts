import { describe, expect, it } from "vitest";
import { sampleSchedules, sampleSensors } from "../../../test/fixture-automations.ts";
import { formatCatchUp, formatCron, formatSchedule, formatSensor } from "#lib/schedules-sensors/format-automation.ts";
import { formatFreshnessPolicy } from "#lib/asset/format-freshness.ts";
import { formatLateness } from "#lib/ticks/format-tick.ts";
import { sensorEventDetail } from "@headgate/shared/sensor/sensor-event.ts";

const sensor = (name: string) => {
  const found = sampleSensors().find((entry) => entry.name === name);
  if (!found) throw new TypeError(name);
  return found;
};

describe("formatting of schedules and sensors", () => {
  it("a schedule is described with its job, times and zone", () => {
    const [daily, , monthly] = sampleSchedules();
    expect(daily && formatSchedule(daily)).toBe("Runs full_refresh every day at 02:00 (Europe/London).");
    expect(monthly && formatSchedule(monthly)).toBe(
      "Calls its function to decide which runs of customer_pipeline to start, on day 1 of the month at 04:00 (Asia/Kolkata).",
    );
    expect(formatCron(["0 2 * * *", "not a cron"])).toBe("every day at 02:00, and not a cron");
  });

  it("a sensor is described with its effect and trigger", () => {
    expect(formatSensor(sensor("new_files"))).toBe("Calls its function every 30 s.");
    expect(formatSensor(sensor("after_silver"))).toBe("Runs customer_pipeline when silver/dim_customer is materialized.");
    expect(formatSensor(sensor("airbyte_synced"))).toBe("Runs bronze_refresh on each webhook delivery.");
    expect(formatSensor(sensor("tell_the_team"))).toBe("Calls its function when a run of full_refresh fails.");
    expect(formatSensor({ ...sensor("after_silver"), assets: ["a", "b"], match: "all" })).toBe(
      "Runs customer_pipeline when all of a, b are materialized.",
    );
  });

  it("a tick less than a second late counts as on time", () => {
    expect([null, 12, 999, 48_000].map(formatLateness)).toEqual(["", "on time", "on time", "48 s late"]);
  });

  it("the catch-up policy is described", () => {
    expect(formatCatchUp(undefined)).toBe("catches up on the latest missed tick");
    expect(formatCatchUp({ type: "within", ms: 7_200_000 })).toBe("catches up on ticks missed in the last 2 h");
  });

  it("a freshness policy is described with its deadline", () => {
    expect(formatFreshnessPolicy({ type: "time_window", failAfterSeconds: 86_400, warnAfterSeconds: 43_200 })).toBe(
      "Must be materialized every 24 h, warns after 12 h.",
    );
    expect(formatFreshnessPolicy({ type: "cron", cron: "0 6 * * *", lowerBoundSeconds: 3600 })).toBe(
      "Must be materialized within 1 h before each deadline: every day at 06:00 (UTC).",
    );
  });

  it("a sensor event is described in one sentence", () => {
    expect(
      sensorEventDetail({
        type: "run",
        run: "019ab3c0-0001-7000-8000-0000c41f1eef",
        job: "full_refresh",
        location: null,
        status: "failed",
        partition: null,
        tags: {},
        message: "KeyError",
        at: 1,
      }),
    ).toBe("Run c41f1eef of full_refresh failed: KeyError");
  });
});
