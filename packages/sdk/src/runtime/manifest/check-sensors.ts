/** Sensors of a code location: how they read in the manifest, and what is wrong with them. */
import { manifestSensorSchema, type ManifestSensor } from "@headgate/shared/manifest/schema.ts";
import type { Sensor, SensorSurroundings } from "../../automation/sensors/sensor.ts";
import { DURATION_FORMS } from "../../options/duration.ts";
import { reporterOf, startedJob, uniqueByName } from "./named-definitions.ts";
import type { Problems } from "./problems.ts";

export function describeSensors(sensors: readonly Sensor[], around: SensorSurroundings, problems: Problems): ManifestSensor[] {
  return uniqueByName(sensors, "sensor", problems).map((sensor) => {
    const definition = sensor["~definition"];
    const { report, checked } = reporterOf(problems, definition.site, `Sensor "${sensor.name}"`);
    const job = definition.job === undefined ? undefined : startedJob(definition.job, around.jobs, report);
    if (definition.type === "polling" && !definition.evaluate) report("it has no 'evaluate' function to look with.");
    else if (job === undefined && !definition.evaluate) report("without an 'evaluate' function it needs a 'job' to run.");
    for (const problem of definition.problems(around)) report(problem);
    if (!(definition.timeoutSeconds > 0)) report(`'timeout' must be ${DURATION_FORMS}.`);
    return checked(manifestSensorSchema, {
      name: sensor.name,
      kind: definition.type,
      job,
      intervalSeconds: 30,
      timeoutSeconds: definition.timeoutSeconds,
      description: definition.description,
      defaultStatus: definition.defaultStatus,
      ...definition.fields,
      evaluated: definition.evaluate !== undefined,
      resources: definition.requires.map((resource) => resource.key),
      source: problems.place(definition.site),
    });
  });
}
