/** A schedule or sensor as it is now: whether it is on, its last ticks, its next one, and why it does not tick though it should. */
import type { AutomationView } from "@headgate/shared/api/automation-views.ts";
import type { ManifestSchedule, ManifestSensor } from "@headgate/shared/manifest/schema.ts";
import type { Located } from "../catalog.ts";
import { automationId, definitionOf, isEnabled } from "../commands/automation-source.ts";
import { onlineAgents } from "../store/agent-store.ts";
import { type AutomationRow, readAutomation, type Source } from "../store/automation-store.ts";
import { countEvents, eventCounts } from "../store/sensor-event-store.ts";
import { latestTick, openTicksOf, recentTicks } from "../store/tick-store.ts";
import type { Reader } from "./reader.ts";
import { lateMsOf, tickSummary } from "./tick-views.ts";

const SHOWN_TICKS = 40;

/** What is the same for all of a list. */
export interface AutomationContext {
  readonly hasAgent: boolean;
  readonly pending: (source: Source) => number;
}

function hasAgent(reader: Reader): boolean {
  return onlineAgents(reader.db).some((agent) => agent.status === "connected");
}

export function listContext(reader: Reader): AutomationContext {
  const counts = new Map(eventCounts(reader.db).map((row) => [JSON.stringify([row.location, row.sensor]), row.count]));
  return { hasAgent: hasAgent(reader), pending: (source) => counts.get(JSON.stringify([source.location, source.name])) ?? 0 };
}

function singleContext(reader: Reader): AutomationContext {
  return { hasAgent: hasAgent(reader), pending: (source) => (source.kind === "sensor" ? countEvents(reader.db, source) : 0) };
}

/** Null: the active versions define no such thing. */
export function automationView(reader: Reader, source: Source, context: AutomationContext = singleContext(reader)): AutomationView | null {
  const definition = definitionOf(reader.catalog(), source);
  if (!definition) return null;
  const row = readAutomation(reader.db, source);
  const enabled = isEnabled(definition, row);
  const recent = recentTicks(reader.db, source, SHOWN_TICKS);
  const last = recent.length > 0 ? latestTick(reader.db, source) : null;
  const sensor = source.kind === "sensor" ? (definition as Located<ManifestSensor>) : null;
  const pendingEvents = source.kind === "sensor" ? context.pending(source) : 0;
  return {
    location: source.location,
    kind: source.kind,
    name: source.name,
    sensorKind: sensor?.kind ?? null,
    enabled,
    changed: row && row.changedBy !== null && row.changedAt !== null ? { by: row.changedBy, at: row.changedAt } : null,
    lastTick: last && tickSummary(reader.db, last),
    failuresInARow: row?.failures ?? 0,
    recent: recent.map((tick) => ({ id: tick.id, state: tick.state, at: tick.scheduledFor, lateMs: lateMsOf(tick) })),
    nextAt: enabled ? (row?.nextAt ?? null) : null,
    pendingEvents,
    waiting: enabled ? waitingText(reader, { source, definition, row, pendingEvents, hasAgent: context.hasAgent }) : null,
    hasWebhook: sensor?.webhook !== undefined,
  };
}

interface Look {
  readonly source: Source;
  readonly definition: Located<ManifestSchedule> | Located<ManifestSensor>;
  readonly row: AutomationRow | null;
  readonly pendingEvents: number;
  readonly hasAgent: boolean;
}

const NO_AGENT = "No agent is connected that could evaluate it. Start one with 'headgate agent'.";

function waitingText(reader: Reader, look: Look): string | null {
  const open = openTicksOf(reader.db, look.source);
  const evaluated = open.find((tick) => tick.startedAt !== null);
  const waiting = open.find((tick) => tick.startedAt === null);
  if (waiting?.message) return waiting.message;
  if (waiting && !look.hasAgent) return `${open.length === 1 ? "A tick waits" : `${open.length} ticks wait`}: ${lowerFirst(NO_AGENT)}`;
  if (evaluated && (waiting || look.pendingEvents > evaluated.events.length))
    return "An evaluation is going on; the next starts when it has ended.";
  if (waiting) return "All agents are busy with other evaluations.";
  const needsAgent =
    look.definition.evaluated && (look.pendingEvents > 0 || ("intervalSeconds" in look.definition && look.definition.kind === "polling"));
  if (needsAgent && !look.hasAgent && !evaluated) return NO_AGENT;
  const gathered = Object.keys(look.row?.gathered ?? {});
  if (gathered.length > 0 && "assets" in look.definition) {
    const missing = (look.definition.assets ?? []).filter((asset) => !gathered.includes(asset));
    return `Waits for ${missing.slice(0, 3).join(", ")}${missing.length > 3 ? ` and ${missing.length - 3} more` : ""}; ${gathered.length} of ${gathered.length + missing.length} assets were materialized since it fired.`;
  }
  return null;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

export function sourcesOf(reader: Reader, kind: Source["kind"] | undefined): Source[] {
  const { schedules, sensors } = reader.catalog();
  const named = (list: readonly { readonly location: string; readonly name: string }[], of: Source["kind"]): Source[] =>
    kind === undefined || kind === of ? list.map(({ location, name }) => ({ location, kind: of, name })) : [];
  return [...named(schedules, "schedule"), ...named(sensors, "sensor")].sort((a, b) => (automationId(a) < automationId(b) ? -1 : 1));
}
