/** The sentences about code locations that are off as a whole. */
import type { SwitchView } from "@headgate/shared/contract/automations/switches.ts";
import { isOffByLocation } from "@headgate/shared/domain/automation/starts-on.ts";
import { plural } from "@headgate/shared/format/number.ts";

export interface SwitchBanner {
  readonly location: string;
  readonly text: string;
}

/** None for a location without anything to switch on. */
export function bannersOf(views: readonly SwitchView[]): SwitchBanner[] {
  return views.flatMap((view): SwitchBanner[] => {
    const held = view.names.some(({ reason }) => isOffByLocation(reason));
    if (!held) return [];
    const { schedules, sensors, conditions } = view.off;
    const parts = [
      schedules > 0 && plural(schedules, "schedule"),
      sensors > 0 && plural(sensors, "sensor"),
      conditions > 0 && plural(conditions, "condition"),
    ].filter((part) => part !== false);
    const [last = "", ...before] = parts.toReversed();
    const listed = before.length === 0 ? last : `${before.toReversed().join(", ")} and ${last}`;
    const verb = schedules + sensors + conditions === 1 ? "is" : "are";
    const why =
      view.state === "off" ? `${view.changed?.by ?? "A person"} switched it off` : "it has not been switched on since its first publish";
    return [{ location: view.location, text: `Code location ${view.location}: ${listed} ${verb} off, because ${why}.` }];
  });
}
