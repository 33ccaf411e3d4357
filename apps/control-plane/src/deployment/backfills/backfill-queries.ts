/** Queries about backfills: a preview, the list, and one backfill with its progress. */
import type { BackfillPreview, BackfillSummary } from "@headgate/shared/contract/runs/backfill-views.ts";
import type { AnswerOf, InputOf } from "@headgate/shared/contract/table.ts";
import { AppError, ok, type Result } from "@headgate/shared/domain/errors.ts";
import { countOf } from "@headgate/shared/domain/partitions/subset.ts";
import { partitionsInWords } from "./format-backfill.ts";
import { planRuns } from "./plan-runs.ts";
import { resolveBackfill } from "./resolve-backfill.ts";
import { findBackfill } from "./control-backfill.ts";
import { partitionTexts } from "../partitions/partition-text.ts";
import { listBackfills, readBackfill } from "./backfill-store.ts";
import { backfillDetail, backfillSummary } from "./backfill-views.ts";
import { numberOfCursor } from "../kernel/page-cursor.ts";
import { type Reader } from "../kernel/reader.ts";
import { catalogOf } from "../catalog/catalog.ts";
import { readWaitContext } from "../queue/waiting.ts";

const MAX_RANGES = 20;
const MAX_FIRST_RUNS = 20;
const MAX_NAMED = 5;

export function previewBackfill(reader: Reader, input: InputOf<"backfills.preview">): Result<BackfillPreview> {
  const { target } = input;
  const resolved = resolveBackfill(reader, target);
  if (!resolved.ok) return resolved;
  const { wanted, external } = resolved.value;
  const plan = planRuns(reader, { wanted, partitionsPerRun: target.partitionsPerRun });
  if (!plan.ok) return plan;
  const { graph, partitions } = catalogOf(reader);
  const context = partitions(reader.now);
  const warnings: string[] = [];
  if (external.length > 0)
    warnings.push(`${few(external)} ${external.length === 1 ? "is" : "are"} external: nothing here materializes them.`);
  if (resolved.value.left.length > 0)
    warnings.push(`${few(resolved.value.left)} ${resolved.value.left.length === 1 ? "has" : "have"} nothing to make in this backfill.`);
  return ok({
    assets: [...wanted].map(([asset, subset]) => {
      const definition = graph.assets[graph.indexOf(asset)]?.partitions;
      const set = definition ? context.open(definition) : null;
      return { asset, partitions: countOf(subset), ranges: set?.ok ? partitionTexts(set.value, subset, MAX_RANGES) : [] };
    }),
    runs: plan.value.slices.length,
    first: plan.value.slices.slice(0, MAX_FIRST_RUNS).map((slice) => ({
      assets: plan.value.groups[slice.group] ?? [],
      partition: slice.partition,
      after: countOf(slice.after),
    })),
    partitions: partitionsInWords(target.partitions),
    warnings,
  });
}

function few(keys: readonly string[]): string {
  return `${keys.slice(0, MAX_NAMED).join(", ")}${keys.length > MAX_NAMED ? ` and ${keys.length - MAX_NAMED} more` : ""}`;
}

export function backfillList(reader: Reader, input: InputOf<"backfills.list">): Result<AnswerOf<"backfills.list">> {
  const before = numberOfCursor(input.cursor);
  if (!before.ok) return before;
  const rows = listBackfills(reader.db, { statuses: input.statuses, before: before.value, limit: input.limit + 1 });
  const page = rows.slice(0, input.limit);
  const wait = readWaitContext(reader);
  const last = page.at(-1);
  return ok({
    items: page.map((row) => backfillSummary(reader.db, row, wait)),
    next: rows.length > input.limit && last ? String(last.no) : null,
  });
}

export function backfillQuery(reader: Reader, input: InputOf<"backfills.get">): Result<AnswerOf<"backfills.get">> {
  const found = findBackfill(reader, input.id);
  return found.ok ? ok(backfillDetail(reader, found.value)) : found;
}

/** A backfill that is known to exist. */
export function backfillSummaryOf(reader: Reader, no: number): BackfillSummary {
  const row = readBackfill(reader.db, no);
  if (!row) throw new AppError("internal", `Backfill number ${no} vanished while it was answered.`);
  return backfillSummary(reader.db, row, readWaitContext(reader));
}
