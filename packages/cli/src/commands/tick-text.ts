/** What came of a tick, in a few words and a colour. */
import type { TickSummary } from "@headgate/shared/contract/automations/automation-views.ts";
import { plural } from "../terminal/format.ts";
import type { Colors } from "../terminal/terminal.ts";

export function tickText({ state, message, runCount, startedAt }: TickSummary): string {
  const line = message?.split("\n", 1)[0] ?? "";
  switch (state) {
    case "open":
      if (startedAt !== null) return "in progress";
      return line === "" ? "waits for an agent" : lowerFirst(line);
    case "requested":
      return plural(runCount, "run");
    case "skipped":
      return line === "" ? "skipped" : `skipped: ${line}`;
    case "failed":
      return line === "" ? "failed" : `failed: ${line}`;
    default:
      return state satisfies never;
  }
}

export function statePaint(state: TickSummary["state"], colors: Colors): (text: string) => string {
  switch (state) {
    case "requested":
      return colors.green;
    case "failed":
      return colors.red;
    case "open":
      return colors.cyan;
    case "skipped":
      return colors.dim;
    default:
      return state satisfies never;
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
