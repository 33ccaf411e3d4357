/** `headgate schedule test` and `headgate sensor test`: a dry run of one tick. */
import type { DryRun } from "@headgate/shared/contract/automations/automation-views.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { call } from "../../client/api.ts";
import type { CommandContext } from "../../command-context.ts";
import { keyValuePairs } from "../../option-values.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import { localZone, timeText } from "../../terminal/format.ts";
import { connectTo, type LocationFlags, type Named } from "./find.ts";

export interface DryRunFlags extends LocationFlags {
  readonly at?: number | undefined;
  readonly cursor?: string | undefined;
  readonly body?: string | undefined;
  readonly header?: readonly string[] | undefined;
  readonly query?: readonly string[] | undefined;
}

/** Exit code 1 when the user's function failed or a request would be refused. */
export async function dryRunTick(target: Named, flags: DryRunFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { at, cursor, header = [], query = [] } = flags;
  const body = flags.body === undefined ? undefined : parseBody(flags.body);
  const headers = keyValuePairs(header, "--header");
  const parameters = keyValuePairs(query, "--query");
  const { connection, api, ref } = await connectTo(target, flags, context);
  const result = await call(
    connection,
    api.automations.test.mutate({
      ...ref,
      ...(at !== undefined && { scheduledFor: at }),
      ...(cursor !== undefined && { cursor }),
      ...(body !== undefined && { body }),
      ...(header.length > 0 && { headers }),
      ...(query.length > 0 && { query: parameters }),
    }),
  );
  terminal.printJson(result);
  if (target.kind === "schedule") terminal.print(`tick for ${timeText(at ?? context.now())} (${localZone()})`);
  printResult(result, context);
  const isRefused = [...result.runs, ...result.reports].some(({ problem }) => problem !== null);
  return result.outcome === "failed" || isRefused ? EXIT.failed : EXIT.ok;
}

function printResult(result: DryRun, { terminal }: CommandContext): void {
  const { colors } = terminal;
  for (const { level, message } of result.logs) terminal.print(`${level.padEnd(5)} ${message}`);
  if (result.outcome === "failed") {
    terminal.print(colors.red(`failed: ${result.message ?? "no message"}`));
    if (result.stack !== null) terminal.print(result.stack);
  } else if (result.runs.length === 0) terminal.print(result.message === null ? "no run" : `no run: ${result.message}`);
  else if (result.message !== null) terminal.print(colors.yellow(result.message));
  for (const run of result.runs) {
    terminal.print(`run ${requestText(run)}`);
    if (run.problem !== null) terminal.print(colors.yellow(`    ${run.problem}`));
  }
  for (const { name, added, removed } of result.dynamicPartitions)
    terminal.print(`partitions of ${name}: +${added.length} -${removed.length}`);
  for (const { type, asset, partition, problem } of result.reports) {
    terminal.print(`report ${asset}${partition === null ? "" : ` [${partition}]`} as ${type}`);
    if (problem !== null) terminal.print(colors.yellow(`    ${problem}`));
  }
  if (result.cursor !== null) terminal.print(`cursor ${result.cursor}`);
  terminal.print(colors.dim("This was a dry run: nothing was stored and nothing was started."));
}

function requestText({ job, selection, partition, runKey, tags }: DryRun["runs"][number]): string {
  const parts = [
    job ?? selection ?? "",
    partition === null ? "" : `[${partition}]`,
    runKey === null ? "" : `key ${runKey}`,
    ...Object.entries(tags).map(([key, value]) => `${key}=${value}`),
  ];
  return parts.filter((part) => part !== "").join(" ");
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new AppError("invalid_input", `--body is not JSON. Quote it for your shell: --body '{"type":"order.created"}'.`);
  }
}
