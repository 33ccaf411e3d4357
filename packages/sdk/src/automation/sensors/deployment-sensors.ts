/** Sensors on runs and on what else happens in a deployment. Everything that this file exports is public. */
import type { Job } from "../../definitions/job.ts";
import type { AnyResource } from "../../definitions/resource.ts";
import { checkOptions, type OptionRules } from "../../options/check-options.ts";
import { captureSite } from "../../options/definition-site.ts";
import type { Requests } from "../tick-request.ts";
import { type CommonOptions, createSensor, SENSOR, type Sensor, type SensorContext } from "./sensor.ts";

/** The run whose end woke a run status sensor. */
export interface RunEndEvent {
  /** Id of the run. */
  readonly run: string;
  /** Name of its job; null when it had none. */
  readonly job: string | null;
  /** Its code location, where it has one. */
  readonly location: string | null;
  /** How it ended. */
  readonly status: "succeeded" | "failed" | "canceled";
  /** Key of its partition, or `first...last`; null when it had none. */
  readonly partition: string | null;
  /** Tags of the run. */
  readonly tags: Readonly<Record<string, string>>;
  /** Why it failed; null when it did not. */
  readonly message: string | null;
  /** When it ended. */
  readonly at: Date;
}

/** Options of `defineRunStatusSensor`. */
export interface RunStatusSensorOptions<R extends readonly AnyResource[]> extends CommonOptions<R> {
  /** The ends of a run that the sensor watches. */
  readonly statuses: readonly RunEndEvent["status"][];
  /** Only runs of these jobs. Default: all runs of this code location. */
  readonly jobs?: readonly (Job | string)[] | undefined;
  /** True: watches runs of every code location. Default false. */
  readonly allLocations?: boolean | undefined;
  /** Decides at each end of a run. Default: each one asks for a run of `job`. */
  evaluate?(context: SensorContext<R, RunEndEvent>): Requests;
}

const RUN_STATUS_SENSOR: OptionRules<RunStatusSensorOptions<[]>> = {
  ...SENSOR,
  statuses: "list",
  jobs: "list",
  allLocations: "boolean",
  evaluate: "function",
};

/**
 * Defines a sensor that fires when a run ends in one of some states.
 *
 * @example
 * export const onFailure = defineRunStatusSensor({
 *   name: "on_failure", statuses: ["failed"], requires: [slack],
 *   evaluate: async ({ event, resources }) => void (await resources.slack.post(`Run ${event.run} failed`)),
 * });
 */
export function defineRunStatusSensor<const R extends readonly AnyResource[] = []>(options: RunStatusSensorOptions<R>): Sensor {
  checkOptions(options, RUN_STATUS_SENSOR, {
    call: "defineRunStatusSensor",
    definer: defineRunStatusSensor,
    what: "Sensor",
    needs: ["name", "statuses"],
  });
  const { statuses, allLocations } = options;
  const watched = options.jobs?.map((job) => (typeof job === "string" ? job : job.name));
  return createSensor<R, "run">(options, {
    type: "run_status",
    fields: { runStatuses: statuses.slice(), jobs: watched, allLocations },
    problems: ({ jobs }) => [
      ...(statuses.length === 0 ? ["it watches no run status."] : []),
      ...(allLocations === true ? [] : unknownJobs(watched ?? [], jobs)),
    ],
    site: captureSite(defineRunStatusSensor),
  });
}

function unknownJobs(watched: readonly string[], jobs: ReadonlySet<string>): string[] {
  return watched
    .filter((name) => !jobs.has(name))
    .map((name) => `there is no job "${name}" to watch in this code location. With 'allLocations: true' it may be of another one.`);
}
