/** Queries about schedules, sensors and their ticks. */
import type { InputOf } from "@headgate/shared/contract/table.ts";
import type { AutomationDetail, AutomationView, TickDetail, TickSummary } from "@headgate/shared/contract/automations/automation-views.ts";
import type { Page } from "@headgate/shared/contract/view.ts";
import { upcomingTicks } from "@headgate/shared/domain/cron/catch-up.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { cronsOf, scheduleOf } from "../ticks/automation-source.ts";
import { unknownAutomation } from "../ticks/unknown-automation.ts";
import { readAutomation } from "../ticks/automation-store.ts";
import { listTicks, readTick } from "../ticks/tick-store.ts";
import { automationView, automationViews, sourcesOf } from "../ticks/automation-views.ts";
import { webhookOf } from "../webhooks/webhook-queries.ts";
import { numberOfCursor } from "../kernel/page-cursor.ts";
import type { Reader } from "../kernel/reader.ts";
import { tickDetail, tickSummaries } from "../ticks/tick-views.ts";
import { catalogOf } from "../catalog/catalog.ts";
import { automationId } from "@headgate/shared/domain/automation-id.ts";

const UPCOMING = 20;

/** Sorted by id. The cursor is the last id of the previous page, so that pages stay stable when automations are added or removed. */
export function listAutomations(reader: Reader, input: InputOf<"automations.list">): Result<Page<AutomationView>> {
  const after = input.cursor ?? "";
  const rest = sourcesOf(reader, input.kind).filter(
    (source) => automationId(source) > after && (input.name ?? source.name) === source.name,
  );
  const page = rest.slice(0, input.limit);
  const last = page.at(-1);
  return ok({ items: automationViews(reader, page), next: rest.length > page.length && last ? automationId(last) : null });
}

export function automationDetail(reader: Reader, input: InputOf<"automations.get">): Result<AutomationDetail> {
  const view = automationView(reader, input);
  if (!view) return unknownAutomation(catalogOf(reader), input);
  const schedule = input.kind === "schedule" ? scheduleOf(catalogOf(reader), input) : null;
  const crons = schedule && cronsOf(schedule);
  return ok({
    automation: view,
    cursor: readAutomation(reader.db, input)?.cursor ?? null,
    upcoming: crons ? upcomingTicks(crons, Math.max(reader.now, (view.nextAt ?? 0) - 1), UPCOMING) : [],
    hook: view.hasWebhook ? webhookOf(reader, { location: input.location, sensor: input.name }) : null,
  });
}

export function ticksQuery(reader: Reader, input: InputOf<"automations.ticks">): Result<Page<TickSummary>> {
  const before = numberOfCursor(input.cursor);
  if (!before.ok) return before;
  const rows = listTicks(reader.db, { ...input, before: before.value, limit: input.limit + 1 });
  const page = rows.slice(0, input.limit);
  const last = page.at(-1);
  return ok({ items: tickSummaries(reader, page), next: rows.length > input.limit && last ? String(last.no) : null });
}

export function tickQuery(reader: Reader, input: InputOf<"automations.tick">): Result<TickDetail> {
  const tick = readTick(reader.db, input.id);
  if (!tick) return refuse("not_found", `There is no tick ${input.id}. Old ticks are deleted after a while.`, { tick: input.id });
  return ok(tickDetail(reader, tick));
}
