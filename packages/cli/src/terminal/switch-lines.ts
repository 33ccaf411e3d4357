/** The switch of a code location as lines: what of it is on, what is off, and how to switch it. */
import type { SwitchView } from "@headgate/shared/contract/automations/switches.ts";
import { isOffByLocation } from "@headgate/shared/domain/automation/starts-on.ts";
import { plural } from "@headgate/shared/format/number.ts";
import type { Colors } from "./terminal.ts";

const LISTED = 10;

/** Why something is off. */
export const OFF_TEXTS = {
  never_switched_on: "off since its first publish",
  location_off: "off with its code location",
  definition: "off, as defined",
  person: "off",
} as const satisfies Record<SwitchView["names"][number]["reason"], string>;

/** After a publish: what is off because no one has switched the code location on, or because a person switched it off. Empty: nothing. */
export function offLines(view: SwitchView, colors: Colors): readonly string[] {
  const waiting = view.names.filter(({ reason }) => isOffByLocation(reason));
  if (waiting.length === 0) return [];
  const why = view.state === "off" ? `since ${view.changed?.by ?? "a person"} switched it off` : "until you switch it on";
  const count = view.names.length < total(view.off) ? total(view.off) : waiting.length;
  return [
    `  ${colors.yellow("off")} ${why}: ${namesText(waiting, count)}`,
    `  ${colors.yellow("switch on")} with: headgate on --location ${view.location}`,
  ];
}

/** After a switch. */
export function switchedLines(view: SwitchView): readonly string[] {
  if (view.state === "off") return [`code location ${view.location} is off: it starts nothing by itself`];
  const lines = [`code location ${view.location} is on: ${countText(view.on)}`];
  if (view.names.length > 0) lines.push(`  still off: ${view.names.slice(0, LISTED).map(stillOff).join(", ")}${more(total(view.off))}`);
  return lines;
}

function stillOff({ kind, name, reason }: SwitchView["names"][number]): string {
  return `${kind} ${name} (${reason === "definition" ? "its definition says stopped" : "switched off by a person"})`;
}

function namesText(entries: SwitchView["names"], count: number): string {
  return entries
    .slice(0, LISTED)
    .map(({ kind, name }) => `${kind} ${name}`)
    .join(", ")
    .concat(more(count));
}

function more(count: number): string {
  return count > LISTED ? ` and ${count - LISTED} more` : "";
}

function total({ schedules, sensors, conditions }: SwitchView["off"]): number {
  return schedules + sensors + conditions;
}

function countText({ schedules, sensors, conditions }: SwitchView["on"]): string {
  return [plural(schedules, "schedule"), plural(sensors, "sensor"), plural(conditions, "condition")].join(", ");
}
