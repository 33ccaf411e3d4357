/** Resolves the target of a backfill, a selection and partitions, to the partitions of each asset, or refuses it. */
import type { z } from "zod";
import type { backfillTargetSchema } from "@headgate/shared/contract/runs/backfills.ts";
import { ok, type Result } from "@headgate/shared/domain/errors.ts";
import { selectAssets } from "../runs/launch/resolve-target.ts";
import { type BackfillContext, type WantedPartitions, wantedPartitions } from "./wanted-partitions.ts";

export interface ResolvedBackfill {
  readonly wanted: WantedPartitions;
  readonly external: readonly string[];
  /** Selected assets without a partition to make. */
  readonly left: readonly string[];
}

export function resolveBackfill(context: BackfillContext, target: z.output<typeof backfillTargetSchema>): Result<ResolvedBackfill> {
  const selected = selectAssets(context, { selection: target.selection, location: null });
  if (!selected.ok) return selected;
  const { assets, external } = selected.value;
  const wanted = wantedPartitions(context, { assets, partitions: target.partitions });
  if (!wanted.ok) return wanted;
  return ok({ wanted: wanted.value, external, left: assets.filter((key) => !wanted.value.has(key)) });
}
