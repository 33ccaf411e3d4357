/** Names, options and texts of `headgate schedule` and `headgate sensor`. */
import type { Command } from "commander";
import type { AutomationKind } from "@headgate/shared/contract/automations/automation-views.ts";
import type { CommandRegistry } from "../../command-context.ts";
import { collect, moment, upTo } from "../../option-values.ts";
import { withConnection, type ConnectFlags } from "../connect.ts";
import { registerWebhooks } from "../webhooks/register-webhooks.ts";
import { changeSwitch, releaseRunKey, setCursor, type CursorFlags } from "./change.ts";
import { dryRunTick, type DryRunFlags } from "./dry-run.ts";
import { withLocation, type LocationFlags } from "./find.ts";
import { listSchedulesOrSensors } from "./list.ts";
import { showScheduleOrSensor } from "./show.ts";
import { evaluateNow, listTicks, showTick, type TicksFlags } from "./ticks.ts";

export function registerSchedules(program: Command, registry: CommandRegistry): void {
  const schedule = registerKind("schedule", program, registry);
  const { add, context, finish } = registry;
  withLocation(add(schedule, "test", "dry run: evaluate a schedule without storing or starting anything"))
    .argument("<name>", "name of the schedule")
    .option(
      "--at <time>",
      "time of the tick, e.g. 2025-01-31T02:00:00Z; without an offset in the time zone of this machine (default: now)",
      moment,
    )
    .action((name: string, flags: DryRunFlags) => finish(dryRunTick({ kind: "schedule", name }, flags, context)));
}

export function registerSensors(program: Command, registry: CommandRegistry): void {
  const sensor = registerKind("sensor", program, registry);
  const { add, context, finish } = registry;
  const one = (name: string, description: string): Command =>
    withLocation(add(sensor, name, description)).argument("<name>", "name of the sensor");
  one("test", "dry run: evaluate a sensor without storing or starting anything")
    .option("--cursor <text>", "cursor to start from (default: the stored one)")
    .option("--body <json>", "body of a webhook delivery")
    .option("--header <name=value>", "header of the delivery, repeatable", collect, [])
    .option("--query <name=value>", "query parameter of the delivery, repeatable", collect, [])
    .action((name: string, flags: DryRunFlags) => finish(dryRunTick({ kind: "sensor", name }, flags, context)));
  one("cursor", "set the cursor of a sensor")
    .argument("[cursor]", "the new cursor")
    .option("--clear", "remove the cursor, so that the sensor starts from the beginning")
    .action((name: string, cursor: string | undefined, flags: CursorFlags) => finish(setCursor({ name, cursor }, flags, context)));
  one("release", "release a run key of a sensor, so that the next request with it makes a run again")
    .argument("<run-key>", "the run key, as the ticks of the sensor list it")
    .action((name: string, key: string, flags: LocationFlags) => finish(releaseRunKey({ name, key }, flags, context)));
  registerWebhooks(sensor, registry);
}

/** The commands that schedules and sensors have in common. */
function registerKind(kind: AutomationKind, program: Command, { add, context, finish }: CommandRegistry): Command {
  const group = program.command(kind).description(`${kind}s: list them, turn them on or off, dry-run them, show their ticks`);
  const one = (name: string, description: string): Command =>
    withLocation(add(group, name, description)).argument("<name>", `name of the ${kind}`);
  withLocation(add(group, "list", `list ${kind}s with their last and next tick`)).action((flags: LocationFlags) =>
    finish(listSchedulesOrSensors(kind, flags, context)),
  );
  one("show", `show one ${kind}`).action((name: string, flags: LocationFlags) =>
    finish(showScheduleOrSensor({ kind, name }, flags, context)),
  );
  for (const [verb, enabled, description] of [
    ["on", true, `turn a ${kind} on; it stays on when code is published`],
    ["off", false, `turn a ${kind} off; it stays off when code is published`],
    ["reset", null, `turn a ${kind} on or off as its definition says`],
  ] as const)
    one(verb, description).action((name: string, flags: LocationFlags) => finish(changeSwitch({ kind, name, enabled }, flags, context)));
  one("ticks", `list the latest ticks of a ${kind}`)
    .option("--state <state>", "only ticks in this state (open, requested, skipped, failed), repeatable", collect, [])
    .option("--limit <number>", "how many to list", upTo(500), 20)
    .action((name: string, flags: TicksFlags) => finish(listTicks({ kind, name }, flags, context)));
  withConnection(add(group, "tick", "show one tick: its runs, cursor, log and error"))
    .argument("<tick>", "id of the tick")
    .action((id: string, flags: ConnectFlags) => finish(showTick(id, flags, context)));
  one("now", `evaluate a ${kind} now, even if it is off`).action((name: string, flags: LocationFlags) =>
    finish(evaluateNow({ kind, name }, flags, context)),
  );
  return group;
}
