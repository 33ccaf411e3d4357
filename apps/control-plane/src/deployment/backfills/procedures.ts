/** Procedures about backfills. */
import { ok } from "@headgate/shared/domain/errors.ts";
import { resolveBackfill } from "./resolve-backfill.ts";
import { partitionsInWords } from "./format-backfill.ts";
import { cancelBackfill, pauseBackfill, resumeBackfill, retryBackfill } from "./control-backfill.ts";
import { launchBackfill } from "./launch-backfill.ts";
import { backfillList, backfillQuery, backfillSummaryOf, previewBackfill } from "./backfill-queries.ts";
import type { Reader } from "../kernel/reader.ts";
import { backfillNoOfRequest } from "./backfill-store.ts";
import type { ProceduresOf } from "../kernel/procedure.ts";

export const backfillProcedures: ProceduresOf<"backfills"> = {
  "backfills.preview": previewBackfill,
  "backfills.list": backfillList,
  "backfills.get": backfillQuery,
  "backfills.launch": (tx, input, actor) => {
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
  "backfills.pause": (tx, { id }) => summary(pauseBackfill(tx, id)),
  "backfills.resume": (tx, { id }) => summary(resumeBackfill(tx, id)),
  "backfills.cancel": (tx, { id }, actor) => summary(cancelBackfill(tx, { id, actor })),
  "backfills.retry": (tx, { id }) => summary(retryBackfill(tx, id)),
};

function summary(result: ReturnType<typeof pauseBackfill>) {
  return result.ok ? ok((reader: Reader) => backfillSummaryOf(reader, result.value)) : result;
}
