/** `headgate backfill`: many partitions of a selection, in dependency order. */
import type { BackfillDetail, BackfillPreview, BackfillSummary } from "@headgate/shared/contract/runs/backfill-views.ts";
import type { backfillPartitionsSchema } from "@headgate/shared/contract/runs/backfills.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { z } from "zod";
import { call, type Api } from "../client/api.ts";
import type { Connection } from "../client/connection.ts";
import type { CommandContext } from "../command-context.ts";
import { EXIT, type ExitCode } from "../terminal/exit-code.ts";
import { formatTime, plural } from "../terminal/format.ts";
import { formatTable, type Cell } from "../terminal/table.ts";
import { connect, type ConnectFlags } from "./connect.ts";

export interface BackfillFlags extends ConnectFlags {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly key: readonly string[];
  readonly all?: boolean | undefined;
  readonly missing?: boolean | undefined;
  readonly failed?: boolean | undefined;
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

export function partitionsOf(flags: Pick<BackfillFlags, "from" | "to" | "key" | "all" | "missing" | "failed">): Partitions {
  const { from, to, key, all, missing, failed } = flags;
  const range = { ...(from !== undefined && { first: from }), ...(to !== undefined && { last: to }) };
  if (key.length > 0 && (all === true || missing === true || failed === true || from !== undefined || to !== undefined))
    throw new AppError("invalid_input", "Give either --key or a range, --all, --missing, --failed, not both.");
  if (key.length > 0) return { type: "keys", keys: [...key] };
  if (missing === true || failed === true)
    return { type: missing === true && failed === true ? "missing_or_failed" : missing === true ? "missing" : "failed", ...range };
  if (all === true) return { type: "all" };
  if (from !== undefined && to !== undefined) return { type: "range", first: from, last: to };
  throw new AppError("invalid_input", "Say which partitions: --from and --to, --key, --missing, --failed or --all.");
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
      tags: Object.fromEntries(flags.tag.map(tagOf)),
      ...(flags.priority !== undefined && { priority: flags.priority }),
      ...(flags.title !== undefined && { title: flags.title }),
      requestId: `cli-${context.now()}-${context.random()}`,
    }),
  );
  terminal.note(
    `backfill ${backfill.id}: ${plural(totalOf(backfill), "run")} for ${backfill.partitions} of ${plural(backfill.assetCount, "asset")}`,
  );
  if (!flags.wait) {
    terminal.printJson({ backfill });
    terminal.print(backfill.id);
    return EXIT.ok;
  }
  return await follow({ connection, api }, backfill.id, context);
}

function tagOf(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new AppError("invalid_input", `A tag is written key=value, not '${text}'.`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function totalOf({ runs }: BackfillSummary): number {
  return Object.values(runs).reduce((sum, count) => sum + count, 0);
}

const SHOWN_RANGES = 5;

function printPreview(preview: BackfillPreview, { terminal }: CommandContext): void {
  terminal.print(`${plural(preview.runs, "run")} for ${preview.partitions}`);
  for (const { asset, partitions, ranges } of preview.assets) {
    // Of an asset without partitions there is nothing to name.
    const named = [...ranges.slice(0, SHOWN_RANGES), ...(ranges.length > SHOWN_RANGES ? ["…"] : [])].join(", ");
    terminal.print(named === "" ? `  ${asset}` : `  ${asset}: ${plural(partitions, "partition")} ${named}`);
  }
  for (const warning of preview.warnings) terminal.print(terminal.colors.yellow(warning));
}

const FOLLOW_MS = 1_000;

/** Until it ends; a paused one ends the waiting too. */
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
      `${succeeded + failed + blocked + canceled}/${totalOf(backfill)} runs, ${active} active, ${failed} failed${backfill.waiting === null ? "" : `; ${backfill.waiting}`}`,
    );
    if (backfill.status === "running" || backfill.status === "canceling") {
      await new Promise((wake) => setTimeout(wake, FOLLOW_MS));
      continue;
    }
    terminal.status("");
    terminal.printJson(detail);
    printDetail(detail, context);
    return backfill.status === "succeeded" ? EXIT.ok : EXIT.failed;
  }
}

function printDetail(detail: BackfillDetail, { terminal }: CommandContext): void {
  const { backfill } = detail;
  const { colors } = terminal;
  terminal.print(`backfill ${backfill.id} ${backfill.status}: ${backfill.title}`);
  if (backfill.waiting !== null) terminal.print(backfill.waiting);
  const columns = [
    { title: "asset" },
    { title: "partitions", align: "right" },
    { title: "done", align: "right" },
    { title: "failed", align: "right" },
    { title: "active", align: "right" },
    { title: "waiting", align: "right" },
  ] as const;
  const rows = detail.assets.map((entry): readonly Cell[] => [
    { text: entry.asset },
    { text: String(entry.total) },
    { text: String(entry.succeeded), paint: colors.green },
    { text: String(entry.failed + entry.blocked), paint: entry.failed + entry.blocked > 0 ? colors.red : undefined },
    { text: String(entry.active) },
    { text: String(entry.waiting) },
  ]);
  for (const line of formatTable(columns, rows, colors.bold)) terminal.print(line);
  for (const { message, count, partitions } of detail.failures)
    terminal.print(
      colors.red(
        `${count} x ${message.split("\n", 1)[0] ?? ""} (${partitions.slice(0, 3).join(", ")}${partitions.length > 3 ? ", …" : ""})`,
      ),
    );
}

export async function listBackfills(flags: ConnectFlags & { readonly limit: number }, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const page = await call(connection, api.backfills.list.query({ limit: flags.limit }));
  terminal.printJson(page);
  if (page.items.length === 0) terminal.print("no backfill yet");
  const columns = [
    { title: "backfill" },
    { title: "status" },
    { title: "runs", align: "right" },
    { title: "started" },
    { title: "what" },
  ] as const;
  const rows = page.items.map((backfill): readonly Cell[] => [
    { text: backfill.id },
    { text: backfill.status },
    { text: `${backfill.runs.succeeded}/${totalOf(backfill)}` },
    { text: formatTime(backfill.createdAt) },
    { text: `${backfill.selection} ${backfill.partitions}` },
  ]);
  if (rows.length > 0) for (const line of formatTable(columns, rows, terminal.colors.bold)) terminal.print(line);
  return EXIT.ok;
}

export async function showBackfill(id: string, flags: ConnectFlags, context: CommandContext): Promise<ExitCode> {
  const { connection, api } = await connect(flags, context);
  const detail = await call(connection, api.backfills.get.query({ id: await findBackfill({ connection, api }, id) }));
  context.terminal.printJson(detail);
  printDetail(detail, context);
  return EXIT.ok;
}

export async function changeBackfill(
  change: { readonly id: string; readonly action: "pause" | "resume" | "cancel" | "retry" },
  flags: ConnectFlags,
  context: CommandContext,
): Promise<ExitCode> {
  const { connection, api } = await connect(flags, context);
  const id = await findBackfill({ connection, api }, change.id);
  const backfill = await call(connection, api.backfills[change.action].mutate({ id }));
  context.terminal.printJson({ backfill });
  context.terminal.print(`backfill ${backfill.id} is ${backfill.status}`);
  return EXIT.ok;
}

/** `last` is the newest one. */
async function findBackfill({ connection, api }: { readonly connection: Connection; readonly api: Api }, id: string): Promise<string> {
  if (id !== "last") return id;
  const { items } = await call(connection, api.backfills.list.query({ limit: 1 }));
  const [newest] = items;
  if (!newest) throw new AppError("not_found", "There is no backfill yet.");
  return newest.id;
}
