/** Backfills: which query or command answers which name. */
import { ok } from "@headgate/shared/domain/errors.ts";
import { resolveBackfill } from "./resolve-backfill.ts";
import { partitionsInWords } from "./format-backfill.ts";
import { cancelBackfill, pauseBackfill, resumeBackfill, retryBackfill } from "./control-backfill.ts";
import { launchBackfill } from "./launch-backfill.ts";
import { backfillList, backfillQuery, backfillSummaryOf, previewBackfill } from "./backfill-queries.ts";
import type { Reader } from "../kernel/reader.ts";
import { backfillNoOfRequest } from "./backfill-store.ts";
import type { QueriesOf, CommandsOf } from "../kernel/procedure.ts";

export const backfillQueries: QueriesOf<Omit<PartitionQueries, "partitionMap" | "dynamicSets" | "dynamicKeys">> = {
  previewBackfill,
  backfillList,
  backfill: backfillQuery,
};

export const backfillCommands: CommandsOf<Omit<PartitionCommands, "addDynamicKeys" | "removeDynamicKeys">> = {
  launchBackfill: (tx, input, actor) => {
    // Before anything else: what was missing at the first call may not be any more, and its backfill is still the answer.
    const earlier = input.requestId === undefined ? null : backfillNoOfRequest(tx.db, input.requestId);
    if (earlier !== null) return summary(ok(earlier));
    const { target, ...rest } = input;
    const resolved = resolveBackfill(tx, target);
    if (!resolved.ok) return resolved;
    return summary(
      launchBackfill(tx, {
        ...rest,
        selection: target.selection,
        partitions: partitionsInWords(target.partitions),
        wanted: resolved.value.wanted,
        partitionsPerRun: target.partitionsPerRun,
        by: actor.name,
      }),
    );
  },
  pauseBackfill: (tx, { id }) => summary(pauseBackfill(tx, id)),
  resumeBackfill: (tx, { id }) => summary(resumeBackfill(tx, id)),
  cancelBackfill: (tx, { id }, actor) => summary(cancelBackfill(tx, { id, actor })),
  retryBackfill: (tx, { id }) => summary(retryBackfill(tx, id)),
};

function summary(result: ReturnType<typeof pauseBackfill>) {
  return result.ok ? ok((reader: Reader) => backfillSummaryOf(reader, result.value)) : result;
}
