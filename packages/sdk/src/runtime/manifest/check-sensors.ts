/** Sensors of a code location: how they read in the manifest, and what is wrong with them. */
import { checkId, parseCheckId } from "@headgate/shared/domain/asset-check.ts";
import { manifestSensorSchema, type ManifestAsset, type ManifestCheck, type ManifestSensor } from "@headgate/shared/manifest/schema.ts";
import { DURATION_FORMS } from "../../options/duration.ts";
import type { Sensor, WebhookMapping } from "../../automation/sensor.ts";
import { reporterOf, startedJob, uniqueByName } from "./named-definitions.ts";
import type { Problems } from "./problems.ts";

type Definition = Sensor["~definition"];

function describeWebhook(webhook: Sensor["~definition"]["webhook"]): ManifestSensor["webhook"] {
  if (!webhook) return undefined;
  const { verify = "standard", raw = false, map } = webhook;
  return { verify, raw, ...(map && { map: { ...map, when: map.when?.map((rule) => ({ ...rule })), tags: map.tags && { ...map.tags } } }) };
}

export interface SensorSurroundings {
  readonly jobs: ReadonlySet<string>;
  readonly assets: readonly Pick<ManifestAsset, "key">[];
  readonly checks: readonly Pick<ManifestCheck, "asset" | "name">[];
  readonly problems: Problems;
}

export function describeSensors(sensors: readonly Sensor[], around: SensorSurroundings): ManifestSensor[] {
  const { jobs, problems } = around;
  return uniqueByName(sensors, "sensor", problems).map((sensor) => {
    const definition = sensor["~definition"];
    const { report, checked } = reporterOf(problems, definition.site, `Sensor "${sensor.name}"`);
    const job = definition.job === undefined ? undefined : startedJob(definition.job, jobs, report);
    if (definition.type === "polling" && !definition.evaluate) report("it has no 'evaluate' function to look with.");
    else if (job === undefined && !definition.evaluate) report("without an 'evaluate' function it needs a 'job' to run.");
    if (!(definition.intervalSeconds >= 1)) report(`'every' must be ${DURATION_FORMS}, at least 1 second.`);
    if (!(definition.timeoutSeconds > 0)) report(`'timeout' must be ${DURATION_FORMS}.`);
    if (definition.checks?.length === 0) report("it watches no check.");
    if (definition.webhook?.map && definition.evaluate)
      report("it has both 'map' and 'evaluate'. Keep 'map' to decide in the control plane, or 'evaluate' to decide in your code.");
    if (definition.assets?.length === 0) report("it watches no asset.");
    if (definition.runStatuses?.length === 0) report("it watches no run status.");
    for (const problem of [...unknownChecks(definition, around), ...unknownJobs(definition, jobs), ...badPaths(definition.webhook?.map)])
      report(problem);
    return checked(manifestSensorSchema, {
      name: sensor.name,
      kind: definition.type,
      job,
      intervalSeconds: definition.intervalSeconds >= 1 ? definition.intervalSeconds : 30,
      timeoutSeconds: definition.timeoutSeconds,
      description: definition.description,
      defaultStatus: definition.defaultStatus,
      assets: definition.assets?.slice(),
      match: definition.match,
      jobs: definition.jobs?.slice(),
      allLocations: definition.allLocations,
      checks: definition.checks?.slice(),
      checkOutcomes: definition.checkOutcomes?.slice(),
      webhook: describeWebhook(definition.webhook),
      runStatuses: definition.runStatuses?.slice(),
      evaluated: definition.evaluate !== undefined,
      resources: definition.requires.map((resource) => resource.key),
      source: problems.place(definition.site),
    });
  });
}

/** Assets of other code locations are not known here. */
function unknownChecks({ checks = [] }: Definition, around: SensorSurroundings): string[] {
  const assets = new Set(around.assets.map(({ key }) => key));
  const ids = new Set(around.checks.map(checkId));
  return checks.flatMap((id) => {
    const parsed = parseCheckId(id);
    if (!parsed || !assets.has(parsed.asset) || ids.has(id)) return [];
    const names = around.checks.filter(({ asset }) => asset === parsed.asset).map(({ name }) => name);
    return `asset "${parsed.asset}" has no check "${parsed.name}"${names.length > 0 ? `, only ${names.join(", ")}` : ""}.`;
  });
}

function unknownJobs({ jobs: watched = [], allLocations = false }: Definition, jobs: ReadonlySet<string>): string[] {
  if (allLocations) return [];
  return watched
    .filter((name) => !jobs.has(name))
    .map((name) => `there is no job "${name}" to watch in this code location. With 'allLocations: true' it may be of another one.`);
}

/** Ways of writing a path that others know and that would find nothing here. */
function badPaths(map: WebhookMapping | undefined): string[] {
  const paths = [...(map?.when ?? []).map(({ path }) => path), map?.runKey, map?.partition, ...Object.values(map?.tags ?? {})];
  return paths.flatMap((path) => {
    if (path === undefined || !/^\$(?:$|[.[])|\[(?:\d+|["'*])/.test(path)) return [];
    const plain = path
      .replace(/^\$\.?/, "")
      .replaceAll(/\[["']?([^\]"']*)["']?\]/g, ".$1")
      .replace(/^\./, "");
    return `'${path}' is no path: names and list positions are joined with dots and nothing else${plain === "" ? "" : `, so write '${plain}'`}.`;
  });
}
