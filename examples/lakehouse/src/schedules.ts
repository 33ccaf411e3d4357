/** Jobs by the clock. A real project leaves out `defaultStatus` and is switched on with `headgate on`; this one shows everything at once. */
import { defineSchedule, runRequest } from "@headgate/sdk";
import { fullRefresh, report } from "./jobs.ts";

export const dailyRefresh = defineSchedule({ job: fullRefresh, cron: "0 2 * * *", timezone: "Europe/Paris", defaultStatus: "running" });

/** A function decides at each tick: here it names the week in the run's tags. */
export const weeklyReport = defineSchedule({
  name: "weekly_report",
  job: report,
  cron: "0 7 * * 1",
  timezone: "Europe/Paris",
  defaultStatus: "running",
  evaluate: ({ scheduledFor }) => runRequest({ tags: { week_of: scheduledFor.toISOString().slice(0, 10) } }),
});
