/** The state of a schedule or sensor in a few words: whether it is on, how its last tick ended, when the next one comes. */
import type { AutomationView } from "@headgate/shared/contract/automations/automation-views.ts";
import { isOffByLocation } from "@headgate/shared/domain/automation/starts-on.ts";
import { plural } from "@headgate/shared/format/number.ts";
import { timeText } from "../../terminal/format.ts";
import { OFF_TEXTS } from "../../terminal/switch-lines.ts";
import { tickText } from "./tick-text.ts";

export function onText({ enabled, off, changed }: AutomationView): string {
  if (isOffByLocation(off)) return OFF_TEXTS[off];
  const state = enabled ? "on" : "off";
  return changed === null ? `${state}, as defined` : `${state} since ${timeText(changed.at)} by ${changed.by}`;
}

export function resultText({ lastTick, failuresInARow, waiting }: AutomationView): string {
  if (lastTick === null) return waiting ?? "no tick yet";
  const text = tickText(lastTick);
  const repeated = failuresInARow > 1 ? `${text} (${failuresInARow} times in a row)` : text;
  // The text of an open tick already says what it waits for.
  return waiting === null || lastTick.message === waiting ? repeated : `${repeated}. ${waiting}`;
}

export function nextText({ enabled, nextAt, pendingEvents, sensorKind }: AutomationView): string {
  if (!enabled) return "";
  if (pendingEvents > 0) return `${plural(pendingEvents, "event")} waiting`;
  if (nextAt !== null) return timeText(nextAt);
  return sensorKind === null || sensorKind === "polling" ? "" : "on the next event";
}

/** `asset_check` as `asset check`; null for a schedule. */
export function kindText({ sensorKind }: AutomationView): string | null {
  return sensorKind?.replace("_", " ") ?? null;
}
