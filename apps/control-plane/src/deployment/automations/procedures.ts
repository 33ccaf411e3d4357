/** Procedures about schedules and sensors. A dry run waits for an agent: see `dry-run/start-dry-run.ts`. */
import type { AutomationRef, AutomationView } from "@headgate/shared/contract/automations/automation-views.ts";
import { AppError, ok, type Result } from "@headgate/shared/domain/errors.ts";
import type { ProceduresOf } from "../kernel/procedure.ts";
import type { Reader } from "../kernel/reader.ts";
import { automationView } from "../ticks/automation-views.ts";
import { automationDetail, listAutomations, tickQuery, ticksQuery } from "./automation-queries.ts";
import { releaseRunKey, setAutomation, setCursor, tickNow } from "./change-automation.ts";

export const automationProcedures: ProceduresOf<"automations", "automations.test"> = {
  "automations.list": listAutomations,
  "automations.get": automationDetail,
  "automations.ticks": ticksQuery,
  "automations.tick": tickQuery,
  "automations.setEnabled": (tx, input, actor) => viewAfter(setAutomation(tx, input, actor)),
  "automations.setCursor": (tx, input) => viewAfter(setCursor(tx, input)),
  "automations.tickNow": (tx, input) => viewAfter(tickNow(tx, input)),
  "automations.releaseRunKey": (tx, input) => viewAfter(releaseRunKey(tx, input)),
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
