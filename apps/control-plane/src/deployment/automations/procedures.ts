/** Schedules and sensors: which query or command answers which name. */
import type { AutomationRef, AutomationView } from "@headgate/shared/contract/automations/automation-views.ts";
import { AppError, ok, type Result } from "@headgate/shared/domain/errors.ts";
import { releaseRunKey, setAutomation, setCursor, tickNow } from "./change-automation.ts";
import { automationDetail, listAutomations, tickQuery, ticksQuery } from "./automation-queries.ts";
import { automationView } from "../ticks/automation-views.ts";
import type { Reader } from "../kernel/reader.ts";
import type { QueriesOf, CommandsOf } from "../kernel/procedure.ts";

export const automationQueries: QueriesOf<AutomationQueries> = {
  automationList: listAutomations,
  automation: automationDetail,
  ticks: ticksQuery,
  tick: tickQuery,
};

export const automationCommands: CommandsOf<AutomationCommands> = {
  setAutomation: (tx, input, actor) => viewAfter(setAutomation(tx, input, actor)),
  setCursor: (tx, input) => viewAfter(setCursor(tx, input)),
  tickNow: (tx, input) => viewAfter(tickNow(tx, input)),
  releaseRunKey: (tx, input) => viewAfter(releaseRunKey(tx, input)),
};

function viewAfter(changed: Result<AutomationRef>): Result<(reader: Reader) => AutomationView> {
  if (!changed.ok) return changed;
  const { location, kind, name } = changed.value;
  return ok((reader) => {
    const view = automationView(reader, { location, kind, name });
    if (!view) throw new AppError("internal", `${kind} ${name} vanished while it was changed.`);
    return view;
  });
}
