/** `headgate backfill launch`: start a backfill and follow it, or show what it would do. */
import type { backfillPartitionsSchema } from "@headgate/shared/contract/runs/backfills.ts";
import type { BackfillPreview } from "@headgate/shared/contract/runs/backfill-views.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { plural } from "@headgate/shared/format/number.ts";
import type { z } from "zod";
import { call, type Api } from "../../client/api.ts";
import type { Connection } from "../../client/connection.ts";
import type { CommandContext } from "../../command-context.ts";
import { keyValuePairs } from "../../option-values.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import { connect, type ConnectFlags } from "../connect.ts";
import { printBackfill, runTotal } from "./backfill-text.ts";

export interface BackfillFlags extends ConnectFlags {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly key: readonly string[];
  readonly all?: boolean | undefined;
  readonly missing?: boolean | undefined;
  readonly failed?: boolean | undefined;
  readonly stale?: boolean | undefined;
  readonly partitionsPerRun?: number | undefined;
  readonly singleRun?: boolean | undefined;
  readonly maxActive: number;
  readonly priority?: number | undefined;
  readonly title?: string | undefined;
  readonly tag: readonly string[];
  readonly dryRun?: boolean | undefined;
  readonly wait: boolean;
}

type Partitions = z.input<typeof backfillPartitionsSchema>;

export function partitionsOf(flags: Pick<BackfillFlags, "from" | "to" | "key" | "all" | "missing" | "failed" | "stale">): Partitions {
  const { from, to, key, all, missing, failed, stale } = flags;
  const range = { ...(from !== undefined && { first: from }), ...(to !== undefined && { last: to }) };
  const state = missing === true || failed === true || stale === true;
  if (key.length > 0 && (all === true || state || from !== undefined || to !== undefined))
    throw new AppError("invalid_input", "--key cannot be combined with a range, --all, --missing, --failed or --stale.");
  if (stale === true && (missing === true || failed === true))
    throw new AppError("invalid_input", "--stale cannot be combined with --missing or --failed.");
  if (key.length > 0) return { type: "keys", keys: [...key] };
  if (stale === true) return { type: "stale", ...range };
  if (missing === true || failed === true)
    return { type: missing === true && failed === true ? "missing_or_failed" : missing === true ? "missing" : "failed", ...range };
  if (all === true) return { type: "all" };
  if (from !== undefined && to !== undefined) return { type: "range", first: from, last: to };
  throw new AppError("invalid_input", "Choose the partitions with --from and --to, --key, --missing, --failed, --stale or --all.");
}

export async function launchBackfill(selection: string, flags: BackfillFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const target = {
    selection,
    partitions: partitionsOf(flags),
    ...(flags.singleRun === true
      ? { partitionsPerRun: null }
      : flags.partitionsPerRun !== undefined && { partitionsPerRun: flags.partitionsPerRun }),
  };
  const { connection, api } = await connect(flags, context);
  if (flags.dryRun === true) {
    const preview = await call(connection, api.backfills.preview.query({ target }));
    terminal.printJson(preview);
    printPreview(preview, context);
    return EXIT.ok;
  }
  const backfill = await call(
    connection,
    api.backfills.launch.mutate({
      target,
      maxActive: flags.maxActive,
      tags: keyValuePairs(flags.tag, "The tag"),
      ...(flags.priority !== undefined && { priority: flags.priority }),
      ...(flags.title !== undefined && { title: flags.title }),
      requestId: `cli-${context.now()}-${context.random()}`,
    }),
  );
  terminal.note(
    `backfill ${backfill.id}: ${plural(runTotal(backfill), "run")} for ${backfill.partitions} of ${plural(backfill.assetCount, "asset")}`,
  );
  if (!flags.wait) {
    terminal.printJson({ backfill });
    terminal.print(backfill.id);
    return EXIT.ok;
  }
  return await follow({ connection, api }, backfill.id, context);
}

const SHOWN_RANGES = 5;

function printPreview(preview: BackfillPreview, { terminal }: CommandContext): void {
  terminal.print(`${plural(preview.runs, "run")} for ${preview.partitions}`);
  for (const { asset, partitions, ranges } of preview.assets) {
    // An asset without partitions has no ranges to name.
    const named = [...ranges.slice(0, SHOWN_RANGES), ...(ranges.length > SHOWN_RANGES ? ["…"] : [])].join(", ");
    terminal.print(named === "" ? `  ${asset}` : `  ${asset}: ${plural(partitions, "partition")} ${named}`);
  }
  for (const warning of preview.warnings) terminal.print(terminal.colors.yellow(warning));
}

const FOLLOW_MS = 1_000;

/** Follows the backfill until it ends or is paused. */
async function follow(
  { connection, api }: { readonly connection: Connection; readonly api: Api },
  id: string,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  for (;;) {
    const detail = await call(connection, api.backfills.get.query({ id }));
    const { backfill } = detail;
    const { succeeded, failed, active, blocked, canceled } = backfill.runs;
    terminal.status(
      `${succeeded + failed + blocked + canceled}/${runTotal(backfill)} runs, ${active} active, ${failed} failed${backfill.waiting === null ? "" : `; ${backfill.waiting}`}`,
    );
    if (backfill.status === "running" || backfill.status === "canceling") {
      await new Promise((wake) => setTimeout(wake, FOLLOW_MS));
      continue;
    }
    terminal.status("");
    terminal.printJson(detail);
    printBackfill(terminal, detail);
    return backfill.status === "succeeded" ? EXIT.ok : EXIT.failed;
  }
}
