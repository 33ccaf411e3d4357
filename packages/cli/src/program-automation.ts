/** Names, options and texts of the commands about what starts by itself. What a command does is in `commands/`. */
import type { Command } from "commander";
import type { AutomationKind } from "@headgate/shared/contract/automations/automation-views.ts";
import { PARTITION_STATUSES } from "@headgate/shared/domain/partitions/status.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { CommandContext } from "./command-context.ts";
import {
  listAutomations,
  releaseRunKey,
  setCursor,
  showAutomation,
  switchAutomation,
  testTick,
  type AutomationFlags,
  type TestFlags,
} from "./commands/automations.ts";
import { changeBackfill, launchBackfill, listBackfills, showBackfill, type BackfillFlags } from "./commands/backfill.ts";
import { withConnection, type ConnectFlags } from "./commands/connect.ts";
import { changeKeys, listKeys, listSets, showPartitions, type PartitionFlags } from "./commands/partitions.ts";
import { showQueue } from "./commands/queue.ts";
import { listTicks, showTick, tickNow, type TicksFlags } from "./commands/ticks.ts";
import { listDeliveries, newHookSecret, replayDelivery, revokeHookSecret, showDelivery, switchHook } from "./commands/webhook.ts";
import { collect, integer, moment, oneOf, positiveInteger, upTo } from "./option-values.ts";
import { addConditions } from "./program-conditions.ts";
import type { ExitCode } from "./terminal/exit-code.ts";
import type { Wiring } from "./wiring.ts";

export function addAutomation(program: Command, wiring: Wiring): void {
  addKind("schedule", program, wiring);
  addSensor(addKind("sensor", program, wiring), wiring);
  addConditions(program, wiring);
  addPartitions(program, wiring);
  addBackfill(program, wiring);
  withConnection(wiring.add(program, "queue", "show what waits, for what, and who holds it")).action((flags: ConnectFlags) =>
    wiring.doing(showQueue(flags, wiring.context)),
  );
}

function withLocation(command: Command): Command {
  return withConnection(command).option("--location <name>", "code location, when two define one of that name");
}

function addKind(kind: AutomationKind, program: Command, { add, context, doing }: Wiring): Command {
  const group = program.command(kind).description(`${kind}s: list, switch, try out, look at ticks`);
  const one = (name: string, description: string): Command =>
    withLocation(add(group, name, description)).argument("<name>", `name of the ${kind}`);
  withLocation(add(group, "list", `list ${kind}s with their last and next tick`)).action((flags: AutomationFlags) =>
    doing(listAutomations(kind, flags, context)),
  );
  one("show", `show one ${kind}`).action((name: string, flags: AutomationFlags) => doing(showAutomation({ kind, name }, flags, context)));
  one("on", `switch a ${kind} on; it stays on when code is published`).action((name: string, flags: AutomationFlags) =>
    doing(switchAutomation({ kind, name, enabled: true }, flags, context)),
  );
  one("off", `switch a ${kind} off; it stays off when code is published`).action((name: string, flags: AutomationFlags) =>
    doing(switchAutomation({ kind, name, enabled: false }, flags, context)),
  );
  one("reset", `switch a ${kind} as its definition says`).action((name: string, flags: AutomationFlags) =>
    doing(switchAutomation({ kind, name, enabled: null }, flags, context)),
  );
  const test = one("test", `evaluate a ${kind} without storing or starting anything`);
  if (kind === "schedule")
    test.option(
      "--at <moment>",
      "the tick's time, e.g. 2025-01-31T02:00:00Z; without an offset in the zone of this machine (default: now)",
      moment,
    );
  else
    test
      .option("--cursor <text>", "cursor to start from (default: the stored one)")
      .option("--body <json>", "body of a webhook delivery to try")
      .option("--header <name=value>", "header of that delivery, repeatable", collect, [])
      .option("--query <name=value>", "parameter of that delivery's address, repeatable", collect, []);
  test.action((name: string, flags: TestFlags) => doing(testTick({ kind, name }, flags, context)));
  one("ticks", `list the latest ticks of a ${kind}`)
    .option("--state <state>", "only open, requested, skipped or failed ones, repeatable", collect, [])
    .option("--limit <number>", "how many", upTo(500), 20)
    .action((name: string, flags: TicksFlags) => doing(listTicks({ kind, name }, flags, context)));
  withConnection(add(group, "tick", "show one tick: what it asked for, its cursor, its log, its error"))
    .argument("<tick>", "id of the tick")
    .action((id: string, flags: ConnectFlags) => doing(showTick(id, flags, context)));
  one("now", `let a ${kind} tick now, also while it is off`).action((name: string, flags: AutomationFlags) =>
    doing(tickNow({ kind, name }, flags, context)),
  );
  return group;
}

function addSensor(sensor: Command, wiring: Wiring): void {
  const { add, context, doing } = wiring;
  withLocation(add(sensor, "cursor", "set a sensor's cursor"))
    .argument("<name>", "name of the sensor")
    .argument("[cursor]", "the new cursor")
    .option("--clear", "remove the cursor: the sensor starts from its beginning")
    .action((name: string, cursor: string | undefined, flags: AutomationFlags & { clear?: boolean }) =>
      doing(changeCursor({ name, cursor, clear: flags.clear === true }, flags, context)),
    );
  withLocation(add(sensor, "release", "release a run key of a sensor: the next request with it makes a run again"))
    .argument("<name>", "name of the sensor")
    .argument("<run-key>", "the run key, as its ticks list it")
    .action((name: string, key: string, flags: AutomationFlags) => doing(releaseRunKey({ name, key }, flags, context)));
  addWebhook(sensor, wiring);
  withLocation(add(sensor, "secret", "make a new secret for a webhook sensor; it is shown once"))
    .argument("<name>", "name of the sensor")
    .action((name: string, flags: AutomationFlags) => doing(newHookSecret(name, flags, context)));
  withLocation(add(sensor, "deliveries", "list what was delivered to a webhook sensor"))
    .argument("<name>", "name of the sensor")
    .option("--limit <number>", "how many", upTo(500), 20)
    .action((name: string, flags: AutomationFlags & { limit: number }) => doing(listDeliveries(name, flags, context)));
  withConnection(add(sensor, "delivery", "show one delivery with its body and what became of it"))
    .argument("<delivery>", "id of the delivery")
    .action((id: string, flags: ConnectFlags) => doing(showDelivery(id, flags, context)));
  withConnection(add(sensor, "replay", "handle a stored delivery again"))
    .argument("<delivery>", "id of the delivery")
    .action((id: string, flags: AutomationFlags) => doing(replayDelivery(id, flags, context)));
}

function addWebhook(sensor: Command, { add, context, doing }: Wiring): void {
  const webhook = sensor.command("webhook").description("switch the address of a webhook sensor, revoke its secrets");
  const one = (name: string, description: string): Command =>
    withLocation(add(webhook, name, description)).argument("<name>", "name of the sensor");
  one("on", "take deliveries").action((name: string, flags: AutomationFlags) => doing(switchHook({ name, enabled: true }, flags, context)));
  one("off", "refuse deliveries; the sensor itself stays as it is").action((name: string, flags: AutomationFlags) =>
    doing(switchHook({ name, enabled: false }, flags, context)),
  );
  one("revoke", "revoke a secret: deliveries signed with it are refused from now on")
    .argument("[secret]", "id of the secret, as 'sensor show' lists it (default: the older of two)")
    .action((name: string, secret: string | undefined, flags: AutomationFlags) =>
      doing(revokeHookSecret({ name, secret }, flags, context)),
    );
}

async function changeCursor(
  change: { readonly name: string; readonly cursor: string | undefined; readonly clear: boolean },
  flags: AutomationFlags,
  context: CommandContext,
): Promise<ExitCode> {
  if (change.clear === (change.cursor !== undefined)) throw new AppError("invalid_input", "Give the new cursor, or --clear to remove it.");
  return await setCursor({ name: change.name, cursor: change.cursor ?? null }, flags, context);
}

function addPartitions(program: Command, { add, context, doing }: Wiring): void {
  const partitions = program.command("partitions").description("partitions of assets, and keys of dynamic sets");
  withConnection(add(partitions, "show", "show the partitions of an asset and their state"))
    .argument("<asset>", "key of the asset")
    .option("--state <state>", "only missing, materialized, failed or in_progress ones, repeatable", oneOf(PARTITION_STATUSES), [])
    .option("--limit <number>", "how many", upTo(2000), 50)
    .action((key: string, flags: PartitionFlags) => doing(showPartitions(key, flags, context)));
  withConnection(add(partitions, "sets", "list the sets of dynamic partitions")).action((flags: ConnectFlags) =>
    doing(listSets(flags, context)),
  );
  withConnection(add(partitions, "keys", "list the keys of a dynamic set"))
    .argument("<set>", "name of the set")
    .option("--text <text>", "only keys that contain this")
    .option("--limit <number>", "how many", upTo(500), 100)
    .action((name: string, flags: ConnectFlags & { limit: number; text?: string }) => doing(listKeys(name, flags, context)));
  for (const [verb, isAdding] of [
    ["add", true],
    ["remove", false],
  ] as const) {
    withConnection(add(partitions, verb, `${verb} keys ${isAdding ? "to" : "from"} a dynamic set`))
      .argument("<set>", "name of the set")
      .argument("<keys...>", "the keys")
      .action((name: string, keys: string[], flags: ConnectFlags) => doing(changeKeys({ name, keys, add: isAdding }, flags, context)));
  }
}

function addBackfill(program: Command, { add, context, doing }: Wiring): void {
  const backfill = program.command("backfill").description("materialize many partitions, in dependency order");
  withConnection(add(backfill, "launch", "start a backfill and follow it"))
    .argument("<selection>", "assets, e.g. 'metrics/orders_by_day' or 'group:gold'")
    .option("--from <key>", "first partition; of several dimensions of one of them, or of each (2025-01-01|eu)")
    .option("--to <key>", "last partition")
    .option("--key <key>", "this partition, repeatable", collect, [])
    .option("--all", "all partitions")
    .option("--missing", "those never materialized (between --from and --to, if given)")
    .option("--failed", "those whose last attempt failed (between --from and --to, if given)")
    .option("--partitions-per-run <number>", "partitions in one run (default: as the assets say, else 1)", positiveInteger)
    .option("--single-run", "one run for all partitions that are next to each other")
    .option("--max-active <number>", "runs at the same time", upTo(1000), 10)
    .option("--priority <number>", "higher starts earlier; runs have 0 (default: -10)", integer)
    .option("--title <text>", "what it is for")
    .option("--tag <key=value>", "tag of its runs, repeatable", collect, [])
    .option("--dry-run", "only show what it would do")
    .option("--no-wait", "print its id and return at once")
    .action((selection: string, flags: BackfillFlags) => doing(launchBackfill(selection, flags, context)));
  withConnection(add(backfill, "list", "list backfills"))
    .option("--limit <number>", "how many", upTo(500), 20)
    .action((flags: ConnectFlags & { limit: number }) => doing(listBackfills(flags, context)));
  const id = "the backfill's id, or 'last'";
  withConnection(add(backfill, "show", "show one backfill"))
    .argument("<backfill>", id)
    .action((which: string, flags: ConnectFlags) => doing(showBackfill(which, flags, context)));
  const texts = {
    pause: "start no further runs for now",
    resume: "go on after a pause",
    cancel: "cancel its runs and start no more",
    retry: "start failed, canceled and blocked runs again",
  } as const;
  for (const action of ["pause", "resume", "cancel", "retry"] as const) {
    withConnection(add(backfill, action, texts[action]))
      .argument("<backfill>", id)
      .action((which: string, flags: ConnectFlags) => doing(changeBackfill({ id: which, action }, flags, context)));
  }
}
