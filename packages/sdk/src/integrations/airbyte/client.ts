/** Jobs of an Airbyte server: lists, reads, starts and cancels them, and waits for them. */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { type Duration, millisecondsOf } from "../../options/duration.ts";
import type { Logger } from "../../values/log.ts";
import { AirbyteError } from "./errors.ts";
import type { AirbyteSend } from "./http.ts";

const STATUSES = ["pending", "queued", "running", "incomplete", "failed", "succeeded", "cancelled"] as const;
const TYPES = ["sync", "reset", "refresh", "clear"] as const;
/** State of an Airbyte job. */
export type AirbyteJobStatus = (typeof STATUSES)[number];
/** What an Airbyte job does. */
export type AirbyteJobType = (typeof TYPES)[number];

const jobSchema = z.object({
  jobId: z.number().int(),
  status: z.enum(STATUSES),
  jobType: z.enum(TYPES),
  connectionId: z.string(),
  startTime: z.string(),
  lastUpdatedAt: z.string().nullish(),
  duration: z.string().nullish(),
  bytesSynced: z.number().nullish(),
  rowsSynced: z.number().nullish(),
});
const pageSchema = z.object({ data: z.array(z.unknown()), next: z.string().nullish() });

/** A job of a connection: one sync, reset, refresh or clear. */
export interface AirbyteJob {
  /** Id of the job. */
  readonly jobId: number;
  /** State of the job. */
  readonly status: AirbyteJobStatus;
  /** What the job does. */
  readonly jobType: AirbyteJobType;
  /** Id of its connection. */
  readonly connectionId: string;
  /** When it started, as ISO 8601. */
  readonly startTime: string;
  /** When it changed last, as ISO 8601. */
  readonly lastUpdatedAt?: string | undefined;
  /** ISO 8601, e.g. `PT8M13S`. */
  readonly duration?: string | undefined;
  /** Bytes that it moved so far. */
  readonly bytesSynced?: number | undefined;
  /** Rows that it moved so far. */
  readonly rowsSynced?: number | undefined;
}

/** Which jobs `jobs` lists. */
export interface AirbyteJobFilter {
  /** Id of a connection. Default: all. */
  readonly connection?: string | undefined;
  /** Ids of workspaces. Default: all that the credentials may see. */
  readonly workspaces?: readonly string[] | undefined;
  /** Only jobs in this state. Default: all. */
  readonly status?: AirbyteJobStatus | undefined;
  /** Without it, Airbyte lists syncs and resets, but no refreshes and clears. */
  readonly jobType?: AirbyteJobType | undefined;
  /** Only jobs that changed after this time. */
  readonly updatedAfter?: Date | undefined;
  /** Only jobs that were created after this time. */
  readonly createdAfter?: Date | undefined;
  /** At most so many, the last updated first. Default: all. */
  readonly limit?: number | undefined;
  /** Aborting it ends the request. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `wait` and `sync`. */
export interface AirbyteWaitOptions {
  /** Time between two requests for the job's state. Default 5 seconds. */
  readonly pollEvery?: Duration | undefined;
  /** Aborted: the job is cancelled on the server. */
  readonly signal?: AbortSignal | undefined;
}

/** What `resources.airbyte` is. Every method throws `AirbyteError`. */
export interface Airbyte {
  /** Jobs, the last updated first, all pages of them. */
  jobs(filter?: AirbyteJobFilter): Promise<AirbyteJob[]>;
  /** One job. */
  job(jobId: number): Promise<AirbyteJob>;
  /** Starts a job and does not wait for it. `conflict` when the connection is busy. */
  trigger(connection: string, jobType?: "sync" | "reset"): Promise<AirbyteJob>;
  /** Cancels a job. */
  cancel(jobId: number): Promise<AirbyteJob>;
  /** Waits until a job has ended and logs its progress. Throws unless it succeeded. */
  wait(jobId: number, options?: AirbyteWaitOptions): Promise<AirbyteJob>;
  /** Starts a sync, or joins the one that is running, and waits for it. */
  sync(connection: string, options?: AirbyteWaitOptions): Promise<AirbyteJob>;
}

/** The most that the API gives at once. */
const PAGE = 100;
const CANCEL_TIMEOUT_MS = 10_000;
/** How long to wait before each look for a job whose start was not answered in time. */
const LOOK_AGAIN_MS = [0, 1_000, 4_000];
const CLOCKS_DIFFER_MS = 2_000;
/** How often a start is tried that a job was in the way of which is gone. */
const START_TRIES = 2;
/** A job goes on while its server cannot be asked. It is given up after so long. */
const LONGEST_OUTAGE_MS = 10 * 60_000;
/** A proxy's page in between passes. An answer that this version does not understand comes each time. */
const MAX_STRANGE = 4;
const OUTAGES: readonly AirbyteError["code"][] = ["unavailable", "timeout", "unexpected"];

export function createAirbyte(send: AirbyteSend, { log, signal }: { readonly log: Logger; readonly signal: AbortSignal }): Airbyte {
  const one = async (request: Parameters<AirbyteSend>[0]): Promise<AirbyteJob> => {
    const job = readJob(await send({ ...request, signal: request.signal ?? signal }));
    if (job instanceof AirbyteError) throw job;
    return job;
  };
  const airbyte: Airbyte = {
    jobs: (filter = {}) => listJobs(send, { ...filter, signal: filter.signal ?? signal }, log),
    job: (jobId) => one({ method: "GET", path: `/jobs/${jobId}` }),
    // Not ended by the step's signal: a job that the server started and whose id we never learned could not be cancelled.
    trigger: (connectionId, jobType = "sync") =>
      one({ method: "POST", path: "/jobs", body: { connectionId, jobType }, signal: new AbortController().signal }),
    cancel: (jobId) => one({ method: "DELETE", path: `/jobs/${jobId}` }),
    async wait(jobId, options = {}) {
      const stop = options.signal ?? signal;
      try {
        return await untilEnded(airbyte, jobId, { log, pollEveryMs: millisecondsOf(options.pollEvery ?? 5, "pollEvery"), signal: stop });
      } catch (error) {
        // The step's own signal has ended its requests already, so this one needs another.
        if (stop.aborted)
          await cancelQuietly(
            () => one({ method: "DELETE", path: `/jobs/${jobId}`, signal: AbortSignal.timeout(CANCEL_TIMEOUT_MS) }),
            jobId,
            log,
          );
        throw error;
      }
    },
    async sync(connection, options = {}) {
      (options.signal ?? signal).throwIfAborted();
      const started = await startOrJoin(airbyte, connection, log);
      return await airbyte.wait(started.jobId, options);
    },
  };
  return airbyte;
}

async function startOrJoin(airbyte: Airbyte, connection: string, log: Logger): Promise<AirbyteJob> {
  for (let tries = 1; ; tries++) {
    const askedAt = Date.now();
    try {
      const job = await airbyte.trigger(connection);
      log.info(`Airbyte job ${job.jobId} started`, { connection });
      return job;
    } catch (error) {
      if (!(error instanceof AirbyteError)) throw error;
      if (mayHaveBegun(error)) {
        const begun = await findBegun(airbyte, connection, askedAt);
        if (!begun) throw error;
        log.info(`Airbyte did not answer the start, but job ${begun.jobId} has begun: waiting for it`, { connection });
        return begun;
      }
      if (error.code !== "conflict") throw error;
      const recent = await airbyte.jobs({ connection, jobType: "sync", limit: 10 });
      const running = recent.find(({ status }) => !hasEnded(status));
      if (running) {
        log.info(`Airbyte job ${running.jobId} of this connection is running already: waiting for it`, { connection });
        return running;
      }
      // The job that was in the way may have ended meanwhile.
      if (tries >= START_TRIES) throw error;
    }
  }
}

/** A server or proxy that broke off, or answered something else, may have passed the request on. A 429 says that it did not. */
function mayHaveBegun({ code, status }: AirbyteError): boolean {
  return code === "timeout" || code === "unexpected" || (code === "unavailable" && status !== 429);
}

/** A server that is slow to answer may also be slow to list what it began. */
async function findBegun(airbyte: Airbyte, connection: string, askedAt: number): Promise<AirbyteJob | undefined> {
  for (const waitMs of LOOK_AGAIN_MS) {
    await sleep(waitMs);
    const recent = await airbyte.jobs({ connection, jobType: "sync", limit: 10 }).catch(() => []);
    const begun = recent.find(({ status, startTime }) => !hasEnded(status) || Date.parse(startTime) >= askedAt - CLOCKS_DIFFER_MS);
    if (begun) return begun;
  }
  return undefined;
}

async function untilEnded(
  airbyte: Airbyte,
  jobId: number,
  { log, pollEveryMs, signal }: { readonly log: Logger; readonly pollEveryMs: number; readonly signal: AbortSignal },
): Promise<AirbyteJob> {
  let last = "";
  let answeredAt = Date.now();
  let strange = 0;
  for (;;) {
    const job = await jobOrOutage(airbyte, jobId);
    if (job instanceof AirbyteError) {
      strange = job.code === "unexpected" ? strange + 1 : 0;
      if (strange >= MAX_STRANGE || Date.now() > answeredAt + LONGEST_OUTAGE_MS) throw job;
      log.warn(`Airbyte job ${jobId} cannot be looked at, and is asked for again: ${job.message}`);
      await sleep(pollEveryMs, undefined, { signal });
      continue;
    }
    strange = 0;
    answeredAt = Date.now();
    const progress = `${job.status}, ${job.rowsSynced ?? 0} rows, ${job.bytesSynced ?? 0} bytes`;
    if (progress !== last) log.info(`Airbyte job ${jobId}: ${progress}`);
    last = progress;
    if (job.status === "succeeded") return job;
    if (job.status === "failed")
      throw new AirbyteError("job_failed", `Airbyte job ${jobId} of connection ${job.connectionId} failed.`, { jobId });
    if (job.status === "cancelled")
      throw new AirbyteError("job_cancelled", `Airbyte job ${jobId} of connection ${job.connectionId} was cancelled.`, { jobId });
    await sleep(pollEveryMs, undefined, { signal });
  }
}

/** An error while the server cannot be asked, which says nothing about the job. */
async function jobOrOutage(airbyte: Airbyte, jobId: number): Promise<AirbyteJob | AirbyteError> {
  try {
    return await airbyte.job(jobId);
  } catch (error) {
    if (error instanceof AirbyteError && OUTAGES.includes(error.code)) return error;
    throw error;
  }
}

async function cancelQuietly(cancel: () => Promise<AirbyteJob>, jobId: number, log: Logger): Promise<void> {
  try {
    await cancel();
    log.info(`Airbyte job ${jobId} cancelled`);
  } catch (error) {
    log.warn(`Airbyte job ${jobId} could not be cancelled`, { error });
  }
}

/** `incomplete` is an attempt that failed and will be repeated. */
function hasEnded(status: AirbyteJobStatus): boolean {
  return status === "succeeded" || status === "failed" || status === "cancelled";
}

/**
 * The last updated first: what changes while pages are read moves to the front, so that others may come twice but none falls between two
 * pages, and what moved is newer than all that was read: the next look finds it. A job of a kind that the API does not document is left out
 * with a warning, so that it does not hide the others.
 */
async function listJobs(send: AirbyteSend, filter: AirbyteJobFilter, log: Logger): Promise<AirbyteJob[]> {
  const most = filter.limit ?? Number.POSITIVE_INFINITY;
  const found = new Map<number, AirbyteJob>();
  const unreadable: AirbyteError[] = [];
  for (let offset = 0; ;) {
    const limit = Math.min(PAGE, most);
    const query = { ...queryOf(filter), orderBy: "updatedAt|DESC", limit: String(limit), offset: String(offset) };
    const page = pageSchema.safeParse(await send({ method: "GET", path: "/jobs", query, signal: filter.signal }));
    if (!page.success)
      throw new AirbyteError("unexpected", "Airbyte answered the request for jobs without a list of them. Is the URL the one of its API?");
    for (const entry of page.data.data) {
      const job = readJob(entry);
      if (job instanceof AirbyteError) {
        unreadable.push(job);
        continue;
      }
      if (!found.has(job.jobId) && found.size < most) found.set(job.jobId, job);
    }
    const { length } = page.data.data;
    const more = length >= limit || (page.data.next ?? "") !== "";
    if (length === 0 || !more || found.size >= most) break;
    offset += length;
  }
  const [first] = unreadable;
  if (first !== undefined && found.size === 0) throw first;
  if (first !== undefined) log.warn(`${unreadable.length} of the jobs that Airbyte listed are left out: ${first.message}`);
  return [...found.values()];
}

function queryOf(filter: AirbyteJobFilter): Record<string, string | readonly string[]> {
  return {
    ...(filter.connection !== undefined && { connectionId: filter.connection }),
    ...(filter.workspaces !== undefined && { workspaceIds: filter.workspaces }),
    ...(filter.status !== undefined && { status: filter.status }),
    ...(filter.jobType !== undefined && { jobType: filter.jobType }),
    ...(filter.updatedAfter !== undefined && { updatedAtStart: filter.updatedAfter.toISOString() }),
    ...(filter.createdAfter !== undefined && { createdAtStart: filter.createdAfter.toISOString() }),
  };
}

function readJob(value: unknown): AirbyteJob | AirbyteError {
  const read = jobSchema.safeParse(value);
  if (!read.success) {
    const [issue] = read.error.issues;
    const where = issue ? `${issue.path.join(".")}: ${issue.message}` : "unreadable";
    return new AirbyteError("unexpected", `Airbyte described a job in a way that its API does not document (${where}).`);
  }
  const { lastUpdatedAt, duration, bytesSynced, rowsSynced, ...job } = read.data;
  return {
    ...job,
    lastUpdatedAt: lastUpdatedAt ?? undefined,
    duration: duration ?? undefined,
    bytesSynced: bytesSynced ?? undefined,
    rowsSynced: rowsSynced ?? undefined,
  };
}
