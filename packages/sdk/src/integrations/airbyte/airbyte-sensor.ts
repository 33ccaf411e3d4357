/** A sensor that asks for a run when an Airbyte sync has ended: at once by Airbyte's webhook, and surely by looking. */
import { printCursor, readCursor, skipArrivals, START, takeArrivals, type Arrival, type ArrivalCursor } from "../../automation/arrivals.ts";
import { captureSite } from "../../options/definition-site.ts";
import { type Duration, millisecondsOf } from "../../options/duration.ts";
import { jobMetadata } from "./job-metadata.ts";
import type { MultiAsset } from "../../definitions/multi-asset.ts";
import type { Resource } from "../../definitions/resource.ts";
import { runRequest, skip, type RunRequest, type RunRequestOptions, type Skip } from "../../automation/run-request.ts";
import { commonSensorOptions, defineSensor, type ReadyMadeSensorOptions } from "../../automation/sensors/polling-sensor.ts";
import type { Sensor } from "../../automation/sensors/sensor.ts";
import type { WebhookOptions } from "../../automation/sensors/webhook-sensor.ts";
import type { SourceAsset } from "../../definitions/asset-type.ts";
import { reportMaterialization, type TickItem } from "../../automation/tick-request.ts";
import type { Airbyte, AirbyteJob, AirbyteJobFilter, AirbyteJobStatus, AirbyteJobType } from "./client.ts";
import { readNotification, type SyncNotification } from "./notification.ts";

/** How an Airbyte job ended that a sensor may wait for. */
export type AirbyteOutcome = Extract<AirbyteJobStatus, "succeeded" | "failed" | "cancelled">;

/** A job that ended. A webhook delivers only the first three fields. */
export interface EndedAirbyteJob extends Partial<AirbyteJob> {
  /** Id of the job. */
  readonly jobId: number;
  /** Id of its connection. */
  readonly connectionId: string;
  /** How it ended. */
  readonly status: AirbyteOutcome;
}

/** Options of `airbyteSensor`. */
export interface AirbyteSensorOptions extends ReadyMadeSensorOptions {
  /** The server to ask. */
  readonly airbyte: Resource<string, Airbyte>;
  /** Id of the connection to watch. Default, without `connections` too: all that the credentials may see. */
  readonly connection?: string | undefined;
  /** Ids of further connections to watch. */
  readonly connections?: readonly string[] | undefined;
  /** Default: `succeeded` only. */
  readonly statuses?: readonly AirbyteOutcome[] | undefined;
  /** Default: `sync` only. */
  readonly jobTypes?: readonly AirbyteJobType[] | undefined;
  /** What the first tick does with jobs that have ended already: nothing (`now`, the default), or a run for each (`beginning`). */
  readonly startAt?: "now" | "beginning" | undefined;
  /** How much older than the newest known job a late job may be and still be found. Default `"2m"`. */
  readonly overlap?: Duration | undefined;
  /** Gives the sensor an address for Airbyte's notifications, so that it wakes at once: `{ verify: "secret" }`, as Airbyte cannot sign. */
  readonly webhook?: WebhookOptions | undefined;
  /** From `airbyteAssets`: external ones are reported as materialized when a look finds that their sync succeeded. */
  readonly assets?: readonly (SourceAsset | MultiAsset)[] | undefined;
  /** What a run gets besides its run key, e.g. a partition. */
  readonly toRequest?: ((job: EndedAirbyteJob) => Omit<RunRequestOptions, "runKey">) | undefined;
}

const MAX_REQUESTS = 500;

/**
 * Asks for one run for each sync that ended, with the run key `airbyte_<job id>` whichever way the news came.
 *
 * @example
 * export const synced = airbyteSensor({
 *   name: "airbyte_synced", airbyte, connection: "e735894a-e773-4938-969f-45f53957b75b", every: "1m", job: bronzeRefresh,
 *   webhook: { verify: "secret" },
 * });
 */
export function airbyteSensor(options: AirbyteSensorOptions): Sensor {
  const { airbyte: resource, webhook } = options;
  const sensor = defineSensor({
    ...commonSensorOptions(options),
    webhook,
    requires: [resource],
    evaluate: async ({ resources, cursor, setCursor, event, log, signal }) => {
      if (event !== undefined) return requestNotified(readNotification(event.body), options);
      const airbyte = resources[resource.key] as Airbyte;
      const overlapMs = millisecondsOf(options.overlap ?? "2m", "overlap");
      const known =
        readCursor(cursor) ?? (options.startAt === "beginning" ? START : await startNow(airbyte, { options, overlapMs, signal }));
      const ended = await endedSince(airbyte, { options, since: known.floor.time, signal });
      const { fresh, waiting, cursor: next } = takeArrivals(ended, known, { overlapMs, limit: MAX_REQUESTS });
      setCursor(printCursor(next));
      if (waiting > 0) log.info(`${fresh.length} ended jobs now, ${waiting} more in the next tick`);
      if (fresh.length === 0) return skip("no job has ended since the last look");
      return fresh.flatMap((found) => [
        ...reportsFor(found.job, options),
        ...(asksForRuns(options) ? [requestFor(found.job, options)] : []),
      ]);
    },
  });
  return { ...sensor, "~definition": { ...sensor["~definition"], site: captureSite(airbyteSensor) } };
}

/** The webhook is only faster: the cursor stays, and the next look finds the same job under the same run key. */
function requestNotified(notification: SyncNotification | null, options: AirbyteSensorOptions): RunRequest | Skip {
  if (!notification) return skip("the delivery tells of no ended sync (a test, or news of a schema)");
  const { jobId, connectionId, success } = notification;
  const status = success ? "succeeded" : "failed";
  const connections = connectionsOf(options);
  if (connections && !connections.includes(connectionId))
    return skip(`job ${jobId} is of connection ${connectionId}, which is not watched`);
  if (!statusesOf(options).includes(status)) return skip(`job ${jobId} ${status}`);
  // Airbyte notifies of syncs only.
  if (!typesOf(options).includes("sync")) return skip(`job ${jobId} is a sync`);
  if (!asksForRuns(options)) return skip(`job ${jobId} ${status}; the next look reports its assets`);
  return requestFor({ jobId, connectionId, status }, options);
}

function requestFor(job: EndedAirbyteJob, options: AirbyteSensorOptions): RunRequest {
  const extra = options.toRequest?.(job) ?? {};
  const tags = {
    source: "airbyte",
    airbyte_job_id: String(job.jobId),
    airbyte_connection_id: job.connectionId,
    airbyte_status: job.status,
  };
  return runRequest({ ...extra, runKey: `airbyte_${job.jobId}`, tags: { ...tags, ...extra.tags } });
}

/** A sensor may be there to report assets only. */
function asksForRuns({ job, toRequest, assets }: AirbyteSensorOptions): boolean {
  return job !== undefined || toRequest !== undefined || assets === undefined;
}

/** Only a look reports, not the webhook: unlike runs, reports have no key that makes a second one harmless. */
function reportsFor(job: AirbyteJob & EndedAirbyteJob, { assets = [] }: AirbyteSensorOptions): TickItem[] {
  if (job.status !== "succeeded" || job.jobType !== "sync") return [];
  const filled = assets.filter(
    (asset) => asset.kind === "sourceAsset" && asset["~definition"].metadata?.["airbyte_connection_id"] === job.connectionId,
  );
  return filled.map((asset) =>
    reportMaterialization((asset as SourceAsset).key, { metadata: jobMetadata(job), dataVersion: `airbyte_${job.jobId}` }),
  );
}

interface EndedArrival extends Arrival {
  readonly job: AirbyteJob & EndedAirbyteJob;
}

async function endedSince(
  airbyte: Airbyte,
  { options, since, signal }: { readonly options: AirbyteSensorOptions; readonly since: number; readonly signal: AbortSignal },
): Promise<EndedArrival[]> {
  const arrivals: EndedArrival[] = [];
  for (const filter of filtersOf(options)) {
    const jobs = await airbyte.jobs({ ...filter, ...(since > 0 && { updatedAfter: new Date(since) }), signal });
    for (const job of jobs) {
      if (isWanted(job, options)) arrivals.push({ job, time: timeOf(job), id: String(job.jobId) });
    }
  }
  return arrivals;
}

/** Everything that has ended up to now counts as known, by the server's clock. */
async function startNow(
  airbyte: Airbyte,
  { options, overlapMs, signal }: { readonly options: AirbyteSensorOptions; readonly overlapMs: number; readonly signal: AbortSignal },
): Promise<ArrivalCursor> {
  const newest = await Promise.all(filtersOf(options).map((filter) => airbyte.jobs({ ...filter, limit: 1, signal })));
  const times = newest.flat().map(timeOf);
  if (times.length === 0) return START;
  const since = Math.max(...times) - overlapMs;
  const known = skipArrivals(await endedSince(airbyte, { options, since, signal }), overlapMs);
  // Jobs that are known but not wanted, e.g. failed ones, also say how late it is.
  return known.floor.time >= since ? known : { floor: { time: since, id: "" }, taken: known.taken };
}

/**
 * The API takes one connection, one status and one type at a time. Statuses it can leave open, and they are filtered here; without a type it
 * would omit refreshes and clears.
 */
function filtersOf(options: AirbyteSensorOptions): AirbyteJobFilter[] {
  const [status, ...otherStatuses] = statusesOf(options);
  return (connectionsOf(options) ?? [undefined]).flatMap((connection) =>
    typesOf(options).map((jobType) => ({ connection, jobType, ...(otherStatuses.length === 0 && { status }) })),
  );
}

function isWanted(job: AirbyteJob, options: AirbyteSensorOptions): job is AirbyteJob & EndedAirbyteJob {
  const statuses: readonly string[] = statusesOf(options);
  return statuses.includes(job.status) && typesOf(options).includes(job.jobType);
}

function timeOf(job: AirbyteJob): number {
  const time = Date.parse(job.lastUpdatedAt ?? job.startTime);
  return Number.isNaN(time) ? 0 : time;
}

function connectionsOf({ connection, connections }: AirbyteSensorOptions): readonly string[] | null {
  const all = [...(connection === undefined ? [] : [connection]), ...(connections ?? [])];
  return all.length === 0 ? null : all;
}

function statusesOf({ statuses }: AirbyteSensorOptions): readonly AirbyteOutcome[] {
  return statuses ?? ["succeeded"];
}

function typesOf({ jobTypes }: AirbyteSensorOptions): readonly AirbyteJobType[] {
  return jobTypes ?? ["sync"];
}
