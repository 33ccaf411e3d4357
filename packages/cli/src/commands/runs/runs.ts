/** `headgate runs`: list runs, show one, cancel it or execute it again. */
import { RUN_STATUSES, type RunStatus } from "@headgate/shared/domain/run/status.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { RunSummary, StepView } from "@headgate/shared/contract/runs/run-views.ts";
import { assertNever } from "@headgate/shared/domain/assert.ts";
import { formatRunCause } from "@headgate/shared/format/run-cause.ts";
import { plural } from "@headgate/shared/format/number.ts";
import { RUN_FACTS } from "@headgate/shared/format/run-facts.ts";
import { runTitle } from "@headgate/shared/format/run.ts";
import { call } from "../../client/api.ts";
import { findRunId } from "../../client/find-run.ts";
import type { CommandContext } from "../../command-context.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import { type Facts, printFacts } from "../../terminal/facts.ts";
import { durationText, timeText } from "../../terminal/format.ts";
import { noteMore, printTable, type Cell } from "../../terminal/table.ts";
import type { Colors } from "../../terminal/terminal.ts";
import { connect, type ConnectFlags } from "../connect.ts";

export interface RunsFlags extends ConnectFlags {
  readonly status: readonly string[];
  readonly job?: string | undefined;
  readonly asset?: string | undefined;
  readonly text?: string | undefined;
  readonly limit: number;
}

export async function listRuns(flags: RunsFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal, now } = context;
  const statuses = flags.status.map(parseStatus);
  const { connection, api } = await connect(flags, context);
  const filter = {
    ...(statuses.length > 0 && { statuses }),
    ...(flags.job !== undefined && { job: flags.job }),
    ...(flags.asset !== undefined && { asset: flags.asset.includes("/") ? flags.asset : flags.asset.replaceAll(".", "/") }),
    ...(flags.text !== undefined && { text: flags.text }),
  };
  const page = await call(connection, api.runs.list.query({ filter, limit: flags.limit }));
  terminal.printJson(page);
  if (page.items.length === 0) {
    terminal.print("no runs");
    return EXIT.ok;
  }
  const { colors } = terminal;
  const facts = RUN_FACTS.filter(({ text }) => page.items.some((entry: RunSummary) => text(entry) !== ""));
  const columns = [
    { title: "run" },
    { title: "status" },
    { title: "what" },
    { title: "launched" },
    { title: "took", align: "right" },
    { title: "cause" },
    ...facts.map(({ name }) => ({ title: name })),
  ] as const;
  const rows = page.items.map((entry: RunSummary): readonly Cell[] => [
    { text: entry.id },
    { text: entry.status, paint: statusPaint(entry.status, colors) },
    { text: whatOf(entry) },
    { text: timeText(entry.createdAt) },
    { text: entry.startedAt === null ? "" : durationText((entry.endedAt ?? now()) - entry.startedAt) },
    { text: formatRunCause(entry.trigger) },
    ...facts.map(({ text }) => ({ text: text(entry) })),
  ]);
  printTable(terminal, columns, rows);
  if (page.next !== null) noteMore(terminal, flags.limit);
  return EXIT.ok;
}

export async function showRun(id: string, flags: ConnectFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const run = await findRunId(connection, api, id);
  const detail = await call(connection, api.runs.get.query({ run }));
  terminal.printJson(detail);
  const { colors } = terminal;
  const { run: summary } = detail;
  printFacts(terminal, [
    ["run", summary.id],
    ["status", statusPaint(summary.status, colors)(summary.status)],
    ["what", whatOf(summary)],
    ["cause", formatRunCause(summary.trigger)],
    ...RUN_FACTS.map(({ name, text }): Facts[number] => [name, text(summary)]),
    ["launched", timeText(summary.createdAt)],
    ["took", summary.startedAt !== null && summary.endedAt !== null ? durationText(summary.endedAt - summary.startedAt) : ""],
    ["waiting", summary.waiting?.message ?? ""],
    ["code", detail.versions.map((version) => `${version.location} version ${version.number}`).join(", ")],
    [
      "tags",
      Object.entries(summary.tags)
        .map(([key, value]) => `${key}=${value}`)
        .join(", "),
    ],
    ["error", detail.failure?.message ?? summary.error ?? ""],
  ]);
  terminal.print();
  const columns = [
    { title: "step" },
    { title: "status" },
    { title: "attempt", align: "right" },
    { title: "took", align: "right" },
    { title: "note" },
  ] as const;
  const rows = detail.steps.map((step: StepView): readonly Cell[] => [
    { text: step.key },
    { text: step.status, paint: statusPaint(step.status, colors) },
    { text: step.attempt === 0 ? "" : String(step.attempt) },
    { text: step.startedAt !== null && step.endedAt !== null ? durationText(step.endedAt - step.startedAt) : "" },
    { text: (step.failure?.message ?? step.waiting?.message ?? "").split("\n", 1)[0] ?? "" },
  ]);
  printTable(terminal, columns, rows);
  return EXIT.ok;
}

export async function cancelRun(
  id: string,
  flags: ConnectFlags & { readonly reason?: string | undefined },
  context: CommandContext,
): Promise<ExitCode> {
  const { connection, api } = await connect(flags, context);
  const run = await findRunId(connection, api, id);
  const summary = await call(connection, api.runs.cancel.mutate({ run, ...(flags.reason !== undefined && { reason: flags.reason }) }));
  context.terminal.print(`run ${summary.id} is ${summary.status}`);
  context.terminal.printJson({ run: summary });
  return EXIT.ok;
}

export async function reexecuteRun(
  id: string,
  flags: ConnectFlags & { readonly fromFailure?: boolean | undefined },
  context: CommandContext,
): Promise<ExitCode> {
  const { connection, api } = await connect(flags, context);
  const run = await findRunId(connection, api, id);
  const summary = await call(connection, api.runs.reexecute.mutate({ run, mode: flags.fromFailure === true ? "from_failure" : "all" }));
  context.terminal.note(`run ${summary.id} launched: it repeats run ${run}`);
  context.terminal.print(summary.id);
  context.terminal.printJson({ run: summary });
  return EXIT.ok;
}

function parseStatus(text: string): RunStatus {
  const status = RUN_STATUSES.find((entry) => entry === text);
  if (status === undefined) throw new AppError("invalid_input", `'${text}' is not a run status. Use one of ${RUN_STATUSES.join(", ")}.`);
  return status;
}

function whatOf(run: RunSummary): string {
  const what = runTitle(run);
  const shown = what.length > 48 ? `${what.slice(0, 47)}…` : what;
  return `${shown}${run.partition === null ? "" : ` [${run.partition}]`} (${plural(run.assetCount, "asset")})`;
}

function statusPaint(status: RunStatus | StepView["status"], colors: Colors): (text: string) => string {
  switch (status) {
    case "succeeded":
      return colors.green;
    case "failed":
      return colors.red;
    case "canceled":
    case "canceling":
    case "skipped":
    case "up_for_retry":
      return colors.yellow;
    case "queued":
    case "pending":
      return colors.dim;
    case "starting":
    case "running":
    case "assigned":
      return colors.cyan;
    default:
      return assertNever(status);
  }
}
