/** Ticks of a schedule or sensor: the latest of them, one with everything that is known of it, and one that a person asks for. */
import type { TickDetail, TickSummary } from "@headgate/shared/contract/automations/automation-views.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { call } from "../client/api.ts";
import type { CommandContext } from "../command-context.ts";
import { EXIT, type ExitCode } from "../terminal/exit-code.ts";
import { formatDuration, formatTime, plural } from "../terminal/format.ts";
import { formatTable, type Cell } from "../terminal/table.ts";
import { connectTo, type AutomationFlags, type Named } from "./automations.ts";
import { connect, type ConnectFlags } from "./connect.ts";
import { statePaint, tickText } from "./tick-text.ts";

export interface TicksFlags extends AutomationFlags {
  readonly limit: number;
  readonly state: readonly string[];
}

const SHOWN_RUNS = 3;
const STATES = ["open", "requested", "skipped", "failed"] as const;

export async function listTicks(target: Named, flags: TicksFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const states = flags.state.map((text) => {
    const state = STATES.find((known) => known === text);
    if (state === undefined) throw new AppError("invalid_input", `There is no tick state '${text}'. The states are ${STATES.join(", ")}.`);
    return state;
  });
  const { connection, api, ref } = await connectTo(target, flags, context);
  const page = await call(connection, api.automations.ticks.query({ ...ref, limit: flags.limit, ...(states.length > 0 && { states }) }));
  terminal.printJson(page);
  const { colors } = terminal;
  if (page.items.length === 0) terminal.print(`no tick of ${target.name} yet`);
  const columns = [{ title: "tick" }, { title: "for" }, { title: "late", align: "right" }, { title: "runs" }, { title: "result" }] as const;
  const rows = page.items.map((tick): readonly Cell[] => [
    { text: tick.id },
    { text: formatTime(tick.scheduledFor) },
    { text: formatDuration(tick.lateMs) },
    { text: shortRuns(tick) },
    { text: tickText(tick), paint: statePaint(tick.state, colors) },
  ]);
  if (rows.length > 0) for (const line of formatTable(columns, rows, colors.bold)) terminal.print(line);
  if (page.next !== null) terminal.note(`more: raise --limit (now ${flags.limit})`);
  return EXIT.ok;
}

function shortRuns({ runs, runCount }: TickSummary): string {
  const shown = runs.slice(0, SHOWN_RUNS).map((run) => run.slice(-8));
  return shown.join(" ") + (runCount > shown.length ? ` +${runCount - shown.length}` : "");
}

export async function showTick(id: string, flags: ConnectFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const tick = await call(connection, api.automations.tick.query({ id }));
  terminal.printJson(tick);
  for (const [title, value] of factsOf(tick)) if (value !== "") terminal.print(`${terminal.colors.bold(title.padEnd(10))} ${value}`);
  if (tick.stack !== null) terminal.print(`\n${tick.stack}`);
  if (tick.logs.length > 0) terminal.print();
  for (const { level, message, at } of tick.logs) terminal.print(`${formatTime(at)} ${level.padEnd(5)} ${message}`);
  return EXIT.ok;
}

/** What events say is for machines. */
type Shown = Omit<TickDetail, "events"> & { readonly events: readonly unknown[] };

function factsOf(tick: Shown): readonly (readonly [string, string])[] {
  const again = tick.deduplicated.map(({ key, run }) => (run === null ? key : `${key} (run ${run})`));
  const sets = tick.dynamicPartitions.map(({ name, added, removed }) => `${name} +${added.length} -${removed.length}`);
  const took = tick.startedAt === null || tick.finishedAt === null ? "" : `, took ${formatDuration(tick.finishedAt - tick.startedAt)}`;
  return [
    [tick.kind, `${tick.name} of ${tick.location}`],
    ["tick", tick.id],
    ["for", formatTime(tick.scheduledFor)],
    ["because", CAUSES[tick.cause]],
    ["started", tick.startedAt === null ? "" : `${formatTime(tick.startedAt)}, ${formatDuration(tick.lateMs)} late${took}`],
    ["agent", tick.agent === null ? "" : `${tick.agent}${tick.attempt > 1 ? `, attempt ${tick.attempt}` : ""}`],
    ["result", tick.state === "failed" ? `failed: ${tick.message ?? ""}` : tickText(tick)],
    ["given up", tick.dropped === 0 ? "" : `${plural(tick.dropped, "missed tick")} before it`],
    ["runs", tick.runs.join(" ") + (tick.runCount > tick.runs.length ? ` and ${tick.runCount - tick.runs.length} more` : "")],
    ["made before", again.join(", ")],
    ["keys", sets.join(", ")],
    ["events", tick.events.length === 0 ? "" : plural(tick.events.length, "event")],
    ["cursor", cursorText(tick)],
  ];
}

const CAUSES: Readonly<Record<TickDetail["cause"], string>> = {
  clock: "its time came",
  catch_up: "its time was missed, and it catches up",
  event: "something happened that it watches",
  webhook: "a delivery came",
  person: "somebody asked for it",
  retry: "a tick with the same event failed",
};

function cursorText({ cursorBefore, cursorAfter }: Shown): string {
  if (cursorAfter === null || cursorAfter === cursorBefore) return cursorBefore ?? "";
  return `${cursorBefore ?? "none"} -> ${cursorAfter}`;
}

export async function tickNow(target: Named, flags: AutomationFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api, ref } = await connectTo(target, flags, context);
  const automation = await call(connection, api.automations.tickNow.mutate(ref));
  terminal.printJson({ automation });
  const { lastTick } = automation;
  terminal.print(lastTick === null ? `${ref.kind} ${ref.name} ticks` : `tick ${lastTick.id}: ${tickText(lastTick)}`);
  return EXIT.ok;
}
