/** Jobs by the clock. */
import { defineSchedule, runRequest } from "@headgate/sdk";
import { fullRefresh, report } from "./jobs.ts";

export const dailyRefresh = defineSchedule({ job: fullRefresh, cron: "0 2 * * *", timezone: "Europe/Paris" });

/** A function decides at each tick: here it names the week in the run's tags. */
export const weeklyReport = defineSchedule({
  name: "weekly_report",
  job: report,
  cron: "0 7 * * 1",
  timezone: "Europe/Paris",
  evaluate: ({ scheduledFor }) => runRequest({ tags: { week_of: scheduledFor.toISOString().slice(0, 10) } }),
});
