/** A run status sensor is woken when a run ends in one of some states. */
import { z } from "zod";
import { TERMINAL_RUN_STATUSES } from "../domain/run/status.ts";
import { shortRunId } from "../ids.ts";
import { type EventOf, type FieldsOf, type SensorEventType, type SensorKind, someOf } from "./sensor-kind.ts";

export const runStatusFields = () => ({
  runStatuses: z.array(z.enum(TERMINAL_RUN_STATUSES)).optional(),
  /** Only runs of these jobs. Default: runs of any job of its code location. */
  jobs: z.array(z.string()).optional(),
  /** Runs of every code location. */
  allLocations: z.boolean().optional(),
});

export const runEventSchema = () =>
  z.object({
    type: z.literal("run"),
    run: z.string(),
    job: z.string().nullable(),
    location: z.string().nullable(),
    status: z.enum(TERMINAL_RUN_STATUSES),
    partition: z.string().nullable(),
    tags: z.record(z.string(), z.string()),
    message: z.string().nullable(),
    at: z.number(),
  });
type RunEvent = EventOf<typeof runEventSchema>;

const EVERY_RUN = "run";
const VERBS = { succeeded: "succeeds", failed: "fails", canceled: "is canceled" } as const;

export const runEvent = {
  sentence: ({ run, job, status }) =>
    `run …${shortRunId(run)}${job === null ? "" : ` of ${job}`} ${status === "canceled" ? "was canceled" : status}`,
  detail: ({ run, job, status, message }) =>
    `Run ${shortRunId(run)}${job === null ? "" : ` of ${job}`} ${status}${message === null ? "" : `: ${message}`}`,
  watchedAs: () => [EVERY_RUN],
  shortened: (event, note) => ({ ...event, tags: {}, message: note }),
  defaults: { run: "run", job: null, location: null, partition: null, tags: {}, message: null },
} satisfies SensorEventType<RunEvent>;

export const runStatusSensor: SensorKind<FieldsOf<typeof runStatusFields>, RunEvent> = {
  label: "run status sensor",
  watches: () => [EVERY_RUN],
  /** A run without a job belongs to each code location whose steps it had. */
  matches(sensor, { status, job, location }, locations) {
    if (sensor.runStatuses !== undefined && !sensor.runStatuses.includes(status)) return false;
    const isOwn = location === sensor.location || (location === null && locations.includes(sensor.location));
    if (!isOwn && sensor.allLocations !== true) return false;
    return sensor.jobs === undefined || (job !== null && sensor.jobs.includes(job));
  },
  exampleEvent: ({ jobs, location, runStatuses }, at) => ({
    ...runEvent.defaults,
    type: "run",
    run: "00000000-0000-7000-8000-000000000000",
    job: jobs?.[0] ?? null,
    location,
    status: runStatuses?.[0] ?? "failed",
    at,
  }),
  runsWhen({ jobs = [], allLocations, runStatuses = ["failed"] }) {
    const of = jobs.length > 0 ? ` of ${someOf(jobs)}` : allLocations ? " in any code location" : "";
    return `when a run${of} ${runStatuses.map((status) => VERBS[status]).join(" or ")}`;
  },
};
