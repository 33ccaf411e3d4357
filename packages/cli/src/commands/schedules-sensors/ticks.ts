/** Ticks of a schedule or sensor: the latest of them, one in detail, and one that a person requests. */
import type { TickDetail, TickSummary } from "@headgate/shared/contract/automations/automation-views.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { plural } from "@headgate/shared/format/number.ts";
import { shortRunId } from "@headgate/shared/ids.ts";
import { call } from "../../client/api.ts";
import type { CommandContext } from "../../command-context.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import { printFacts, type Facts } from "../../terminal/facts.ts";
import { durationText, timeText } from "../../terminal/format.ts";
import { noteMore, printTable, type Cell } from "../../terminal/table.ts";
import { connect, type ConnectFlags } from "../connect.ts";
import { connectTo, type LocationFlags, type Named } from "./find.ts";
import { statePaint, tickText } from "./tick-text.ts";

export interface TicksFlags extends LocationFlags {
  readonly limit: number;
  readonly state: readonly string[];
}

const SHOWN_RUNS = 3;
const STATES = ["open", "requested", "skipped", "failed"] as const;

export async function listTicks(target: Named, flags: TicksFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const states = flags.state.map(parseState);
  const { connection, api, ref } = await connectTo(target, flags, context);
  const page = await call(connection, api.automations.ticks.query({ ...ref, limit: flags.limit, ...(states.length > 0 && { states }) }));
  terminal.printJson(page);
  if (page.items.length === 0) {
    terminal.print(`no ticks of ${target.name} yet`);
    return EXIT.ok;
  }
  const columns = [{ title: "tick" }, { title: "for" }, { title: "late", align: "right" }, { title: "runs" }, { title: "result" }] as const;
  const rows = page.items.map((tick): readonly Cell[] => [
    { text: tick.id },
    { text: timeText(tick.scheduledFor) },
    { text: durationText(tick.lateMs) },
    { text: shortRuns(tick) },
    { text: tickText(tick), paint: statePaint(tick.state, terminal.colors) },
  ]);
  printTable(terminal, columns, rows);
  if (page.next !== null) noteMore(terminal, flags.limit);
  return EXIT.ok;
}

function parseState(text: string): TickSummary["state"] {
  const state = STATES.find((known) => known === text);
  if (state === undefined) throw new AppError("invalid_input", `'${text}' is not a tick state. Use one of ${STATES.join(", ")}.`);
  return state;
}

function shortRuns({ runs, runCount }: TickSummary): string {
  const shown = runs.slice(0, SHOWN_RUNS).map(shortRunId);
  return shown.join(" ") + (runCount > shown.length ? ` +${runCount - shown.length}` : "");
}

export async function showTick(id: string, flags: ConnectFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const tick = await call(connection, api.automations.tick.query({ id }));
  terminal.printJson(tick);
  printFacts(terminal, factsOf(tick));
  if (tick.stack !== null) terminal.print(`\n${tick.stack}`);
  if (tick.logs.length > 0) terminal.print();
  for (const { level, message, at } of tick.logs) terminal.print(`${timeText(at)} ${level.padEnd(5)} ${message}`);
  return EXIT.ok;
}

/** Only the number of the events is shown: their content is for machines. */
type Shown = Omit<TickDetail, "events"> & { readonly events: readonly unknown[] };

function factsOf(tick: Shown): Facts {
  const duplicates = tick.deduplicated.map(({ key, run }) => (run === null ? key : `${key} (run ${run})`));
  const partitions = tick.dynamicPartitions.map(({ name, added, removed }) => `${name} +${added.length} -${removed.length}`);
  const took = tick.startedAt === null || tick.finishedAt === null ? "" : `, took ${durationText(tick.finishedAt - tick.startedAt)}`;
  return [
    [tick.kind, `${tick.name} of ${tick.location}`],
    ["tick", tick.id],
    ["for", timeText(tick.scheduledFor)],
    ["cause", CAUSES[tick.cause]],
    ["started", tick.startedAt === null ? "" : `${timeText(tick.startedAt)}, ${durationText(tick.lateMs)} late${took}`],
    ["agent", tick.agent === null ? "" : `${tick.agent}${tick.attempt > 1 ? `, attempt ${tick.attempt}` : ""}`],
    ["result", tick.state === "failed" ? `failed: ${tick.message ?? ""}` : tickText(tick)],
    ["not caught up", tick.dropped === 0 ? "" : `${plural(tick.dropped, "missed tick")} before this one`],
    ["runs", tick.runs.join(" ") + (tick.runCount > tick.runs.length ? ` and ${tick.runCount - tick.runs.length} more` : "")],
    ["duplicates", duplicates.join(", ")],
    ["partitions", partitions.join(", ")],
    ["events", tick.events.length === 0 ? "" : plural(tick.events.length, "event")],
    ["cursor", cursorText(tick)],
  ];
}

const CAUSES: Readonly<Record<TickDetail["cause"], string>> = {
  clock: "its scheduled time",
  catch_up: "catch-up of a missed tick",
  event: "an event that it watches",
  webhook: "a webhook delivery",
  person: "requested by a person",
  retry: "retry of a failed tick",
};

function cursorText({ cursorBefore, cursorAfter }: Shown): string {
  if (cursorAfter === null || cursorAfter === cursorBefore) return cursorBefore ?? "";
  return `${cursorBefore ?? "none"} -> ${cursorAfter}`;
}

export async function evaluateNow(target: Named, flags: LocationFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api, ref } = await connectTo(target, flags, context);
  const automation = await call(connection, api.automations.tickNow.mutate(ref));
  terminal.printJson({ automation });
  const { lastTick } = automation;
  terminal.print(lastTick === null ? `${ref.kind} ${ref.name} is being evaluated` : `tick ${lastTick.id}: ${tickText(lastTick)}`);
  return EXIT.ok;
}
