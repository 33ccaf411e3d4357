/** `headgate logs`: the events of a run, or the raw output of its steps; with --follow until the run ends. */
import { deploymentPath } from "@headgate/shared/contract/http/routes.ts";
import type { EventRow } from "@headgate/shared/contract/runs/run-views.ts";
import type { RawLogFile } from "@headgate/shared/contract/runs/runs.ts";
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { call, type Api } from "../../client/api.ts";
import type { Connection } from "../../client/connection.ts";
import { findRunId } from "../../client/find-run.ts";
import { followRun } from "../../client/follow-run.ts";
import { httpApi } from "../../client/http.ts";
import { openLive } from "../../client/live.ts";
import type { CommandContext } from "../../command-context.ts";
import { stopSignal } from "../../dev/stop-signal.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import { eventLine, metadataLines } from "../../terminal/event-line.ts";
import { failureLines } from "../../terminal/failure-lines.ts";
import { connect, type ConnectFlags } from "../connect.ts";

export interface LogsFlags extends ConnectFlags {
  readonly step?: string | undefined;
  readonly follow?: boolean | undefined;
  readonly raw?: boolean | undefined;
}

interface Logs {
  readonly connection: Connection;
  readonly api: Api;
  readonly run: string;
  readonly flags: LogsFlags;
  readonly context: CommandContext;
}

export async function logs(id: string, flags: LogsFlags, context: CommandContext): Promise<ExitCode> {
  const { connection, api } = await connect(flags, context);
  const request: Logs = { connection, api, run: await findRunId(connection, api, id), flags, context };
  await requireStep(request);
  if (flags.raw === true) return rawLogs(request);
  return flags.follow === true ? followEvents(request) : storedEvents(request);
}

/** A mistyped step would give an empty log, as if nothing had happened. */
async function requireStep({ connection, api, run, flags: { step } }: Logs): Promise<void> {
  if (step === undefined) return;
  const steps = (await call(connection, api.runs.get.query({ run }))).steps.map(({ key }) => key);
  if (steps.includes(step)) return;
  const names = steps.slice(0, 10).join(", ") + (steps.length > 10 ? ", ..." : "");
  throw new AppError("not_found", `The run ${run} has no step '${step}'. Its steps are ${names}.`);
}

function show({ flags, context: { terminal } }: Logs, rows: readonly EventRow[]): void {
  for (const row of rows) {
    if (flags.step !== undefined && row.step !== flags.step) continue;
    terminal.print(eventLine(row, terminal.colors));
    for (const line of metadataLines(row, terminal.colors)) terminal.print(line);
    if (row.event.type === "asset_failed") for (const line of failureLines(row.event.failure, terminal.colors)) terminal.print(line);
    terminal.printJson(row);
  }
}

async function storedEvents(request: Logs): Promise<ExitCode> {
  const { connection, api, run, flags } = request;
  for (let after = 0; ;) {
    const page = await call(
      connection,
      api.runs.events.query({ run, after, limit: 1000, ...(flags.step !== undefined && { step: flags.step }) }),
    );
    show(request, page.events);
    const last = page.events.at(-1);
    if (last === undefined || last.seq >= page.lastSeq) return EXIT.ok;
    after = last.seq;
  }
}

async function followEvents(request: Logs): Promise<ExitCode> {
  const { connection, api, run, context } = request;
  const stop = stopSignal(() => undefined);
  try {
    const end = await followRun({
      connection,
      api,
      run,
      after: 0,
      random: context.random,
      signal: stop.signal,
      onEvents: (rows) => show(request, rows),
    });
    return end.status === "succeeded" || stop.signal.aborted ? EXIT.ok : EXIT.failed;
  } finally {
    stop.dispose();
  }
}

async function rawLogs(request: Logs): Promise<ExitCode> {
  const { connection, api, run, flags, context } = request;
  const files = (await call(connection, api.runs.logFiles.query({ run }))).filter(
    (file: RawLogFile) => flags.step === undefined || file.step === flags.step,
  );
  if (files.length === 0 && flags.follow !== true) {
    context.terminal.note(flags.step === undefined ? "no raw output was stored" : `no raw output of the step '${flags.step}' was stored`);
    return EXIT.ok;
  }
  const http = httpApi(connection);
  for (const file of files) {
    const path = `/runs/${run}/logs/${encodeURIComponent(file.step)}/${file.attempt}/${file.stream}`;
    const text = await http.text(deploymentPath(connection.deployment, path));
    if (files.length > 1) context.terminal.note(`--- ${file.step}, attempt ${file.attempt}, ${file.stream}`);
    context.terminal.printJson({ ...file, text });
    if (!context.terminal.json) context.stdout.write(text.endsWith("\n") || text === "" ? text : `${text}\n`);
  }
  return flags.follow === true ? tailRaw(request) : EXIT.ok;
}

/** What a step prints from now on. The control plane sends the output of one step per socket, so the step must be given. */
async function tailRaw({ connection, api, run, flags, context }: Logs): Promise<ExitCode> {
  const { step } = flags;
  if (step === undefined)
    throw new AppError("invalid_input", "--raw --follow needs --step: raw output is followed for one step at a time.");
  const state = await call(connection, api.runs.get.query({ run }));
  if (isTerminalRun(state.run.status)) return EXIT.ok;
  const stop = stopSignal(() => undefined);
  const live = openLive({ connection, random: context.random, handlers: {}, onFatal: (error) => stop.stop(error) });
  live.tail({ run, step }, (chunk) => {
    context.terminal.printJson(chunk);
    if (!context.terminal.json) context.stdout.write(chunk.text);
  });
  try {
    await followRun({ connection, api, run, after: state.run.lastSeq, random: context.random, signal: stop.signal });
    if (stop.signal.reason instanceof AppError) throw stop.signal.reason;
    return EXIT.ok;
  } finally {
    live.stop();
    stop.dispose();
  }
}
