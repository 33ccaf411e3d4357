/** Starts a backfill: freezes its plan and makes its first runs in the same transaction. */
import { formatSelection } from "@headgate/shared/format/selection.ts";
import type { RunChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { writeSlices } from "@headgate/shared/domain/run/backfill-slices.ts";
import { shortened } from "@headgate/shared/domain/shortened.ts";
import { backfillNoOfRequest, insertBackfill, insertPlanChunks } from "./backfill-store.ts";
import { MAX_ROW_BYTES } from "../kernel/database.ts";
import type { Tx } from "../kernel/tx.ts";
import { changeBackfill } from "./advance-backfill.ts";
import { ALL_PARTITIONS } from "./format-backfill.ts";
import { planRuns } from "./plan-runs.ts";
import type { WantedPartitions } from "./wanted-partitions.ts";
import { backfillId } from "@headgate/shared/domain/run/backfill-id.ts";

/** Lower than the priority of runs that people wait for. */
const BACKFILL_PRIORITY = -10;
const BACKFILL_MAX_ACTIVE = 10;
const MAX_CONFIG_BYTES = 200_000;

export interface BackfillRequest {
  readonly title?: string | undefined;
  /** The text to show. */
  readonly selection: string;
  /** The requested partitions, in words. */
  readonly partitions: string;
  /** The partitions of each asset; `[0, 1]` for an unpartitioned one. */
  readonly wanted: WantedPartitions;
  /** Null puts all adjacent partitions into one run. If absent, the assets' backfill policies decide; the default is 1. */
  readonly partitionsPerRun?: number | null | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly config?: unknown;
  readonly priority?: number | undefined;
  readonly maxActive?: number | undefined;
  /** Display name of the requester. */
  readonly by: string;
  readonly requestId?: string | undefined;
  /** The sensors that led to this request. */
  readonly chain?: RunChain | null | undefined;
}

/** Returns the number of the backfill. */
export function launchBackfill(tx: Tx, request: BackfillRequest): Result<number> {
  const earlier = request.requestId === undefined ? null : backfillNoOfRequest(tx.db, request.requestId);
  if (earlier !== null) return ok(earlier);
  const config = request.config === undefined || request.config === null ? null : JSON.stringify(request.config);
  if (config !== null && config.length > MAX_CONFIG_BYTES)
    return refuse("too_large", `The run config has ${config.length} characters; at most ${MAX_CONFIG_BYTES} are allowed.`);
  const plan = planRuns(tx, { wanted: request.wanted, partitionsPerRun: request.partitionsPerRun });
  if (!plan.ok) return plan;
  const chunks = writeSlices(plan.value);
  if (chunks.some((chunk) => chunk.length > MAX_ROW_BYTES))
    return refuse("too_large", "The backfill has too many assets or dependencies between runs to be stored. Select fewer assets.");
  const { no } = insertBackfill(tx.db, {
    title: request.title ?? titleOf(request),
    status: "running",
    selection: request.selection,
    partitions: request.partitions,
    assetCount: request.wanted.size,
    runsTotal: plan.value.slices.length,
    succeeded: [],
    failed: [],
    canceled: [],
    blocked: 0,
    active: [],
    refused: [],
    maxActive: request.maxActive ?? BACKFILL_MAX_ACTIVE,
    priority: request.priority ?? BACKFILL_PRIORITY,
    tags: request.tags ?? {},
    config,
    createdAt: tx.now,
    createdBy: request.by,
    endedAt: null,
    error: null,
    requestId: request.requestId ?? null,
    chain: request.chain ?? null,
  });
  insertPlanChunks(tx.db, no, chunks);
  changeBackfill(tx, no, () => undefined);
  tx.fact({
    type: "backfill_progressed",
    targets: [...request.wanted.keys()],
    cause: `Backfill ${backfillId(no)} began.`,
    chain: request.chain ?? null,
  });
  return ok(no);
}

function titleOf({ selection, partitions }: BackfillRequest): string {
  const asked = partitions === ALL_PARTITIONS ? ", all partitions" : `: ${shortened(partitions, 80)}`;
  return `${shortened(formatSelection(selection), 80)}${asked}`;
}
