/** Begins a backfill: its plan is made once and kept, its first runs start in the same transaction. */
import { formatSelection } from "@headgate/shared/format/selection.ts";
import type { RunChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { writeSlices } from "@headgate/shared/domain/run/backfill-slices.ts";
import { shortened } from "@headgate/shared/domain/shortened.ts";
import { backfillNoOfRequest, insertBackfill, insertPlanChunks } from "./backfill-store.ts";
import { MAX_ROW_BYTES } from "../kernel/database.ts";
import type { Tx } from "../kernel/tx.ts";
import { changeBackfill } from "./advance-backfill.ts";
import { planRuns } from "./plan-runs.ts";
import type { WantedPartitions } from "./wanted-partitions.ts";
import { backfillId } from "@headgate/shared/domain/run/backfill-id.ts";

/** Behind everything that somebody waits for. */
const BACKFILL_PRIORITY = -10;
const BACKFILL_MAX_ACTIVE = 10;
const MAX_CONFIG_BYTES = 200_000;

export interface BackfillRequest {
  readonly title?: string | undefined;
  /** As it is shown. */
  readonly selection: string;
  /** What was asked for, in words. */
  readonly partitions: string;
  /** Partitions of each asset; of unpartitioned ones `[0, 1]`. */
  readonly wanted: WantedPartitions;
  /** Null: all that are next to each other. Left out: as the assets say, otherwise 1. */
  readonly partitionsPerRun?: number | null | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly config?: unknown;
  readonly priority?: number | undefined;
  readonly maxActive?: number | undefined;
  /** Who or what asks, as it is shown. */
  readonly by: string;
  readonly requestId?: string | undefined;
  /** The sensors that led to it. */
  readonly chain?: RunChain | null | undefined;
}

/** The number of the backfill; its runs go on by themselves. */
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
    return refuse("too_large", "The backfill has more assets, or its runs wait for more others, than can be kept. Select fewer assets.");
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
  return `${shortened(formatSelection(selection), 80)}: ${shortened(partitions, 80)}`;
}
