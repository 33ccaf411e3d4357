/** Makes a run with its whole plan, once per request id. Every way to start a run uses this file. */
import type { z } from "zod";
import type { givenSchema } from "@headgate/shared/contract/runs/launch.ts";
import type { RunChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import type { RunCause } from "@headgate/shared/contract/runs/run-views.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { MAX_ROW_BYTES } from "../../kernel/database.ts";
import { insertRequest, insertRun, runNoOfRequest } from "../run-store.ts";
import { insertSteps, type NewStep } from "../step-store.ts";
import type { NewRun } from "../tables.ts";
import type { Tx } from "../../kernel/tx.ts";
import type { ResolvedLaunch } from "./resolve-target.ts";
import { record, startSession } from "../run-session.ts";
import { catalogOf } from "../../catalog/catalog.ts";

const MAX_CONFIG_BYTES = 200_000;
/** Tags are limited because each dispatch reads them and every list shows them. */
const MAX_TAGS_CHARACTERS = 20_000;

/** Values that a run is started with; see `givenSchema`. What is left out comes from the job. */
export type GivenToRun = Omit<Pick<NewRun, keyof z.output<typeof givenSchema>>, "config"> & { readonly config?: unknown };

export interface LaunchRequest {
  readonly resolved: ResolvedLaunch;
  readonly trigger: RunCause;
  readonly given: GivenToRun;
  readonly parent: string | null;
  /** The id of the schedule or sensor that requested the run. */
  readonly source?: string | undefined;
  readonly backfill?: { readonly no: number; readonly slice: number } | undefined;
  readonly retryCount?: number | undefined;
  /** The sensors that led to the run. */
  readonly chain?: RunChain | null | undefined;
}

/** The run that an earlier call with the same request id made. */
export function runOfRequest(tx: Tx, requestId: string | undefined): number | null {
  return requestId === undefined ? null : runNoOfRequest(tx.db, requestId);
}

/** Returns the number of the new run. Does not request a dispatch; the caller states `work_available`. */
export function createRun(tx: Tx, request: LaunchRequest & { readonly requestId?: string | undefined }): Result<number> {
  const { resolved, given } = request;
  const catalog = catalogOf(tx);
  const { job } = resolved;
  const config = given.config ?? job?.config;
  const steps = newSteps(tx, resolved);
  const tooLarge = steps.find(({ plan }) => JSON.stringify(plan).length > MAX_ROW_BYTES / 2);
  if (tooLarge)
    return refuse(
      "too_large",
      `Step '${tooLarge.plan.key}' has ${tooLarge.plan.assets.length} assets and ${tooLarge.plan.checks.length} checks, more than one step can hold. Select fewer.`,
    );
  const configText = config === undefined || config === null ? null : JSON.stringify(config);
  if (configText !== null && configText.length > MAX_CONFIG_BYTES)
    return refuse("too_large", `The run config has ${configText.length} characters; at most ${MAX_CONFIG_BYTES} are allowed.`);
  const tags = { ...job?.tags, ...given.tags };
  const tagsLength = JSON.stringify(tags).length;
  if (tagsLength > MAX_TAGS_CHARACTERS)
    return refuse("too_large", `The tags of the run have ${tagsLength} characters; at most ${MAX_TAGS_CHARACTERS} are allowed.`);
  const locations = new Set(steps.map(({ plan }) => plan.location));
  const row = insertRun(tx.db, {
    ...given,
    id: tx.newRunId(),
    status: "queued",
    job: job?.name,
    jobLocation: job?.location,
    selection: resolved.selection,
    partition: resolved.partition?.key,
    tags,
    trigger: request.trigger,
    parent: request.parent,
    priority: given.priority ?? job?.priority,
    config: configText,
    versions: Object.fromEntries(
      catalog.versions.filter((version) => locations.has(version.location)).map((version) => [version.location, version.id]),
    ),
    createdAt: tx.now,
    timeoutSeconds: job?.timeoutSeconds,
    assetCount: steps.reduce((sum, { plan }) => sum + plan.assets.length, 0),
    stepsTotal: steps.length,
    source: request.source,
    backfillNo: request.backfill?.no,
    backfillSlice: request.backfill?.slice,
    retryCount: request.retryCount,
    chain: request.chain,
  });
  insertSteps(tx.db, { runNo: row.no, steps, now: tx.now });
  if (request.requestId !== undefined) insertRequest(tx.db, { id: request.requestId, runNo: row.no, at: tx.now });
  const session = startSession(tx, row);
  session.changed = true;
  record(tx, session, { event: { type: "run_queued" } });
  for (const { plan } of steps) for (const asset of plan.assets) tx.fact({ type: "asset_changed", asset });
  const targets = steps.flatMap(({ plan }) => [...plan.assets, ...plan.checks]);
  tx.fact({ type: "run_created", run: row.id, targets, chain: row.chain });
  return ok(row.no);
}

function newSteps(tx: Tx, resolved: ResolvedLaunch): NewStep[] {
  const catalog = catalogOf(tx);
  const subset = new Set(catalog.units.filter((unit) => unit.subset).map((unit) => JSON.stringify([unit.location, unit.id])));
  return resolved.plan.steps.map((plan) => ({
    // The job's retry policy applies to steps without their own.
    plan: plan.retry.maxRetries === 0 && resolved.job?.retry ? { ...plan, retry: resolved.job.retry } : plan,
    version: catalog.versionOf.get(plan.location)?.id ?? "",
    subset: subset.has(JSON.stringify([plan.location, plan.unit])),
  }));
}

/** Creates a run and requests a dispatch. A repeated request id returns the run of the first call. */
export function launchRun(tx: Tx, request: LaunchRequest & { readonly requestId?: string | undefined }): Result<number> {
  const earlier = runOfRequest(tx, request.requestId);
  if (earlier !== null) return ok(earlier);
  const created = createRun(tx, request);
  if (created.ok) tx.fact({ type: "work_available" });
  return created;
}
