/** The API view of the switch of a code location: what of it is on, what is off, and why. */
import type { SwitchView } from "@headgate/shared/contract/automations/switches.ts";
import { automationId } from "@headgate/shared/domain/automation-id.ts";
import { type Catalog, catalogOf, type Located } from "../catalog/catalog.ts";
import { type LocationRow, readLocations } from "../catalog/version-store.ts";
import { conditionOff, conditionProgram, locationOfTarget } from "../conditions/condition-program.ts";
import type { Reader } from "../kernel/reader.ts";
import { offReason } from "../ticks/automation-source.ts";
import { readAutomations } from "../ticks/automation-store.ts";

const MAX_NAMES = 200;

type Entry = SwitchView["names"][number];
type Standing = Omit<Entry, "reason"> & { readonly location: string; readonly reason: Entry["reason"] | null };

export function switchViews(reader: Reader): SwitchView[] {
  const standings = Map.groupBy(allStandings(reader, catalogOf(reader)), ({ location }) => location);
  return readLocations(reader.db)
    .filter((row) => row.activeVersion !== null)
    .map((row) => viewOf(row, standings.get(row.name) ?? []));
}

function allStandings(reader: Reader, catalog: Catalog): Standing[] {
  const rows = new Map(readAutomations(reader.db).map((row) => [automationId(row), row]));
  const named = (kind: "schedule" | "sensor", list: Catalog["schedules"] | Catalog["sensors"]): Standing[] =>
    list.map((definition: Located<Catalog["schedules"][number] | Catalog["sensors"][number]>) => {
      const { location, name } = definition;
      return { location, kind, name, reason: offReason(reader, definition, rows.get(automationId({ location, kind, name })) ?? null) };
    });
  const conditions = [...conditionProgram(reader.db, catalog).conditions.keys()].map((target): Standing => ({
    location: locationOfTarget(catalog, target),
    kind: "condition",
    name: target,
    reason: conditionOff(reader, target),
  }));
  return [...named("schedule", catalog.schedules), ...named("sensor", catalog.sensors), ...conditions];
}

function viewOf(row: LocationRow, standings: readonly Standing[]): SwitchView {
  const off = standings.flatMap(({ kind, name, reason }): Entry[] => (reason === null ? [] : [{ kind, name, reason }]));
  return {
    location: row.name,
    state: row.switch,
    changed: row.switchedBy !== null && row.switchedAt !== null ? { by: row.switchedBy, at: row.switchedAt } : null,
    on: countsOf(standings.filter(({ reason }) => reason === null)),
    off: countsOf(off),
    names: off.slice(0, MAX_NAMES),
  };
}

function countsOf(entries: readonly { readonly kind: Entry["kind"] }[]): SwitchView["on"] {
  const count = (kind: Entry["kind"]) => entries.filter((entry) => entry.kind === kind).length;
  return { schedules: count("schedule"), sensors: count("sensor"), conditions: count("condition") };
}
