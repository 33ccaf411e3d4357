/** The refusal for a schedule or sensor that the active versions do not define. */
import type { AutomationRef } from "@headgate/shared/contract/automations/automation-views.ts";
import { nearestKeys } from "@headgate/shared/domain/asset-key.ts";
import { refuse, type Result } from "@headgate/shared/domain/errors.ts";
import type { Catalog } from "../catalog/catalog.ts";

export function unknownAutomation({ schedules, sensors }: Catalog, ref: AutomationRef): Result<never> {
  const own = (ref.kind === "schedule" ? schedules : sensors).filter(({ location }) => location === ref.location);
  const nearest = nearestKeys(ref.name, new Set(own.map(({ name }) => name)), 3);
  const advice = nearest.length > 0 ? ` Did you mean ${nearest.join(", ")}?` : "";
  return refuse("not_found", `Code location ${ref.location} has no ${ref.kind} "${ref.name}".${advice}`, { name: ref.name, nearest });
}
