/** A run status sensor is woken when a run ends in one of some states. */
import { shortRunId } from "../ids.ts";
import type { RunEvent } from "./event-schema.ts";
import { type SensorEventType, type SensorKind, someOf } from "./sensor-kind.ts";

const EVERY_RUN = "run";
const VERBS = { succeeded: "succeeds", failed: "fails", canceled: "is canceled" } as const;

export const runEvent: SensorEventType<RunEvent> = {
  sentence: ({ run, job, status }) =>
    `run …${shortRunId(run)}${job === null ? "" : ` of ${job}`} ${status === "canceled" ? "was canceled" : status}`,
  detail: ({ run, job, status, message }) =>
    `Run ${shortRunId(run)}${job === null ? "" : ` of ${job}`} ${status}${message === null ? "" : `: ${message}`}`,
  watchedAs: () => [EVERY_RUN],
  shortened: (event, note) => ({ ...event, tags: {}, message: note }),
};

export const runStatusSensor: SensorKind<RunEvent & { readonly locations?: readonly string[] }> = {
  label: "run status sensor",
  watches: () => [EVERY_RUN],
  /** `locations`: those whose steps the run had. A run without a job belongs to each of them. */
  matches(sensor, { status, job, location, locations = [] }) {
    if (sensor.runStatuses !== undefined && !sensor.runStatuses.includes(status)) return false;
    const isOwn = location === sensor.location || (location === null && locations.includes(sensor.location));
    if (!isOwn && sensor.allLocations !== true) return false;
    return sensor.jobs === undefined || (job !== null && sensor.jobs.includes(job));
  },
  exampleEvent: (sensor, at) => ({
    type: "run",
    run: "00000000-0000-7000-8000-000000000000",
    job: sensor.jobs?.[0] ?? null,
    location: sensor.location,
    status: sensor.runStatuses?.[0] ?? "failed",
    partition: null,
    tags: {},
    message: null,
    at,
  }),
  runsWhen({ jobs = [], allLocations, runStatuses = ["failed"] }) {
    const of = jobs.length > 0 ? ` of ${someOf(jobs)}` : allLocations ? " in any code location" : "";
    return `when a run${of} ${runStatuses.map((status) => VERBS[status]).join(" or ")}`;
  },
};
