/** The API view of a schedule or sensor: whether it is on, its last and next ticks, and why it waits. */
import type { AutomationView } from "@headgate/shared/contract/automations/automation-views.ts";
import type { ManifestSchedule, ManifestSensor } from "@headgate/shared/manifest/schema.ts";
import { parseCheckId } from "@headgate/shared/domain/asset-check.ts";
import { type Catalog, type Located, catalogOf } from "../catalog/catalog.ts";
import { definitionOf, offReason } from "./automation-source.ts";
import { onlineAgents } from "../agents/agent-store.ts";
import {
  listedTicks,
  type OpenTicks,
  openTicksByPlace,
  pendingEvents,
  readAutomationsOf,
  type RecentTick,
  recentTicksOf,
} from "./automation-page-store.ts";
import type { AutomationRow, Source } from "./automation-store.ts";
import type { Reader } from "../kernel/reader.ts";
import { lateMsOf, tickSummaries } from "./tick-views.ts";
import { automationId } from "@headgate/shared/domain/automation-id.ts";

const SHOWN_TICKS = 40;

/** Views of the sources that the active versions define, in the given order. */
export function automationViews(reader: Reader, sources: readonly Source[]): AutomationView[] {
  const catalog = catalogOf(reader);
  const defined = sources.flatMap((source) => {
    const definition = definitionOf(catalog, source);
    return definition ? [{ source, definition }] : [];
  });
  if (defined.length === 0) return [];
  const refs = defined.map(({ source }) => source);
  const rows = new Map(readAutomationsOf(reader.db, refs).map((row) => [automationId(row), row]));
  const recentOf = recentTicksOf(reader.db, refs, SHOWN_TICKS);
  const newest = [
    ...listedTicks(
      reader.db,
      [...recentOf.values()].flatMap(([first]) => first?.no ?? []),
    ).values(),
  ];
  const lastOf = new Map(tickSummaries(reader, newest).map((tick) => [automationId(tick), tick]));
  const openOf = openTicksByPlace(reader.db, refs);
  const pendingOf = pendingEvents(reader.db, refs);
  const hasAgent = onlineAgents(reader.db).some((agent) => agent.status === "connected");
  return defined.map(({ source, definition }, place) => {
    const id = automationId(source);
    const look = { definition, row: rows.get(id) ?? null, open: openOf.get(place), pendingEvents: pendingOf.get(place) ?? 0, hasAgent };
    return viewOf(reader, { source, look }, { recent: recentOf.get(place) ?? [], lastTick: lastOf.get(id) ?? null });
  });
}

/** Null if the active versions do not define it. */
export function automationView(reader: Reader, source: Source): AutomationView | null {
  return automationViews(reader, [source])[0] ?? null;
}

function viewOf(
  reader: Reader,
  { source, look }: { readonly source: Source; readonly look: Look },
  ticks: { readonly recent: readonly RecentTick[]; readonly lastTick: AutomationView["lastTick"] },
): AutomationView {
  const { definition, row } = look;
  const off = offReason(reader, definition, row);
  const enabled = off === null;
  const sensor = source.kind === "sensor" ? (definition as Located<ManifestSensor>) : null;
  return {
    location: source.location,
    kind: source.kind,
    name: source.name,
    sensorKind: sensor?.kind ?? null,
    enabled,
    off,
    changed:
      row && row.enabled !== null && row.changedBy !== null && row.changedAt !== null ? { by: row.changedBy, at: row.changedAt } : null,
    lastTick: ticks.lastTick,
    failuresInARow: row?.failures ?? 0,
    recent: ticks.recent.map((tick) => ({
      id: tick.id,
      state: tick.state,
      at: tick.scheduledFor,
      lateMs: lateMsOf(reader, { ...source, ...tick }),
    })),
    nextAt: enabled ? (row?.nextAt ?? null) : null,
    pendingEvents: look.pendingEvents,
    waiting: enabled ? waitingText(catalogOf(reader), look) : null,
    hasWebhook: sensor?.webhook !== undefined,
  };
}

interface Look {
  readonly definition: Located<ManifestSchedule> | Located<ManifestSensor>;
  readonly row: AutomationRow | null;
  readonly open: OpenTicks | undefined;
  readonly pendingEvents: number;
  readonly hasAgent: boolean;
}

const NO_AGENT = "No agent is connected that could evaluate it. Start one with 'headgate agent'.";

/** The assets that a sensor watches. */
function watchedAssets(definition: Look["definition"]): string[] {
  if (!("intervalSeconds" in definition)) return [];
  const checked = (definition.checks ?? []).map((id) => parseCheckId(id)?.asset ?? id);
  return [...new Set([...(definition.assets ?? []), ...checked])];
}

function listed(names: readonly string[]): string {
  return names.slice(0, 3).join(", ") + (names.length > 3 ? ` and ${names.length - 3} more` : "");
}

function waitingText(catalog: Catalog, look: Look): string | null {
  const { open = 0, waiting = 0, message = null, evaluatedEvents = 0 } = look.open ?? {};
  const isEvaluated = open > waiting;
  if (message) return message;
  if (waiting > 0 && !look.hasAgent) return `${open === 1 ? "A tick waits" : `${open} ticks wait`}: ${lowerFirst(NO_AGENT)}`;
  if (isEvaluated && (waiting > 0 || look.pendingEvents > evaluatedEvents))
    return "A tick is being evaluated; the next one starts when it ends.";
  if (waiting > 0) return "All agents are busy with other evaluations.";
  const needsAgent =
    look.definition.evaluated && (look.pendingEvents > 0 || ("intervalSeconds" in look.definition && look.definition.kind === "polling"));
  if (needsAgent && !look.hasAgent && !isEvaluated) return NO_AGENT;
  const unknown = watchedAssets(look.definition).filter((asset) => !catalog.graph.has(asset));
  if (unknown.length > 0) return `It watches ${listed(unknown)}, which no code location defines.`;
  const gathered = Object.keys(look.row?.gathered ?? {});
  if (gathered.length > 0 && "assets" in look.definition) {
    const missing = (look.definition.assets ?? []).filter((asset) => !gathered.includes(asset));
    return `Waits for ${listed(missing)}; ${gathered.length} of ${gathered.length + missing.length} assets were materialized since it fired.`;
  }
  return null;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

export function sourcesOf(reader: Reader, kind: Source["kind"] | undefined): Source[] {
  const { schedules, sensors } = catalogOf(reader);
  const named = (list: readonly { readonly location: string; readonly name: string }[], of: Source["kind"]): Source[] =>
    kind === undefined || kind === of ? list.map(({ location, name }) => ({ location, kind: of, name })) : [];
  return [...named(schedules, "schedule"), ...named(sensors, "sensor")].sort((a, b) => (automationId(a) < automationId(b) ? -1 : 1));
}
